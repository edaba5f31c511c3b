using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.IO;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// The driver over <c>Akka.IO.Udp</c> (<c>utp.channel = akka-io</c>), for users who want every byte to go through it. A datagram costs two
/// mailbox hops and about 2 kB here, its arrival is stamped only when it has passed them, nothing is known of ICMP, empty datagrams
/// are lost, and don't-fragment is never set: one EMSGSIZE ends a listener of Akka.IO.
/// </summary>
/// <remarks>The socket is ours, because Akka.IO forgets it when its handler dies; so the port is free when <see cref="Dispose"/> returns.</remarks>
internal sealed class AkkaIoChannel : IDatagramChannel
{
    private const int MaxIPv4Payload = 65_507;
    private const int MaxIPv6Payload = 65_527;
    private const int MaxReleaseMilliseconds = 500;

    private readonly Socket _socket;
    private readonly ConcurrentQueue<Arrived> _arrived = new();
    private readonly ConcurrentDictionary<UdpEndPoint, IPEndPoint> _endPoints = new();
    private readonly IActorRef _bridge;
    private readonly int _sendLimit;
    private readonly int _receiveLimit;
    private IDatagramChannelObserver? _observer;
    private long _waitingBytes;
    private long _sendingBytes;
    private long _drops;
    private int _wantsReadable;
    private int _wantsWritable;
    private volatile bool _disposed;

    private AkkaIoChannel(Socket socket, IActorRef bridge)
    {
        _socket = socket;
        _bridge = bridge;
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        ReceiveBufferBytes = _receiveLimit = Granted(socket.ReceiveBufferSize);
        SendBufferBytes = _sendLimit = Granted(socket.SendBufferSize);
    }

    /// <inheritdoc/>
    public IPEndPoint LocalEndPoint { get; }

    /// <inheritdoc/>
    public DatagramChannelFeatures Features => DatagramChannelFeatures.None;

    /// <inheritdoc/>
    public int ReceiveBufferBytes { get; }

    /// <inheritdoc/>
    public int SendBufferBytes { get; }

    /// <summary>Datagrams dropped because nobody read; what the kernel drops is not known.</summary>
    public long ReceiveDrops => Interlocked.Read(ref _drops);

    /// <summary>Binds through Akka.IO.</summary>
    /// <exception cref="SocketException">The address is in use, not ours, or not allowed.</exception>
    /// <exception cref="ArgumentException">A user's socket was handed in, which Akka.IO cannot take.</exception>
    public static async Task<IDatagramChannel> OpenAsync(ActorSystem system, ChannelRequest request)
    {
        if (request.Socket is not null)
            throw new ArgumentException("utp.channel = akka-io opens its own sockets: bind by address, or use utp.channel = socket for a socket of your own.");
        var manager = AkkaIoUdp.Manager(system);
        var creator = new SocketCreator(request);
        var bound = new TaskCompletionSource<Bridge>(TaskCreationOptions.RunContinuationsAsynchronously);
        var bridge = ((ExtendedActorSystem)system).SystemActorOf(Props.Create(() => new AkkaIoBridge(manager, request.LocalAddress, creator, bound)));
        var ready = await bound.Task.ConfigureAwait(false);
        var channel = new AkkaIoChannel(ready.Socket, bridge);
        bridge.Tell(channel);
        return channel;
    }

    /// <inheritdoc/>
    public void SetObserver(IDatagramChannelObserver observer) => _observer = observer;

    /// <inheritdoc/>
    public ReceiveStatus Receive(ReceiveBatch batch)
    {
        DatagramSlab? slab = null;
        var offset = 0;
        while (!_disposed && _arrived.TryPeek(out var next))
        {
            if (batch.IsFull)
                return ReceiveStatus.More;
            if (slab is null || slab.Array.Length - offset < next.Data.Count)
            {
                if (!batch.Pool.TryRent(out slab))
                    return ReceiveStatus.NoMemory;
                batch.Own(slab);
                offset = 0;
            }

            _arrived.TryDequeue(out next);
            Interlocked.Add(ref _waitingBytes, -Cost(next.Data));
            next.Data.CopyTo(slab.Array, offset, next.Data.Count);
            batch.Add(new ReceivedDatagram(new UdpPath(next.Remote, default), slab, offset, next.Data.Count, next.Data.Count, next.ArrivalMicros, 0, false));
            offset += next.Data.Count;
        }

        return _disposed ? ReceiveStatus.Closed : ReceiveStatus.Drained;
    }

    /// <inheritdoc/>
    public void RequestReadable()
    {
        Volatile.Write(ref _wantsReadable, 1);
        if (!_arrived.IsEmpty)
            TellReadable();
    }

    /// <inheritdoc/>
    public SendStatus Send(in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment)
    {
        if (_disposed)
            return SendStatus.Closed;
        if (payload.Length > segmentSize)
            return SendStatus.Failed;
        if (payload.Length > (path.Remote.IsIPv4 ? MaxIPv4Payload : MaxIPv6Payload))
            return SendStatus.MessageTooLarge;
        var waiting = Interlocked.Read(ref _sendingBytes);
        if (waiting > 0 && waiting + payload.Length > _sendLimit)
            return SendStatus.WouldBlock;
        Interlocked.Add(ref _sendingBytes, payload.Length);
        _bridge.Tell(new AkkaIoBridge.Outgoing(ByteString.FromBytes(payload.ToArray()), EndPointOf(path.Remote)), ActorRefs.NoSender);
        return SendStatus.Sent;
    }

    /// <inheritdoc/>
    public void RequestWritable()
    {
        Volatile.Write(ref _wantsWritable, 1);
        TellWritableIfRoom();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _socket.Dispose();

        // Akka.IO's pending receive holds the descriptor until the runtime has aborted it.
        SpinWait.SpinUntil(IsPortFree, MaxReleaseMilliseconds);
        _bridge.Tell(PoisonPill.Instance, ActorRefs.NoSender);
        _arrived.Clear();
    }

    /// <summary>From the bridge: a datagram.</summary>
    internal void OnArrived(ByteString data, EndPoint sender)
    {
        if (_disposed || sender is not IPEndPoint remote)
            return;
        if (Interlocked.Add(ref _waitingBytes, Cost(data)) > _receiveLimit)
        {
            Interlocked.Add(ref _waitingBytes, -Cost(data));
            Interlocked.Increment(ref _drops);
            return;
        }

        _arrived.Enqueue(new Arrived(data, UdpEndPoint.From(remote), MonotonicClock.NowMicros));
        TellReadable();
    }

    /// <summary>From the bridge: a datagram has left, or was refused.</summary>
    internal void OnSent(int bytes)
    {
        Interlocked.Add(ref _sendingBytes, -bytes);
        TellWritableIfRoom();
    }

    /// <summary>From the bridge: Akka.IO's listener is gone.</summary>
    internal void OnLost()
    {
        if (_disposed)
            return;
        _observer?.OnFailed(new SocketException((int)SocketError.NetworkDown));
    }

    private bool IsPortFree()
    {
        try
        {
            using var probe = new Socket(LocalEndPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            probe.Bind(LocalEndPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // What one datagram costs in memory, so that empty ones are bounded too.
    private static int Cost(ByteString data) => data.Count + 256;

    private static int Granted(int bytes) => OperatingSystem.IsLinux() ? bytes / 2 : bytes;

    private void TellReadable()
    {
        if (!_disposed && Interlocked.Exchange(ref _wantsReadable, 0) == 1)
            _observer?.OnReadable();
    }

    private void TellWritableIfRoom()
    {
        if (!_disposed && Interlocked.Read(ref _sendingBytes) <= _sendLimit / 2 && Interlocked.Exchange(ref _wantsWritable, 0) == 1)
            _observer?.OnWritable();
    }

    private IPEndPoint EndPointOf(UdpEndPoint remote)
    {
        if (_endPoints.TryGetValue(remote, out var known))
            return known;

        // Bounded: a listener that meets many peers forgets, and makes objects anew.
        if (_endPoints.Count >= 10_000)
            _endPoints.Clear();
        var endPoint = remote.ToIPEndPoint();
        if (_socket.AddressFamily == AddressFamily.InterNetworkV6 && remote.IsIPv4)
            endPoint = new IPEndPoint(endPoint.Address.MapToIPv6(), endPoint.Port);
        return _endPoints[remote] = endPoint;
    }

    /// <summary>What the bridge has when it is bound.</summary>
    internal sealed record Bridge(Socket Socket);

    private readonly record struct Arrived(ByteString Data, UdpEndPoint Remote, long ArrivalMicros);
}
