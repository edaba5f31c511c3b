using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Utp.Protocol;
using Utp.Streams;

namespace Utp.Kestrel;

/// <summary>
/// A connection as Kestrel sees it: a pair of pipes, and news of its end. It reads ahead of the server, up to a limit, so that the peer's end is noticed, and the
/// request aborted, while nobody reads. Disposed of by Kestrel, which waits until the peer has acknowledged what was written.
/// </summary>
internal sealed class UtpConnectionContext : DefaultConnectionContext, IMemoryPoolFeature, IUtpConnectionFeature
{
    // Of what the server writes; the connection's send buffer is behind it.
    private const int WriteBufferBytes = 64 << 10;

    private readonly UtpDuplexPipe _connection;
    private readonly Pipe _input;
    private readonly Pipe _output;
    private readonly UnreadWatch _reader;
    private readonly CancellationTokenSource _closed = new();
    private Task _receiving = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private ConnectionAbortedException? _aborted;
    private int _disposed;

    private UtpConnectionContext(UtpStream stream, MemoryPool<byte> memory, long? maxReadBufferSize)
    {
        Stream = stream;
        _connection = stream.AsDuplexPipe();
        MemoryPool = memory;
        LocalEndPoint = stream.LocalEndPoint;
        RemoteEndPoint = stream.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        var readAhead = maxReadBufferSize ?? 0;
        _input = new Pipe(new PipeOptions(memory, pauseWriterThreshold: readAhead, resumeWriterThreshold: readAhead / 2, useSynchronizationContext: false));

        // The connection only copies what it is given, so that it may run where the server flushes.
        _output = new Pipe(new PipeOptions(memory, PipeScheduler.Inline, pauseWriterThreshold: WriteBufferBytes, resumeWriterThreshold: WriteBufferBytes / 2, useSynchronizationContext: false));
        _reader = new UnreadWatch(_input.Reader);
        Transport = new Ends(_reader, _output.Writer);
        Features.Set<IMemoryPoolFeature>(this);
        Features.Set<IUtpConnectionFeature>(this);
    }

    public UtpStream Stream { get; }

    public MemoryPool<byte> MemoryPool { get; }

    /// <summary>Reads and writes from now on.</summary>
    public static UtpConnectionContext Start(UtpStream stream, MemoryPool<byte> memory, long? maxReadBufferSize)
    {
        var connection = new UtpConnectionContext(stream, memory, maxReadBufferSize);
        connection._receiving = connection.ReceiveAsync();
        connection._sending = connection.SendAsync();
        _ = connection.WatchAsync();
        return connection;
    }

    /// <summary>Ends it with a reset: what the peer has not acknowledged may be lost.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        if (Interlocked.CompareExchange(ref _aborted, abortReason, null) is not null || Stream.Closed.IsCompleted)
            return;
        Stream.Abort();
        _output.Reader.CancelPendingRead();
    }

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;

        // Not of Transport, which middleware may have replaced.
        await _reader.CompleteAsync().ConfigureAwait(false);
        if (_reader.LeavesUnread)
            Stream.AbortReading();
        await _output.Writer.CompleteAsync().ConfigureAwait(false);
        await _sending.ConfigureAwait(false);
        await Stream.DisposeAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async Task ReceiveAsync()
    {
        Exception? error = null;
        try
        {
            await CopyAsync(_connection.Input, _input.Writer).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            error = ErrorOf(e);
        }

        await _connection.Input.CompleteAsync().ConfigureAwait(false);
        await _input.Writer.CompleteAsync(error).ConfigureAwait(false);

        // As with TCP, the peer's end is the end for the server: a request that runs is aborted.
        await _closed.CancelAsync().ConfigureAwait(false);
    }

    // A connection that has failed is a reader that has gone, for the server, too; the receiving side says why.
    private async Task SendAsync()
    {
        try
        {
            await CopyAsync(_output.Reader, _connection.Output).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The server completed with an error: what it wrote is no whole answer, and must not look like one.
            Stream.Abort();
        }

        await _connection.Output.CompleteAsync().ConfigureAwait(false);
        await _output.Reader.CompleteAsync().ConfigureAwait(false);
    }

    private static async Task CopyAsync(PipeReader from, PipeWriter to)
    {
        ReadResult read;
        FlushResult flushed;
        do
        {
            read = await from.ReadAsync().ConfigureAwait(false);
            foreach (var piece in read.Buffer)
                to.Write(piece.Span);
            from.AdvanceTo(read.Buffer.End);
            flushed = await to.FlushAsync().ConfigureAwait(false);
        }
        while (!(read.IsCompleted || read.IsCanceled || flushed.IsCompleted || flushed.IsCanceled));
    }

    // A reset is noticed also while the limit of what is read ahead keeps everything else from being read.
    private async Task WatchAsync()
    {
        await Stream.Closed.ConfigureAwait(false);
        await _closed.CancelAsync().ConfigureAwait(false);
    }

    // Kestrel knows these two, and takes them for the peer's or its own doing.
    private Exception ErrorOf(Exception error) => error switch
    {
        _ when _aborted is { } aborted => aborted,
        UtpException { CloseReason.Cause: CloseCause.Reset } => new ConnectionResetException(error.Message, error),
        ObjectDisposedException => new ConnectionAbortedException("The connection was closed by the server."),
        _ => error,
    };

    private sealed class Ends(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
