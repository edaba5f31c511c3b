using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>What came of a piece of a file.</summary>
internal enum FileProgress
{
    /// <summary>Nothing was taken: the file has failed, or is not sent any more.</summary>
    Nothing,

    /// <summary>It was taken, and more follows.</summary>
    Taken,

    /// <summary>It was taken, and was the last.</summary>
    Done,
}

/// <summary>
/// The one file that a connection sends, if any: read piece by piece, each when the send buffer has room for it. Other writes wait meanwhile. Owned by <see cref="WriteDesk"/>, which
/// knows what is asked about each write.
/// </summary>
internal sealed class FileDesk(UtpConnection core, ConnectionOptions options, IActorRef connection)
{
    private FileWrite? _file;

    /// <summary>Whether a file is being sent.</summary>
    public bool IsBusy => _file is not null;

    private bool HasRoom => core.BufferedBytes == 0 || core.BufferedBytes + FileWrite.PieceBytes <= options.SendBufferBytes;

    /// <summary>What is wrong with a command before any file is touched; null: nothing.</summary>
    public static Failure? Check(WriteFile command, ConnectionOptions options)
    {
        if (options.Mode != DeliveryMode.Bytes)
            return Failures.FilesNeedBytes;
        return string.IsNullOrEmpty(command.Path) || command.Position < 0 || command.Count < 0 ? Failures.OfWriteFile(command) : null;
    }

    /// <summary>Begins to send a file; returns why it cannot be read, null: it can.</summary>
    public Failure? Begin(WriteFile command, IActorRef writer)
    {
        _file = FileWrite.Open(command, writer, out var problem);
        if (_file is null)
            return problem;
        ReadIfRoom();
        return null;
    }

    /// <summary>Reads the next piece, unless that is being done, or there is no room for it.</summary>
    public void ReadIfRoom()
    {
        if (_file is { IsReading: false } && HasRoom)
            _file.ReadNext(connection);
    }

    /// <summary>A piece has been read.</summary>
    public FileProgress OnPiece(FilePiece piece)
    {
        piece.File.OnRead(piece.Data.Length);
        if (piece.File != _file)
            return FileProgress.Nothing;
        if (piece.Problem.Message is not null)
            return Fail(piece.Problem, null);
        if (piece.Data.IsEmpty && _file.BytesLeft > 0)
            return Fail(Failures.OfShortFile(_file.Command, _file.BytesLeft), null);

        // Other writes wait while there is a file, so there is the room for which it was read; only an end refuses it.
        var result = core.Write(piece.Data, default, Clock.Now);
        if (result != WriteResult.Accepted)
            return Fail(Failures.OfWrite(result, piece.Data.Length, options), null);
        if (_file.BytesLeft > 0)
            return FileProgress.Taken;
        End();
        return FileProgress.Done;
    }

    /// <summary>The file that is being sent, if any, comes to nothing more; its writer hears why.</summary>
    public FileProgress Fail(in Failure failure, CloseReason? reason)
    {
        if (_file is null)
            return FileProgress.Nothing;
        _file.Writer.Tell(new CommandFailed(_file.Command, failure.Cause, failure.Message, failure.Exception) { Reason = reason }, connection);
        End();
        return FileProgress.Nothing;
    }

    private void End()
    {
        _file!.Dispose();
        _file = null;
    }
}
