using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>What a listener is made of.</summary>
/// <param name="Channels">The bound socket, and those that share its port; the listener's from now on.</param>
/// <param name="Syns">One more, which ST_SYNs arrive at; null: they come with everything else.</param>
/// <param name="Deadlines">Wakes its connections.</param>
/// <param name="Memory">Where received datagrams lie.</param>
/// <param name="Settings">Of the actor system.</param>
/// <param name="Limits">How much strangers may take.</param>
/// <param name="Accepted">What accepted connections are given.</param>
/// <param name="Bind">The user's command; null for a port of outgoing connections, which accepts nothing.</param>
/// <param name="Binder">The command's sender, or the attempt whose port it is; hears <see cref="Bound"/>.</param>
/// <param name="Door">Where the manager puts what is to be opened through this port.</param>
/// <param name="Counts">Of the manager: what its ports count goes there.</param>
/// <param name="Records">Of the manager: writes what is recorded of connections.</param>
/// <param name="IsShared">Whether it is a port that outgoing connections share (<see cref="ClientPorts"/>).</param>
internal sealed record ListenerSpec(
    IReadOnlyList<IDatagramChannel> Channels, IDatagramChannel? Syns, DeadlineClock Deadlines, ReceiveMemory Memory, UtpSettings Settings, EndpointLimits Limits, ConnectionSettings Accepted, Bind? Bind, IActorRef Binder, OpenQueue Door, UtpCounts Counts, RecordWriter Records, bool IsShared = false);

/// <summary>
/// One UDP port: owns the socket and the table of its connections, reads in batches, and gives each connection what is its own as one message. What strangers
/// send is answered here or dropped. Nothing that the network does ends it; it stops when it was unbound and its last connection is gone.
/// </summary>
internal sealed partial class UtpListener : UntypedActor
{
    private const int RandomBytes = 32;

    private readonly ListenerSpec _spec;
    private readonly Port _port;
    private readonly PortMeter _meter;
    private readonly IDatagramChannel _channel;
    private readonly SharedTable _table;
    private readonly ReceiveLoop[] _loops;
    private readonly HashSet<ConnectionHandle> _connections = [];
    private readonly Queue<ConnectionHandle> _waitForWritable = new();
    private readonly PathCeilings _ceilings;
    private readonly AddressAccounts _accounts;
    private readonly AcceptQueue _accepts;
    private readonly LimitLog _limitLog;
    private readonly PathSizeCache _pathSizes = new();
    private readonly Props _connectionProps;
    private readonly bool _tellsLocalAddress;
    private IActorRef? _acceptHandler;
    private IActorRef? _outOfBandHandler;
    private bool _released;
    private bool _endTold;
    private IActorRef? _unbinder;
    private Exception? _failure;

    public UtpListener(ListenerSpec spec)
    {
        _spec = spec;
        _channel = spec.Channels[0];
        _table = new SharedTable(new DatagramRouter<UdpPath, ConnectionHandle>(spec.Limits, static path => AddressKey(path.Remote)));
        _ceilings = new PathCeilings((_channel.Features & DatagramChannelFeatures.DontFragment) != 0, (_channel.Features & DatagramChannelFeatures.Segmentation) != 0);
        _limitLog = new LimitLog(Context.GetLogger(), _channel.LocalEndPoint);
        var counts = spec.Bind is null ? spec.Counts.Outgoing : new PortCounts();
        _port = new Port(_channel.LocalEndPoint, _table, spec.Deadlines, _ceilings, counts, spec.Counts.Directory, spec.Records, Context.GetLogger(), Self);
        _loops = [.. AllChannels.Select(channel => new ReceiveLoop(_table, channel, spec.Memory, spec.Settings.ReceiveBatchDatagrams, _strays, ModeOf(spec), channel == spec.Syns, _limitLog, Self))];
        _meter = new PortMeter(counts, _table, [.. AllChannels], _loops, spec.Memory, spec.Bind is not null);
        _connectionProps = Props.CreateBy(new ConnectionProducer(_port)).WithDispatcher(spec.Settings.Dispatcher).WithMailbox(ConnectionMailbox.Path);

        _accounts = new AddressAccounts(spec.Settings.Connection);
        _accepts = new AcceptQueue(spec.Bind is { PullAccepting: true });
        _tellsLocalAddress = ReceiveLoop.TellsLocalAddress(_channel);
        _acceptHandler = spec.Bind?.Handler;
        _outOfBandHandler = spec.Bind?.OutOfBandHandler;

        // A stateless answer opens the connection for the initiator, which nothing here could then keep waiting.
        if (_acceptHandler is not null && !_accepts.Pulls)
            _table.Router.UseStatelessAnswers(RandomNumberGenerator.GetBytes(RandomBytes), SynPathOf, spec.Accepted.StatelessAnswer);
    }

    protected override SupervisorStrategy SupervisorStrategy() => StoppingStrategy.Instance;

    protected override void PreStart()
    {
        if (_acceptHandler is not null)
            Context.Watch(_acceptHandler);
        if (_outOfBandHandler is not null)
            Context.Watch(_outOfBandHandler);
        WarnOfSmallBuffers();
        _spec.Counts.Add(_meter);
        _spec.Binder.Tell(new Bound(_channel.LocalEndPoint));
        foreach (var loop in _loops)
            loop.Start();
    }

    protected override void PostStop()
    {
        _spec.Counts.Remove(_meter);
        foreach (var channel in AllChannels)
            channel.Dispose();
        foreach (var loop in _loops)
            loop.Stop();
        _unbinder?.Tell(Unbound.Instance, Self);
        if (!_endTold)
            TellFailed(new ListenerFailed(_channel.LocalEndPoint, $"The listener on {_channel.LocalEndPoint} stopped: {_failure?.Message ?? "it failed, or the actor system shuts down"}; bind again if it is needed.", _failure));
    }

    protected override bool AroundReceive(Receive receive, object message)
    {
        try
        {
            return base.AroundReceive(receive, message);
        }
        catch (Exception e)
        {
            // The supervisor logs it and stops us; PostStop tells the user why.
            _failure = e;
            throw;
        }
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Readable:
                _loops[0].Turn();
                break;
            case StraysWaiting:
                OnStrays();
                break;
            case Writable:
                OnWritable();
                break;
            case WaitsForWritable waits:
                _waitForWritable.Enqueue(waits.Handle);
                waits.Handle.Channel.RequestWritable();
                break;
            case PathSizeReport report:
                _pathSizes.Report(report.Address, report.Size, Clock.Now);
                break;
            case ConnectionOver over:
                OnConnectionOver(over.Handle);
                break;
            case AcceptWaits waits:
                _accepts.Add(waits.Handle);
                GrantAccepts();
                break;
            case OpenConnection open:
                Open(open);
                break;
            case OpensWaiting:
                OnOpens();
                break;
            case PathErrorReport report:
                TellConnections(report, report.Remote);
                break;
            case UnquotedErrorReport report:
                OnUnquotedError(report);
                break;
            case ChannelFailed failed:
                OnChannelFailed(failed);
                break;
            default:
                if (!OnCommand(message))
                    Unhandled(message);
                break;
        }
    }

    private bool OnCommand(object message)
    {
        switch (message)
        {
            case Unbind:
                StopAccepting();

                // Without connections that anybody knows the port is free when it is answered.
                if (_connections.All(IsUnheard))
                    _unbinder = Sender;
                else
                    Sender.Tell(Unbound.Instance);
                StopIfUnused();
                break;
            case ResumeAccepting resume:
                OnResumeAccepting(resume);
                break;
            case GetLocalAddress:
                Sender.Tell(new Bound(_channel.LocalEndPoint));
                break;
            case SendOutOfBand send:
                OnSendOutOfBand(send);
                break;
            case GetStatistics:
                if (_meter.Counts.OnAsked())
                    TellConnections(SampleNow.Instance);
                Sender.Tell(Statistics);
                break;
            case SampleNow:
                TellConnections(message);
                break;
            case ReleasePort:
                StopAccepting();
                StopIfUnused();
                break;
            case ShutdownUnbind:
                StopAccepting();
                TellConnections(message);
                StopIfUnused();
                break;
            case ShutdownFlush:
                TellConnections(message);
                break;
            case Terminated terminated:
                OnTerminated(terminated.ActorRef);
                break;
            case UtpCommand command:
                Fail(command, Failures.NotUnderstood(command, "a listener"));
                break;
            default:
                return false;
        }

        return true;
    }

    private IEnumerable<IDatagramChannel> AllChannels => _spec.Syns is { } syns ? _spec.Channels.Append(syns) : _spec.Channels;

    private ListenerStatistics Statistics
    {
        get
        {
            var figures = new Figures();
            _meter.AddTo(figures);
            var states = new long[PortCounts.States];
            _meter.Counts.AddStatesTo(states);
            return new()
            {
                LocalAddress = _channel.LocalEndPoint,
                Connections = ConnectionCount,
                Endpoint = figures.Endpoint,
                ReceiveDrops = figures[Figure.ReceiveDrops],
                Truncated = figures[Figure.Truncated],
                Batches = figures[Figure.Batches],
                Traffic = figures.Traffic(states),
                ReceiveMemoryBytes = _spec.Memory.Pool.PinnedBytes,
                ReceiveMemoryLimitBytes = _spec.Settings.ReceiveMemoryBytes,
                ReceiveBufferBytes = _channel.ReceiveBufferBytes,
                SendBufferBytes = _channel.SendBufferBytes,
            };
        }
    }

    private int ConnectionCount
    {
        get
        {
            lock (_table.Gate)
                return _table.Router.Count;
        }
    }

    private void Fail(UtpCommand command, in Failure failure) => Sender.Tell(new CommandFailed(command, failure.Cause, failure.Message));

    private void OnResumeAccepting(ResumeAccepting resume)
    {
        if (!_accepts.Pulls)
        {
            Fail(resume, Failures.NotPulling);
            return;
        }

        if (resume.BatchSize < 1)
        {
            Fail(resume, Failures.AcceptsNothing(resume.BatchSize));
            return;
        }

        _accepts.Ask(resume.BatchSize);
        GrantAccepts();
    }

    private void GrantAccepts()
    {
        while (_accepts.TryGrant(out var handle))
            handle!.Actor.Tell(AcceptGranted.Instance, ActorRefs.NoSender);
    }

    private void OnOpens()
    {
        _spec.Door.OnHeard();
        while (_spec.Door.TryTake(out var open))
            Open(open);
        StopIfUnused();
    }

    private void Open(OpenConnection open)
    {
        if (_released)
        {
            open.Fail(_spec.IsShared ? Failures.OfClientPort(open.Remote) : Failures.NotListening, Self);
            return;
        }

        var remote = UdpEndPoint.From(open.Remote);
        if (!TryFindPath(remote, out var path, out var failure))
        {
            open.Fail(failure, Self);
            return;
        }

        var handle = new ConnectionHandle(path, NextChannel()) { MtuCeilingBytes = CeilingOf(remote, open.Settings), PathSize = _pathSizes.Find(remote.Address, Clock.Now), BurstBytes = _ceilings.BurstFor(remote, Clock.Now) };
        Span<byte> random = stackalloc byte[RandomBytes];
        RandomNumberGenerator.Fill(random);
        lock (_table.Gate)
        {
            if (!_table.Router.TryAddInitiator(path, random, handle, out var seed))
            {
                if (_spec.IsShared)
                    Context.Parent.Tell(new ClientPortFull(open));
                else
                    open.Fail(new Failure(FailureCause.LimitReached, $"A limit of connections through {_channel.LocalEndPoint} is reached: close some, or raise utp.limits."), Self);
                return;
            }

            AddConnection(handle, seed);
            handle.Actor.Tell(new StartInitiator(handle, open, _loops[0].WindowLimit));
        }
    }

    private bool TryFindPath(UdpEndPoint remote, out UdpPath path, out Failure failure)
    {
        path = new UdpPath(remote, default);
        failure = default;
        var local = UdpEndPoint.From(_channel.LocalEndPoint);
        if (local.IsIPv4 && !remote.IsIPv4)
        {
            failure = new Failure(FailureCause.InvalidAddress, $"{remote} is IPv6, but the port {_channel.LocalEndPoint} is IPv4: bind an IPv6 address.");
            return false;
        }

        // The peer will answer to the address that we send from, so that is the key of the table too.
        if (!_tellsLocalAddress)
            return true;
        if (!RouteProbe.TryFindLocalAddress(remote, out var source, out var error))
        {
            failure = new Failure(FailureCause.Unreachable, $"{remote} cannot be reached: no route leads there ({error!.Message}).", error);
            return false;
        }

        path = new UdpPath(remote, source);
        return true;
    }

    // Any socket of the port may send; what a connection receives comes by the one that the kernel chose for its peer.
    private IDatagramChannel NextChannel() => _spec.Channels[_connections.Count % _spec.Channels.Count];

    private int CeilingOf(UdpEndPoint remote, ConnectionSettings settings) => settings.SearchesPathMtu ? _ceilings.For(remote, Clock.Now) : 0;

    // Under the lock: packets find it only when it is complete, and come behind its first message.
    private void AddConnection(ConnectionHandle handle, ConnectionSeed seed)
    {
        handle.Seed = seed;
        handle.Actor = Context.ActorOf(_connectionProps);
        _connections.Add(handle);
    }

    private void OnConnectionOver(ConnectionHandle handle)
    {
        if (!_connections.Remove(handle))
            return;
        _accepts.OnOver(handle);
        GrantAccepts();
        if (handle.Memory.Reorder is not null)
            _accounts.Leave(AddressKey(handle.Path.Remote));
        StopIfUnused();
    }

    private void StopAccepting()
    {
        _released = true;
        lock (_table.Gate)
            _table.Router.StopStatelessAnswers();
        _acceptHandler = null;
        _outOfBandHandler = null;

        // Nobody has heard of a connection that is not confirmed, and nobody will wait for it: it would hold the port for as long as its answer is repeated.
        foreach (var connection in _connections)
        {
            if (IsUnheard(connection))
                connection.Actor.Tell(DropHalfOpen.Instance, ActorRefs.NoSender);
        }
    }

    private static bool IsUnheard(ConnectionHandle connection) => connection is { IsAccepted: true, IsConnectedTold: false };

    private void StopIfUnused()
    {
        if (_connections.Count > 0)
            return;
        if (!_released)
        {
            // Who opens connections through it says whether one is on its way.
            if (_spec.IsShared)
                Context.Parent.Tell(ClientPortIdle.Instance);
            return;
        }

        _endTold = true;
        Context.Stop(Self);
    }

    private void OnTerminated(IActorRef dead)
    {
        if (dead.Equals(_outOfBandHandler))
            _outOfBandHandler = null;
        if (!dead.Equals(_spec.Bind?.Handler))
            return;

        // As Unbind: nobody is left who would hear of a new connection. Those that nobody has registered for watch nobody by themselves.
        StopAccepting();
        var gone = new OwnerGone(dead);
        foreach (var connection in _connections)
            connection.Actor.Tell(gone);
        StopIfUnused();
    }

    // In turn, some at a time: the others are told when there is still room after these.
    private void OnWritable()
    {
        const int AtOnce = 16;
        for (var i = 0; i < AtOnce && _waitForWritable.TryDequeue(out var handle); i++)
            handle.Actor.Tell(Writable.Instance, ActorRefs.NoSender);
        if (_waitForWritable.TryPeek(out var next))
            next.Channel.RequestWritable();
    }

    private void TellConnections(object message)
    {
        foreach (var connection in _connections)
            connection.Actor.Tell(message);
    }

    private void TellConnections(object message, UdpEndPoint remote)
    {
        foreach (var connection in _connections)
            if (connection.Path.Remote == remote)
                connection.Actor.Tell(message);
    }

    private void OnUnquotedError(UnquotedErrorReport report)
    {
        Interlocked.Exchange(ref _table.UnquotedErrorTold, 0);
        foreach (var connection in _connections)
            if (connection.Path.Remote == report.Remote)
                connection.TellIcmp(new IcmpReport(report.Error, 0, []));
    }

    private void OnChannelFailed(ChannelFailed failed)
    {
        if (_failure is not null)
            return;
        _failure = failed.Cause;
        if (_spec.IsShared)
            Context.Parent.Tell(ClientPortIdle.Instance);
        foreach (var connection in _connections)
            connection.Actor.Tell(failed);
        TellFailed(new ListenerFailed(_channel.LocalEndPoint, $"The socket on {_channel.LocalEndPoint} is gone: {failed.Cause.Message} Bind again.", failed.Cause));
        StopAccepting();
        StopIfUnused();
    }

    private void TellFailed(ListenerFailed failed)
    {
        _endTold = true;
        if (_spec.Bind is not { } bind)
            return;
        _spec.Binder.Tell(failed);
        if (bind.Handler is { } handler && !handler.Equals(_spec.Binder))
            handler.Tell(failed);
    }

    // Once per socket: a slow transfer then has a known cause.
    private void WarnOfSmallBuffers()
    {
        var settings = _spec.Settings;
        if (_spec.Bind?.Socket is null && (_channel.ReceiveBufferBytes < settings.SocketReceiveBufferBytes || _channel.SendBufferBytes < settings.SocketSendBufferBytes))
        {
            SmallBufferWarning.Log(
                Context.GetLogger(), _channel.ReceiveBufferBytes, settings.SocketReceiveBufferBytes, _channel.SendBufferBytes, settings.SocketSendBufferBytes);
        }
    }

    // A port of a single connection needs no thread of its own, and there may be ten thousand of them; shared ones are few.
    private static ReceiveMode ModeOf(ListenerSpec spec)
    {
        if ((spec.Channels[0].Features & DatagramChannelFeatures.BlockingWait) == 0)
            return ReceiveMode.ListenerTurns;
        return spec.Bind is null && !spec.IsShared ? ReceiveMode.ChannelThread : ReceiveMode.OwnThread;
    }

    // Whoever has an IPv6 address has all 2^64 of its subnet.
    private static ulong AddressKey(UdpEndPoint remote) =>
        remote.IsIPv4 ? (ulong)remote.Address * 0x9E37_79B9_7F4A_7C15 : (ulong)(remote.Address >> 64) ^ remote.ScopeId;

    private static SynPath SynPathOf(UdpPath path) => new(path.Remote.Address, path.Remote.Port, path.LocalAddress.Address);

    private sealed class ConnectionProducer(Port port) : IIndirectActorProducer
    {
        public Type ActorType => typeof(UtpConnectionActor);

        public ActorBase Produce() => new UtpConnectionActor(port);

        public void Release(ActorBase actor)
        {
        }
    }
}
