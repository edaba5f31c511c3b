using System.Net;

namespace Utp.Sockets.Tests;

/// <summary>
/// A channel whose sends fail as a test says, and which is otherwise the channel it wraps. Nothing is random and
/// nothing depends on time: what the test says holds for the next send. Faults may be changed on any thread; the wrapped channel is
/// disposed with this one.
/// </summary>
public sealed class FaultInjectingChannel : IDatagramChannel, IDatagramChannelObserver
{
    // A bare acknowledgement is too large for no path: the refusal waits for a datagram that may be.
    private const int PassesEverywhereBytes = 548;

    private readonly Lock _lock = new();
    private readonly IDatagramChannel _inner;
    private readonly Queue<SendStatus> _nextSends = new();
    private readonly Dictionary<UdpEndPoint, SendStatus> _refusedPeers = [];
    private IDatagramChannelObserver? _observer;
    private int _maxPayloadBytes = int.MaxValue;
    private bool _isBlocked;
    private bool _writableRequested;
    private bool _isClosed;
    private int _attempts;
    private int _sent;

    public FaultInjectingChannel(IDatagramChannel inner) => _inner = inner;

    public IPEndPoint LocalEndPoint => _inner.LocalEndPoint;

    public DatagramChannelFeatures Features => _inner.Features;

    public int ReceiveBufferBytes => _inner.ReceiveBufferBytes;

    public int SendBufferBytes => _inner.SendBufferBytes;

    public long ReceiveDrops => _inner.ReceiveDrops;

    /// <summary>How many sends were tried, refused ones included.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    /// <summary>How many sends the wrapped channel took.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>
    /// Refuses the next <paramref name="count"/> sends, whoever they are for. With <see cref="SendStatus.WouldBlock"/>
    /// this is ENOBUFS: the socket is writable at once and refuses again.
    /// </summary>
    public void FailNextSends(int count, SendStatus status)
    {
        lock (_lock)
        {
            for (var i = 0; i < count; i++)
                _nextSends.Enqueue(status);
        }
    }

    /// <summary>Refuses all sends to <paramref name="remote"/>; <see cref="SendStatus.Sent"/> ends it.</summary>
    public void FailSendsTo(UdpEndPoint remote, SendStatus status)
    {
        lock (_lock)
            _refusedPeers[remote] = status;
    }

    /// <summary>Refuses every datagram above <paramref name="bytes"/> of UDP payload with <see cref="SendStatus.MessageTooLarge"/>.</summary>
    public void LimitPayload(int bytes)
    {
        lock (_lock)
            _maxPayloadBytes = bytes;
    }

    /// <summary>From now on the send buffer is full: sends would block, and no writable comes, until <see cref="Unblock"/>.</summary>
    public void Block()
    {
        lock (_lock)
            _isBlocked = true;
    }

    /// <summary>The send buffer has room again; who asked is told.</summary>
    public void Unblock()
    {
        bool tell;
        lock (_lock)
        {
            _isBlocked = false;
            tell = _writableRequested && !_isClosed;
            _writableRequested = false;
        }

        if (tell)
            _observer!.OnWritable();
    }

    /// <summary>The socket is gone, as if somebody had closed its descriptor: told once, and the port is free.</summary>
    public void CloseUnderneath(Exception cause)
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            _isClosed = true;
        }

        _inner.Dispose();
        _observer?.OnFailed(cause);
    }

    /// <summary>Reports an ICMP error, as the kernel would.</summary>
    public void ReportPathError(in UdpPath path, SendStatus error, int pathMtu) => _observer?.OnPathError(path, error, pathMtu);

    /// <inheritdoc cref="ReportPathError(in UdpPath, SendStatus, int)"/>
    /// <param name="path">The way of the datagram that it speaks of.</param>
    /// <param name="error">What is said.</param>
    /// <param name="pathMtu">As <see cref="IDatagramChannelObserver"/> has it.</param>
    /// <param name="quoted">The beginning of that datagram.</param>
    public void ReportPathError(in UdpPath path, SendStatus error, int pathMtu, ReadOnlySpan<byte> quoted) => _observer?.OnPathError(path, error, pathMtu, quoted);

    public void SetObserver(IDatagramChannelObserver observer)
    {
        _observer = observer;
        _inner.SetObserver(this);
    }

    public ReceiveStatus Receive(ReceiveBatch batch) => IsClosed() ? ReceiveStatus.Closed : _inner.Receive(batch);

    public bool WaitReadable() => !IsClosed() && _inner.WaitReadable() && !IsClosed();

    public void RequestReadable()
    {
        if (!IsClosed())
            _inner.RequestReadable();
    }

    public SendStatus Send(in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment)
    {
        Interlocked.Increment(ref _attempts);
        var fault = NextFault(path.Remote, Math.Min(segmentSize, payload.Length));
        if (fault != SendStatus.Sent)
            return fault;
        var status = _inner.Send(path, payload, segmentSize, dontFragment);
        if (status == SendStatus.Sent)
            Interlocked.Increment(ref _sent);
        return status;
    }

    public void RequestWritable()
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            if (_isBlocked)
            {
                _writableRequested = true;
                return;
            }
        }

        _inner.RequestWritable();
    }

    public void Dispose()
    {
        lock (_lock)
            _isClosed = true;
        _inner.Dispose();
    }

    void IDatagramChannelObserver.OnReadable() => _observer!.OnReadable();

    void IDatagramChannelObserver.OnWritable() => _observer!.OnWritable();

    void IDatagramChannelObserver.OnFailed(Exception cause) => CloseUnderneath(cause);

    void IDatagramChannelObserver.OnPathError(in UdpPath path, SendStatus error, int pathMtu) => _observer!.OnPathError(path, error, pathMtu);

    void IDatagramChannelObserver.OnPathError(in UdpPath path, SendStatus error, int pathMtu, ReadOnlySpan<byte> quoted) =>
        _observer!.OnPathError(path, error, pathMtu, quoted);

    private SendStatus NextFault(UdpEndPoint remote, int datagramBytes)
    {
        lock (_lock)
        {
            if (_isClosed)
                return SendStatus.Closed;
            if (_isBlocked)
                return SendStatus.WouldBlock;
            if (_nextSends.TryPeek(out var next) && (next != SendStatus.MessageTooLarge || datagramBytes > PassesEverywhereBytes))
            {
                _nextSends.Dequeue();
                if (next != SendStatus.Sent)
                    return next;
            }

            if (datagramBytes > _maxPayloadBytes)
                return SendStatus.MessageTooLarge;
            return _refusedPeers.GetValueOrDefault(remote, SendStatus.Sent);
        }
    }

    private bool IsClosed()
    {
        lock (_lock)
            return _isClosed;
    }
}
