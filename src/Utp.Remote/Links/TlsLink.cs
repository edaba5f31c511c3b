using System.Buffers;
using System.Net.Security;
using System.Security.Authentication;
using System.Threading.Channels;
using Akka.Actor;
using Utp.Messages;

namespace Utp.Remote;

/// <summary>
/// TLS between a lane and its connection: one task writes what the lane's queue has, another reads. The handshake comes first, within a bounded time; a peer that does not get through it costs
/// its own connection and nothing else.
/// </summary>
#pragma warning disable CA1001 // RunAsync disposes of the stream when reading and writing have ended; what is cancelled has no timer.
internal sealed class TlsLink : ILink, ILinkUser
#pragma warning restore CA1001 // See above.
{
    // A record is decrypted at a time, and holds no more.
    private const int ReadBytes = 16 << 10;

    // What is encrypted at a time: one record.
    private const int WriteBytes = 16 << 10;

    private readonly ILinkUser _user;
    private readonly ByteQueue _cipher;
    private readonly ActorLink _link;
    private readonly LinkStream _stream;
    private readonly SslStream _tls;
    private readonly Func<SslStream, CancellationToken, Task> _handshake;
    private readonly TimeSpan _handshakeTimeout;
    private readonly Channel<Piece?> _pieces = Channel.CreateUnbounded<Piece?>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _aborted = new();
    private readonly object _gate = new();

    // Pieces that are encrypted, and where the encrypted bytes of each end: they are the peer's when it has acknowledged those.
    private readonly Queue<(Piece Piece, long End)> _encrypted = new();
    private volatile ByteQueue _plain;
    private TaskCompletionSource? _suspended;
    private ConnectionClosed? _closed;
    private bool _readEnded;
    private volatile bool _isOpen;
    private bool _overTold;

    /// <summary>Nothing is open.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="user">The lane.</param>
    /// <param name="plain">Its queue.</param>
    /// <param name="maxToldBytes">What a connection holds.</param>
    /// <param name="handshake">As client, or as server.</param>
    /// <param name="handshakeTimeout">How long it may take.</param>
    public TlsLink(ActorSystem system, ILinkUser user, ByteQueue plain, int maxToldBytes, Func<SslStream, CancellationToken, Task> handshake, TimeSpan handshakeTimeout)
    {
        _user = user;
        _plain = plain;
        _handshake = handshake;
        _handshakeTimeout = handshakeTimeout;
        _cipher = new ByteQueue(new RateMeter(int.MaxValue, 0), maxToldBytes);
        _link = new ActorLink(system, this, _cipher);
        _stream = new LinkStream(_link, _cipher, maxToldBytes);
        _cipher.Delivered = OnCipherDelivered;
        _tls = new SslStream(_stream, leaveInnerStreamOpen: true);
    }

    public void Connect(IActorRef manager, Connect connect) => _link.Connect(manager, connect);

    public void Accept(Connected connected, IActorRef connection) => _link.Accept(connected, connection);

    public void Serve(ByteQueue queue) => _plain = queue;

    public void SuspendReading()
    {
        lock (_gate)
            _suspended ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void ResumeReading()
    {
        lock (_gate)
        {
            _suspended?.SetResult();
            _suspended = null;
        }
    }

    public bool Abort()
    {
        var wasOpen = _link.Abort();
        _aborted.Cancel();
        return wasOpen;
    }

    void IPieceSink.Send(Piece piece) => _pieces.Writer.TryWrite(piece);

    void IPieceSink.Finish() => _pieces.Writer.TryComplete();

    void ILinkUser.OnOpen(Connected connected)
    {
        _cipher.Open(_link);
        _ = RunAsync(connected);
    }

    void ILinkUser.OnOpenFailed(string message, Exception? exception) => _user.OnOpenFailed(message, exception);

    void ILinkUser.OnReceived(Received received) => _stream.Add(received);

    void ILinkUser.OnPeerFinished() => _stream.End(null);

    void ILinkUser.OnOver(ConnectionClosed closed)
    {
        _cipher.End();
        var isError = closed is ErrorClosed or Aborted;
        _stream.End(isError ? new IOException((closed as ErrorClosed)?.Message ?? "The connection was reset at this end.") : null);
        bool isSuspended;
        lock (_gate)
        {
            _closed = closed;
            isSuspended = _suspended is not null;
        }

        // In order: what has arrived is read before, also when the connection then failed; unless nobody reads it.
        if (isError && isSuspended)
            _aborted.Cancel();
        TellOverIfDue();
    }

    private async Task RunAsync(Connected connected)
    {
        if (!await HandshakeAsync().ConfigureAwait(false))
            return;
        _isOpen = true;
        _user.OnOpen(connected);
        await Task.WhenAll(ReadAsync(), WriteAsync()).ConfigureAwait(false);
        await _tls.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<bool> HandshakeAsync()
    {
        using var within = CancellationTokenSource.CreateLinkedTokenSource(_aborted.Token);
        within.CancelAfter(_handshakeTimeout);
        try
        {
            await _handshake(_tls, within.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException)
        {
            var why = e is OperationCanceledException ? $"it did not come to an end within {_handshakeTimeout.TotalSeconds:0.#} s" : e.InnerException?.Message ?? e.Message;
            lock (_gate)
                _overTold = true;
            _link.Abort();
            _user.OnOpenFailed($"the TLS handshake failed: {why.TrimEnd('.')} (is enable-ssl on at both nodes, and do they trust each other's certificates?)", e);
            return false;
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                Task? waits;
                lock (_gate)
                    waits = _suspended?.Task;
                if (waits is not null)
                    await waits.WaitAsync(_aborted.Token).ConfigureAwait(false);

                // Nothing is kept for a peer that says nothing.
                await _tls.ReadAsync(Memory<byte>.Empty, _aborted.Token).ConfigureAwait(false);
                var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
                var count = await _tls.ReadAsync(buffer, _aborted.Token).ConfigureAwait(false);
                if (count == 0)
                    break;
                _user.OnReceived(new Received(buffer.AsMemory(0, count)) { Pool = ArrayPool<byte>.Shared });
            }

            _user.OnPeerFinished();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // A record that was tampered with is the link's end; an end that came by itself is told by the connection.
            _link.Abort();
        }
        finally
        {
            lock (_gate)
                _readEnded = true;
            TellOverIfDue();
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            // Each call makes a record, at least: small pieces that are there at the same time share one.
            var filled = 0;
            var inRecord = new List<Piece>();
            while (await _pieces.Reader.WaitToReadAsync(_aborted.Token).ConfigureAwait(false))
            {
                var record = ArrayPool<byte>.Shared.Rent(WriteBytes);
                while (_pieces.Reader.TryRead(out var piece))
                {
                    if (filled > 0 && filled + piece!.Data.Length > WriteBytes)
                        filled = await WriteRecordAsync(record.AsMemory(0, filled), inRecord).ConfigureAwait(false);
                    inRecord.Add(piece!);
                    if (piece!.Data.Length >= WriteBytes)
                    {
                        await WriteRecordAsync(piece.Data, inRecord).ConfigureAwait(false);
                    }
                    else
                    {
                        piece.Data.CopyTo(record.AsMemory(filled));
                        filled += piece.Data.Length;
                    }

                    // The encrypted bytes have a queue of their own, which has this task wait.
                    if (piece.EndsBatch)
                        _plain.OnTaken(this, piece);
                }

                if (filled > 0)
                    filled = await WriteRecordAsync(record.AsMemory(0, filled), inRecord).ConfigureAwait(false);
                ArrayPool<byte>.Shared.Return(record);
            }

            await _tls.ShutdownAsync().ConfigureAwait(false);
            _cipher.Finish();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            _link.Abort();
        }
    }

    private async ValueTask<int> WriteRecordAsync(ReadOnlyMemory<byte> record, List<Piece> pieces)
    {
        await _tls.WriteAsync(record, _aborted.Token).ConfigureAwait(false);
        var end = _cipher.WrittenBytes;
        lock (_encrypted)
        {
            foreach (var piece in pieces)
                _encrypted.Enqueue((piece, end));
        }

        pieces.Clear();
        ReportDelivered();
        return 0;
    }

    private void OnCipherDelivered()
    {
        _stream.OnDelivered();
        ReportDelivered();
    }

    // In order, whoever comes first: the writer, or the acknowledgement that was there before it had counted.
    private void ReportDelivered()
    {
        lock (_encrypted)
        {
            var delivered = _cipher.DeliveredBytes;
            while (_encrypted.TryPeek(out var first) && first.End <= delivered)
            {
                _encrypted.Dequeue();
                _plain.OnDelivered(this, first.Piece);
            }
        }
    }

    private void TellOverIfDue()
    {
        ConnectionClosed closed;
        lock (_gate)
        {
            // During the handshake its failure says more.
            if (_overTold || _closed is null || !_isOpen || !_readEnded)
                return;
            _overTold = true;
            closed = _closed;
        }

        // The writer waits for nothing any more.
        _pieces.Writer.TryComplete();
        _user.OnOver(closed);
    }
}
