using System.Net;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>
/// A channel without a socket: the face of the simulated network for what was written against <see cref="IDatagramChannel"/>. Made by
/// <see cref="InMemoryDatagramNetwork.Bind"/>.
/// </summary>
public sealed class SimulatedChannel : IDatagramChannel, IDatagramHost
{
    private const int MaxIPv4Payload = 65_507;
    private const int MaxIPv6Payload = 65_527;

    private readonly InMemoryDatagramNetwork _owner;
    private readonly SimulatedNetwork _network;
    private readonly UdpEndPoint[] _addresses;
    private readonly Queue<Waiting> _waiting = new();
    private readonly Queue<(UdpPath Path, SendStatus Error, int PathMtu, byte[] Quoted)> _errors = new();
    private readonly long _receiveBufferBytes;
    private IDatagramChannelObserver? _observer;
    private SendBuffer _sendBuffer;
    private long _waitingBytes;
    private long _drops;
    private bool _wantsReadable;
    private bool _wantsWritable;
    private bool _isClosed;

    internal SimulatedChannel(
        InMemoryDatagramNetwork owner,
        SimulatedNetwork network,
        IPEndPoint local,
        IEnumerable<IPAddress> addresses,
        SimulatedChannelOptions options)
    {
        _owner = owner;
        _network = network;
        LocalEndPoint = local;
        _addresses = [.. addresses.Select(address => UdpEndPoint.From(new IPEndPoint(address, local.Port)))];
        _receiveBufferBytes = options.ReceiveBufferBytes;
        ReceiveBufferBytes = options.ReceiveBufferBytes;
        SendBufferBytes = options.SendBufferBytes;
        _sendBuffer = new SendBuffer(options.SendBufferBytes, options.SendBufferBytesPerSecond);
    }

    /// <inheritdoc/>
    public IPEndPoint LocalEndPoint { get; }

    /// <inheritdoc/>
    public DatagramChannelFeatures Features =>
        DatagramChannelFeatures.Segmentation | DatagramChannelFeatures.DontFragment
        | DatagramChannelFeatures.LocalAddress | DatagramChannelFeatures.PathErrors;

    /// <inheritdoc/>
    public int ReceiveBufferBytes { get; }

    /// <inheritdoc/>
    public int SendBufferBytes { get; }

    /// <inheritdoc/>
    public long ReceiveDrops => Interlocked.Read(ref _drops);

    /// <inheritdoc/>
    public void SetObserver(IDatagramChannelObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        if (Interlocked.CompareExchange(ref _observer, observer, null) is not null)
            throw new InvalidOperationException("The channel has an observer already.");
    }

    /// <inheritdoc/>
    public ReceiveStatus Receive(ReceiveBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var status = ReceiveStatus.Closed;
        _owner.Access(_ => status = Fill(batch));
        return status;
    }

    /// <inheritdoc/>
    public void RequestReadable()
    {
        RequireObserver();
        _owner.Access(_ =>
        {
            _wantsReadable = !_isClosed;
            TellReadable();
        });
    }

    /// <inheritdoc/>
    public SendStatus Send(in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment)
    {
        var limit = path.Remote.IsIPv4 ? MaxIPv4Payload : MaxIPv6Payload;
        if (Math.Min(payload.Length, segmentSize) > limit)
            return SendStatus.MessageTooLarge;
        if (payload.Length > segmentSize && segmentSize <= 0)
            return SendStatus.Failed;

        // A span cannot enter the lambda of Access; sends are for tests, so they are copied once more.
        var (remote, local, bytes) = (path.Remote, path.LocalAddress, payload.ToArray());
        var status = SendStatus.Closed;
        _owner.Access(network => status = Send(network, remote, local, bytes, segmentSize, dontFragment));
        return status;
    }

    /// <inheritdoc/>
    public void RequestWritable()
    {
        RequireObserver();
        _owner.Access(_ =>
        {
            if (_isClosed || _wantsWritable)
                return;
            _wantsWritable = true;
            _network.Simulator.At(_sendBuffer.TakesAt(1, _network.Simulator.Now), TellWritable);
        });
    }

    /// <summary>The channel takes nothing for a time: sends would block.</summary>
    public void BlockSends(TimeSpan time) =>
        _owner.Access(network => _sendBuffer.Block(network.Simulator.Now.Plus((long)time.TotalMicroseconds)));

    /// <summary>The channel fails, as a socket does when its network device goes: it is closed, and its observer is told why.</summary>
    public void Fail(Exception cause)
    {
        var observer = _observer;
        _owner.Access(_ =>
        {
            if (_isClosed)
                return;
            Close();
            if (observer is not null)
                _owner.Notify(() => observer.OnFailed(cause));
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _owner.Access(_ => Close());

    void IDatagramHost.OnDatagram(in DatagramInfo datagram, ReadOnlySpan<byte> payload)
    {
        // An empty datagram takes room too, as in a kernel; otherwise they would be without bound.
        var cost = Math.Max(payload.Length, 64);
        if (_waitingBytes + cost > _receiveBufferBytes)
        {
            Interlocked.Increment(ref _drops);
            return;
        }

        _waitingBytes += cost;
        var path = new UdpPath(datagram.Source, datagram.Destination with { Port = 0 });
        _waiting.Enqueue(new Waiting(path, payload.ToArray(), cost, _owner.ToMonotonic(_network.Simulator.Now)));
        TellReadable();
    }

    void IDatagramHost.OnPathError(UdpEndPoint remote, PathError error, int pathMtuBytes) => OnPathError(remote, error, pathMtuBytes, []);

    void IDatagramHost.OnPathError(UdpEndPoint remote, PathError error, int pathMtuBytes, ReadOnlySpan<byte> quoted) =>
        OnPathError(remote, error, pathMtuBytes, quoted);

    private void OnPathError(UdpEndPoint remote, PathError error, int pathMtuBytes, ReadOnlySpan<byte> quoted)
    {
        var status = error switch
        {
            PathError.Refused => SendStatus.ConnectionRefused,
            PathError.TooLarge => SendStatus.MessageTooLarge,
            _ => SendStatus.Unreachable,
        };
        _errors.Enqueue((new UdpPath(remote, default), status, pathMtuBytes, quoted.ToArray()));
        TellReadable();
    }

    /// <summary>Takes all its addresses or none. Called under the network's lock.</summary>
    internal bool TryAttach()
    {
        for (var i = 0; i < _addresses.Length; i++)
        {
            if (_network.TryAttach(_addresses[i], this))
                continue;
            for (var taken = 0; taken < i; taken++)
                _network.Detach(_addresses[taken]);
            return false;
        }

        return true;
    }

    private ReceiveStatus Fill(ReceiveBatch batch)
    {
        if (_isClosed)
            return ReceiveStatus.Closed;
        while (_errors.TryDequeue(out var error))
            _owner.Notify(() => _observer?.OnPathError(error.Path, error.Error, error.PathMtu, error.Quoted));

        DatagramSlab? slab = null;
        var offset = 0;
        while (_waiting.TryPeek(out var next))
        {
            if (batch.IsFull)
                return ReceiveStatus.More;
            if (slab is null || slab.Array.Length - offset < next.Payload.Length)
            {
                if (!batch.Pool.TryRent(out slab))
                    return ReceiveStatus.NoMemory;
                batch.Own(slab);
                offset = 0;
            }

            next.Payload.CopyTo(slab.Array, offset);
            batch.Add(new ReceivedDatagram(
                next.Path, slab, offset, next.Payload.Length, next.Payload.Length, next.ArrivalMicros, Ecn: 0, Truncated: false));
            offset += next.Payload.Length;
            _waitingBytes -= next.Cost;
            _waiting.Dequeue();
        }

        return batch.IsFull ? ReceiveStatus.More : ReceiveStatus.Drained;
    }

    private SendStatus Send(
        SimulatedNetwork network, UdpEndPoint remote, UdpEndPoint local, byte[] payload, int segmentSize, bool dontFragment)
    {
        if (_isClosed)
            return SendStatus.Closed;
        if (SourceFor(remote, local) is not { } source)
            return SendStatus.Unreachable;
        if (!_sendBuffer.TryTake(payload.Length, network.Simulator.Now))
            return SendStatus.WouldBlock;
        var rest = payload.AsSpan();
        do
        {
            var length = Math.Min(rest.Length, segmentSize);
            network.Send(source, remote, rest[..length], dontFragment);
            rest = rest[length..];
        }
        while (rest.Length > 0);
        return SendStatus.Sent;
    }

    private UdpEndPoint? SourceFor(UdpEndPoint remote, UdpEndPoint local)
    {
        foreach (var address in _addresses)
        {
            var fits = local == default ? address.IsIPv4 == remote.IsIPv4 : address.Address == local.Address;
            if (fits)
                return address;
        }

        return null;
    }

    private void TellReadable()
    {
        if (!_wantsReadable || (_waiting.Count == 0 && _errors.Count == 0))
            return;
        _wantsReadable = false;
        _owner.Notify(_observer!.OnReadable);
    }

    private void TellWritable()
    {
        if (!_wantsWritable)
            return;
        _wantsWritable = false;
        _owner.Notify(_observer!.OnWritable);
    }

    private void Close()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _wantsReadable = _wantsWritable = false;
        foreach (var address in _addresses)
            _network.Detach(address);
        _waiting.Clear();
        _errors.Clear();
    }

    private void RequireObserver()
    {
        if (_observer is null)
            throw new InvalidOperationException("The channel has no observer: call SetObserver first.");
    }

    private readonly record struct Waiting(UdpPath Path, byte[] Payload, int Cost, long ArrivalMicros);
}
