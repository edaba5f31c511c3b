using System.Security;
using Akka.Actor;
using Akka.Event;
using Microsoft.Win32.SafeHandles;
using Utp.Messages;

namespace Utp.Actors;

/// <summary>
/// A <see cref="WriteFile"/> that is being done: reads the file piece by piece, each when the send buffer has room for it, so that a file of any size takes little memory. The reads
/// run beside the connection's actor, which owns this and hears of each piece by <see cref="FilePiece"/>.
/// </summary>
internal sealed class FileWrite : IDisposable
{
    /// <summary>Bytes of one piece: below what goes to the large object heap.</summary>
    public const int PieceBytes = 64 << 10;

    private readonly SafeFileHandle _file;
    private long _position;
    private bool _isReading;
    private bool _isOver;

    private FileWrite(WriteFile command, IActorRef writer, SafeFileHandle file)
    {
        (Command, Writer, _file) = (command, writer, file);
        (_position, BytesLeft) = (command.Position, command.Count);
    }

    /// <summary>The user's command.</summary>
    public WriteFile Command { get; }

    /// <summary>Whose it is.</summary>
    public IActorRef Writer { get; }

    /// <summary>Bytes that are not read yet.</summary>
    public long BytesLeft { get; private set; }

    /// <summary>Whether a piece is being read.</summary>
    public bool IsReading => _isReading;

    /// <summary>Opens the file.</summary>
    /// <param name="command">What to send.</param>
    /// <param name="writer">Who hears of it.</param>
    /// <param name="problem">Why it cannot be read; null: it can.</param>
    public static FileWrite? Open(WriteFile command, IActorRef writer, out Failure problem)
    {
        problem = default;
        try
        {
            var file = File.OpenHandle(command.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous | FileOptions.SequentialScan);
            return new FileWrite(command, writer, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException or SecurityException)
        {
            problem = Failures.OfFile(command.Path, e);
            return null;
        }
    }

    /// <summary>Reads the next piece and tells it to <paramref name="connection"/>.</summary>
    public void ReadNext(IActorRef connection)
    {
        _isReading = true;
        _ = ReadAsync((int)Math.Min(PieceBytes, BytesLeft), connection);
    }

    /// <summary>A piece has been read.</summary>
    public void OnRead(int bytes)
    {
        _isReading = false;
        _position += bytes;
        BytesLeft -= bytes;
        if (_isOver)
            _file.Dispose();
    }

    /// <summary>Nothing more is read. The file is closed at once, or when the read that goes on is done.</summary>
    public void Dispose()
    {
        _isOver = true;
        if (!_isReading)
            _file.Dispose();
    }

    private async Task ReadAsync(int count, IActorRef connection)
    {
        try
        {
            var piece = new byte[count];
            var read = await RandomAccess.ReadAsync(_file, piece, _position).ConfigureAwait(false);
            connection.Tell(new FilePiece(this, piece.AsMemory(0, read), default), ActorRefs.NoSender);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ObjectDisposedException)
        {
            connection.Tell(new FilePiece(this, default, Failures.OfFile(Command.Path, e)), ActorRefs.NoSender);
        }
    }
}

/// <summary>To a connection: a piece of the file that it sends.</summary>
/// <param name="File">Of which.</param>
/// <param name="Data">The bytes; none: the file has ended, or <paramref name="Problem"/> says why it cannot be read.</param>
/// <param name="Problem">Its message is null where there is none.</param>
internal sealed record FilePiece(FileWrite File, ReadOnlyMemory<byte> Data, Failure Problem) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
