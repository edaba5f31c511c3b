using System.Buffers.Binary;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>
/// One UDP port that speaks uTP in virtual time: the router and the connections of production, driven as production drives
/// them. What arrives in one instant is routed, each touched connection gets one batch, and is then drained.
/// </summary>
public sealed class SimulatedEndpoint : IDatagramHost, IEventHandler
{
    private const int MaxDatagramBytes = 65_535;
    private const int MaxDrainedDatagrams = 1_000_000;

    // As the driver: what refused the datagram lies below the socket, which looks writable all the time.
    private const long SocketBackOffMicros = 1_000;

    // Tags of this end point's own events.
    private const long ReadSocket = 0;
    private const long RunTouched = 1;
    private const long SocketWritable = 2;

    private readonly SimulatedNetwork _network;
    private readonly DatagramRouter<UdpPath, SimulatedConnection> _router;
    private readonly List<SimulatedConnection> _connections = [];
    private readonly Inbox _inbox;
    private readonly Prng _random;
    private readonly byte[] _buffer = new byte[MaxDatagramBytes];
    private readonly Queue<SimulatedConnection> _waitingForSocket = new();
    private List<SimulatedConnection> _touched = [];
    private List<SimulatedConnection> _running = [];
    private readonly PathSizeCache _pathSizes = new();
    private SendBuffer _sendBuffer;
    private Instant _pausedUntil = Instant.Zero;
    private Func<SimulatedConnection, IConnectionUser>? _accept;
    private ConnectionOptions _acceptOptions = ConnectionOptions.Default;
    private SeqNr? _firstSeqNr;
    private bool _runScheduled;
    private bool _isDead;

    /// <summary>Creates an end point and gives it its address.</summary>
    /// <exception cref="ArgumentException">The address is in use.</exception>
    public SimulatedEndpoint(SimulatedNetwork network, UdpEndPoint address, EndpointOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (!network.TryAttach(address, this))
            throw new ArgumentException($"The address {address} is in use.", nameof(address));
        _network = network;
        Address = address;
        Options = options ?? EndpointOptions.Default;
        _firstSeqNr = Options.FirstSeqNr;
        _random = network.Simulator.CreateRandom();
        _router = new DatagramRouter<UdpPath, SimulatedConnection>(
            Options.Limits, static path => (ulong)path.Remote.Address ^ (ulong)(path.Remote.Address >> 64));
        _inbox = new Inbox(Options.ReceiveBufferBytes);
        _sendBuffer = new SendBuffer(Options.SendBufferBytes, Options.SendBufferBytesPerSecond);
    }

    /// <summary>Its address and port.</summary>
    public UdpEndPoint Address { get; }

    /// <summary>What it is like.</summary>
    public EndpointOptions Options { get; }

    /// <summary>Its connections that are not over.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>What its router has counted.</summary>
    public EndpointStats RouterStatistics => _router.Statistics;

    /// <summary>Datagrams that its socket dropped because the receive buffer was full.</summary>
    public long ReceiveDrops => _inbox.Drops;

    /// <summary>Datagrams that its socket refused (would block).</summary>
    public long SendsRefused { get; private set; }

    /// <summary>What its clock shows now.</summary>
    public Instant LocalNow => Options.Clock.ToLocal(Simulator.Now);

    /// <summary>
    /// µs by which the clock that it writes into packets runs ahead of its own: a peer that stamps with a wall clock which
    /// somebody sets. Acts as if that clock also measured arrivals. 0 for our own implementation, whose clock is monotonic.
    /// </summary>
    public long WireClockStepMicros { get; set; }

    internal Simulator Simulator => _network.Simulator;

    /// <summary>From now on it takes connections: <paramref name="accept"/> gives each new one its user.</summary>
    public void Listen(Func<SimulatedConnection, IConnectionUser> accept, ConnectionOptions? options = null)
    {
        _accept = accept;
        _acceptOptions = options ?? ConnectionOptions.Default;
        var capabilities = _acceptOptions.Compatibility == PeerCompatibility.NodeUtp ? Capabilities.None : UtpConnection.CapabilitiesOf(_acceptOptions);
        _router.UseStatelessAnswers(
            new byte[16], static path => new SynPath(path.Remote.Address, path.Remote.Port, path.LocalAddress.Address),
            new StatelessAnswer(capabilities, (uint)_acceptOptions.InitialReceiveWindowBytes));
    }

    /// <summary>Takes no further connections; those that are there go on.</summary>
    public void StopListening() => _accept = null;

    /// <summary>Begins a connection.</summary>
    /// <param name="remote">The peer.</param>
    /// <param name="user">Who hears its events.</param>
    /// <param name="options">Its options; null for the defaults.</param>
    /// <param name="initialData">The stream's first bytes, offered on the ST_SYN when they fit.</param>
    /// <exception cref="InvalidOperationException">The end point's limits refuse.</exception>
    public SimulatedConnection Connect(
        UdpEndPoint remote, IConnectionUser user, ConnectionOptions? options = null, ReadOnlyMemory<byte> initialData = default)
    {
        var connection = new SimulatedConnection(this, new UdpPath(remote, Address with { Port = 0 }), user) { IsConfirmed = true };
        if (!_router.TryAddInitiator(connection.Path, RandomBytes(), connection, out var seed))
            throw new InvalidOperationException("The end point's limits allow no further connection.");
        connection.Seed = seed;
        if (TakeFirstSeqNr() is { } first)
            seed = seed with { InitialSeqNr = first, FallbackSeqNr = first.Plus(1_000) };
        connection.Core = UtpConnection.Connect(seed, options ?? ConnectionOptions.Default, initialData, LocalNow);
        connection.Core.SuggestPathSize(_pathSizes.Find(remote.Address, LocalNow));
        _connections.Add(connection);
        Touch(connection);
        return connection;
    }

    /// <summary>The process is killed: it says nothing any more, and its port is free.</summary>
    public void Kill()
    {
        _isDead = true;
        _network.Detach(Address);
        foreach (var connection in _connections)
            connection.IsForgotten = true;
        _connections.Clear();
    }

    /// <summary>The process is stopped for a time (a debugger, a paused machine): it reads nothing and meets no deadline.</summary>
    public void Pause(long micros) => _pausedUntil = Simulator.Now.Plus(micros);

    /// <summary>The socket takes nothing for a time (would block).</summary>
    public void BlockSends(long micros) => _sendBuffer.Block(Simulator.Now.Plus(micros));

    void IDatagramHost.OnDatagram(in DatagramInfo datagram, ReadOnlySpan<byte> payload)
    {
        if (_inbox.TryAdd(datagram.Source, payload, LocalNow, out var isFirst) && isFirst)
            Simulator.Schedule(Runs(Simulator.Now.Plus(Options.ReceiveDelayMicros)), this, ReadSocket);
    }

    void IDatagramHost.OnPathError(UdpEndPoint remote, PathError error, int pathMtuBytes) =>
        OnPathError(remote, error, pathMtuBytes, []);

    void IDatagramHost.OnPathError(UdpEndPoint remote, PathError error, int pathMtuBytes, ReadOnlySpan<byte> quoted) =>
        OnPathError(remote, error, pathMtuBytes, quoted);

    private void OnPathError(UdpEndPoint remote, PathError error, int pathMtuBytes, ReadOnlySpan<byte> quoted)
    {
        var headers = remote.IsIPv4 ? SimulatedNetwork.IPv4HeaderBytes : SimulatedNetwork.IPv6HeaderBytes;
        foreach (var connection in _connections.Where(c => c.Path.Remote == remote).ToArray())
        {
            if (error == PathError.TooLarge)
                connection.Core.HandlePacketTooBig(Math.Max(0, pathMtuBytes - headers), quoted, LocalNow);
            else
                connection.Core.HandleIcmpError(error, quoted, LocalNow);
            Touch(connection);
        }
    }

    void IEventHandler.OnEvent(long tag)
    {
        if (_isDead)
            return;
        if (Simulator.Now < _pausedUntil)
        {
            Simulator.Schedule(_pausedUntil, this, tag);
            return;
        }

        switch (tag)
        {
            case ReadSocket:
                RouteInbox();
                break;
            case RunTouched:
                _runScheduled = false;
                break;
            case SocketWritable:
                OnWritable();
                break;
        }

        Run();
    }

    /// <summary>Something happened to the connection: it is drained before this instant ends.</summary>
    internal void Touch(SimulatedConnection connection)
    {
        if (connection.IsTouched || connection.IsForgotten)
            return;
        connection.IsTouched = true;
        _touched.Add(connection);
        if (_runScheduled)
            return;
        _runScheduled = true;
        Simulator.Schedule(Runs(Simulator.Now), this, RunTouched);
    }

    internal void OnDeadline(SimulatedConnection connection)
    {
        if (Simulator.Now < _pausedUntil)
        {
            connection.ArmDeadline(_pausedUntil);
            return;
        }

        var now = LocalNow;
        if (connection.Core.NextDeadline <= now)
            connection.Core.HandleTimeout(now);
        Drain(connection);
    }

    private Instant Runs(Instant at) => Instant.Max(at, _pausedUntil);

    private void RouteInbox()
    {
        var now = LocalNow;
        foreach (ref readonly var datagram in _inbox.Read())
        {
            var path = new UdpPath(datagram.Source, Address with { Port = 0 });
            var decision = _router.Route(datagram.Bytes.Span, path, now, out var packet, out var connection);
            switch (decision)
            {
                case RouteDecision.Deliver:
                    connection!.AddToBatch(new InboundPacket(packet, datagram.Bytes, datagram.Arrival));
                    Touch(connection);
                    break;
                case RouteDecision.Accept when _accept is not null && _router.TryAnswerStateless(path, packet, datagram.Bytes.Span, _buffer, now, out var answerLength):
                    SendDatagram(datagram.Source, answerLength, dontFragment: true);
                    break;
                case RouteDecision.AcceptProved when _accept is not null:
                    AcceptProved(path, new InboundPacket(packet, datagram.Bytes, datagram.Arrival), now);
                    break;
                case RouteDecision.Accept when _accept is not null:
                    Accept(path, new InboundPacket(packet, datagram.Bytes, datagram.Arrival), now);
                    break;
                case RouteDecision.Accept or RouteDecision.Reset:
                    if (_router.TryWriteReset(path, packet, _buffer, now, out var length))
                        SendDatagram(datagram.Source, length, dontFragment: true);
                    break;
                case RouteDecision.NotUtp or RouteDecision.Drop:
                    break;
            }
        }
    }

    private void Accept(UdpPath path, in InboundPacket syn, Instant now)
    {
        var connection = new SimulatedConnection(this, path, NoUser.Instance);
        if (!_router.TryAddAcceptor(path, syn.Packet, RandomBytes(), connection, out var seed, out _))
            return;
        connection.Seed = seed;
        if (TakeFirstSeqNr() is { } first)
            seed = seed with { InitialSeqNr = first };
        connection.Core = UtpConnection.Accept(seed, _acceptOptions, syn, now);
        connection.Core.SuggestPathSize(_pathSizes.Find(path.Remote.Address, now));
        _connections.Add(connection);
        Touch(connection);
    }

    private void AcceptProved(UdpPath path, in InboundPacket proof, Instant now)
    {
        var connection = new SimulatedConnection(this, path, NoUser.Instance);
        if (!_router.TryAddProved(path, proof, connection, out var seed))
            return;
        connection.Seed = seed;
        connection.Core = UtpConnection.AcceptProved(seed, _acceptOptions, proof, now);
        _connections.Add(connection);
        Touch(connection);
    }

    private void Run()
    {
        // Users may touch connections while this runs; those are run in the next round, within the same instant.
        (_touched, _running) = (_running, _touched);
        foreach (var connection in _running)
        {
            connection.IsTouched = false;
            if (connection.IsForgotten)
                continue;
            // The user's commands and the batch are two inputs, each drained on its own.
            Drain(connection);
            connection.HandleBatch(LocalNow);
            Drain(connection);
        }

        _running.Clear();
        _inbox.Release();
        LimitWindows();
    }

    private void Drain(SimulatedConnection connection)
    {
        if (connection.IsForgotten)
            return;
        if (!Options.DrainsDatagramsFirst)
            DrainEvents(connection);
        DrainDatagrams(connection);
        if (Options.DrainsDatagramsFirst)
            DrainEvents(connection);

        var core = connection.Core;
        if (core.PollPathSize(out var pathSize))
            _pathSizes.Report(connection.Path.Remote.Address, pathSize, LocalNow);
        if (!connection.IsConfirmed && core.IsAddressConfirmed)
        {
            connection.IsConfirmed = true;
            _router.OnConfirmed(connection.Path, core.ReceiveId);
        }

        // What its user did meanwhile is drained before this instant ends.
        if (core.IsStalled && !connection.IsTouched)
            throw new SimulationViolationException($"A connection in {core.State} has something to send or to wait for, and no timer: {core.GetStatistics()}");
        if (core.IsTerminated)
            Forget(connection);
        else if (core.NextDeadline != Instant.Never)
            connection.ArmDeadline(DeadlineTime(core.NextDeadline));
    }

    private void DrainDatagrams(SimulatedConnection connection)
    {
        if (connection.WaitsForSocket)
            return;
        var now = LocalNow;
        for (var i = 0; connection.Core.PollTransmit(_buffer, now, out var transmit); i++)
        {
            if (i == MaxDrainedDatagrams)
                throw new InvalidOperationException("A connection yields datagrams without end.");
            if (transmit.DontFragment && transmit.Length > Options.MaxSendBytes)
            {
                connection.Core.HandleTooLarge(1, now);
                continue;
            }

            var takesSize = transmit.Length <= Options.WouldBlockAboveBytes;
            if (takesSize && SendDatagram(connection.Path.Remote, transmit.Length, transmit.DontFragment))
                continue;
            SendsRefused++;
            connection.Core.HandleUnsent(1, now);
            WaitForSocket(connection, takesSize ? _sendBuffer.TakesAt(transmit.Length, Simulator.Now) : Simulator.Now.Plus(SocketBackOffMicros));
            return;
        }
    }

    private void DrainEvents(SimulatedConnection connection)
    {
        while (connection.Core.PollEvent(out var connectionEvent))
        {
            // Of an accepted connection nobody knows before it is connected.
            if (connectionEvent.Kind == ConnectionEventKind.Connected && connection.User == NoUser.Instance)
                connection.User = _accept!(connection);
            connection.User.OnEvent(connection, connectionEvent);
        }
    }

    private bool SendDatagram(UdpEndPoint remote, int length, bool dontFragment)
    {
        if (_isDead)
            return true;
        if (!_sendBuffer.TryTake(length, Simulator.Now))
            return false;
        var datagram = _buffer.AsSpan(0, length);
        if (WireClockStepMicros != 0)
            ShiftClock(datagram);
        _network.Send(Address, remote, datagram, dontFragment);
        return true;
    }

    private void ShiftClock(Span<byte> datagram)
    {
        var timestamp = datagram[4..8];
        var difference = datagram[8..12];
        BinaryPrimitives.WriteUInt32BigEndian(timestamp, BinaryPrimitives.ReadUInt32BigEndian(timestamp) + (uint)WireClockStepMicros);
        var measured = BinaryPrimitives.ReadUInt32BigEndian(difference);
        if (measured is not (0 or 0x7FFFFFFF))
            BinaryPrimitives.WriteUInt32BigEndian(difference, measured + (uint)WireClockStepMicros);
    }

    private void WaitForSocket(SimulatedConnection connection, Instant until)
    {
        connection.WaitsForSocket = true;
        _waitingForSocket.Enqueue(connection);
        if (_waitingForSocket.Count == 1)
            Simulator.Schedule(Runs(until), this, SocketWritable);
    }

    private void OnWritable()
    {
        // In turn: each one that waits gets a chance, and those that are refused again stand at the end.
        for (var left = _waitingForSocket.Count; left > 0; left--)
        {
            var connection = _waitingForSocket.Dequeue();
            connection.WaitsForSocket = false;
            if (connection.IsForgotten)
                continue;
            connection.Core.HandleWritable(LocalNow);
            Drain(connection);
        }
    }

    private void LimitWindows()
    {
        if (!_inbox.HasNewDrops() || _connections.Count == 0)
            return;
        foreach (var connection in _connections)
        {
            connection.Core.LimitReceiveWindow(Options.ReceiveBufferBytes / _connections.Count);
            Touch(connection);
        }
    }

    private Instant DeadlineTime(Instant local)
    {
        var time = Options.Clock.FromLocal(local).Micros;
        var granularity = Options.TimerGranularityMicros;
        return new Instant((time + granularity - 1) / granularity * granularity);
    }

    private void Forget(SimulatedConnection connection)
    {
        connection.IsForgotten = true;
        _connections.Remove(connection);
        if (!_router.Remove(connection.Path, connection.Seed))
            throw new InvalidOperationException("A connection that ended was not in the router's table.");
    }

    // For one connection only: if all began with the same number, a packet of one could pass for another's.
    private SeqNr? TakeFirstSeqNr()
    {
        var first = _firstSeqNr;
        _firstSeqNr = null;
        return first;
    }

    private byte[] RandomBytes()
    {
        var bytes = new byte[64];
        _random.Fill(bytes);
        return bytes;
    }

    /// <summary>Hears nothing: until an accepted connection has its user.</summary>
    private sealed class NoUser : IConnectionUser
    {
        public static readonly NoUser Instance = new();

        public void OnEvent(SimulatedConnection connection, in ConnectionEvent connectionEvent)
        {
        }
    }
}
