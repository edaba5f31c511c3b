using System.Net;
using System.Net.Sockets;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>What <c>system.Utp()</c> gives: opens ports for <see cref="Bind"/>, and for the attempts of <see cref="Connect"/>; parent of both.</summary>
internal sealed class UtpManager : UntypedActor
{
    private readonly UtpSettings _settings;
    private readonly DeadlineClock _deadlines;

    // Of connects that ask for nothing else.
    private readonly ConnectionSettings _plain;
    private readonly ChannelOpener _channels;
    private readonly Resolve _resolve =
        Context.System.Settings.Setup.Get<UtpResolverSetup>() is { HasValue: true } setup ? setup.Value.Resolve : Dns.GetHostAddressesAsync;

    // Single outgoing connections share their receive memory; a bound listener has its own.
    private readonly ReceiveMemory _sharedMemory;
    private readonly UtpCounts _counts;
    private readonly RecordWriter _records;
    private readonly Action<string> _warn;
    private readonly List<IActorRef> _flushAskers = [];

    // Of every listener that is told by one what to open.
    private readonly Dictionary<IActorRef, OpenQueue> _doors = [];
    private readonly ClientPorts _clientPorts;
    private int _children;
    private bool _shuttingDown;

    public UtpManager(UtpSettings settings, DeadlineClock deadlines)
    {
        _settings = settings;
        _deadlines = deadlines;
        _plain = ConnectionSettings.Create(settings, null);
        _channels = new ChannelOpener(settings, Context.System);
        var log = Logging.GetLogger(Context.System, "utp");
        _warn = sentence => log.Warning("{Limit} [{UtpEvent}]", sentence, UtpLogEvents.MemoryLimit);
        settings.ReorderWatch.Log = settings.UnreadWatch.Log = _warn;
        _sharedMemory = new ReceiveMemory(settings.ReceiveMemoryBytes, _warn);
        _counts = new UtpCounts(settings, _sharedMemory);
        _clientPorts = new ClientPorts(OpenClientPort, Self);
        _records = new RecordWriter(settings.Trace, sentence => log.Warning("{Sentence} [{UtpEvent}]", sentence, UtpLogEvents.RecordFailed));
    }

    protected override SupervisorStrategy SupervisorStrategy() => StoppingStrategy.Instance;

    protected override void PreStart()
    {
        MeterSources.Add(_counts);
        UtpMeter.Publish();
    }

    protected override void PostStop()
    {
        _records.Stop();
        MeterSources.Remove(_counts);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Bind bind:
                OnBind(bind);
                break;
            case Connect connect:
                OnConnect(connect);
                break;
            case OpenPort open:
                Open(open.LocalAddress, dualMode: true, open.Socket, open);
                break;
            case OpenConnection open:
                OpenShared(open);
                break;
            case ClientPortIdle:
                _clientPorts.GiveUp(Sender);
                break;
            case ClientPortFull full:
                _clientPorts.GiveUp(Sender);
                OpenShared(full.Open);
                break;
            case PortOpened opened:
                OnOpened(opened);
                break;
            case Terminated terminated:
                OnTerminated(terminated.ActorRef);
                break;
            case GetStatistics:
                OnGetStatistics();
                break;
            case ListConnections:
                OnListConnections();
                break;
            case ShutdownUnbind:
                _shuttingDown = true;
                TellChildren(message);
                Sender.Tell(Done.Instance);
                break;
            case ShutdownFlush:
                _shuttingDown = true;
                _flushAskers.Add(Sender);
                TellChildren(message);
                AnswerFlush();
                break;
            case UtpCommand command:
                Fail(Sender, command, Failures.NotUnderstood(command, "the manager"));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnGetStatistics()
    {
        if (_counts.OnAsked())
            TellChildren(SampleNow.Instance);
        Sender.Tell(_counts.Statistics);
    }

    private void OnListConnections()
    {
        // Without either no connection would keep a summary.
        if (_counts.OnAsked() | _counts.Directory.OnAsked())
            TellChildren(SampleNow.Instance);
        Sender.Tell(_counts.Directory.List());
    }

    private void OnBind(Bind bind)
    {
        if (_shuttingDown)
        {
            Reject(bind, bind.Socket, Failures.ShuttingDown);
            return;
        }

        if (bind.LocalAddress is not IPEndPoint local)
        {
            Reject(bind, bind.Socket, new Failure(FailureCause.InvalidAddress, $"{bind.LocalAddress} cannot be bound: give an IPEndPoint."));
            return;
        }

        try
        {
            var accepted = ConnectionSettings.Create(_settings, bind.Options);
            var limits = LimitSettings.Create(_settings, bind);
            Open(local, bind.DualMode, bind.Socket, new BindRequest(bind, Sender, accepted, limits));
        }
        catch (ConfigurationException e)
        {
            Reject(bind, bind.Socket, new Failure(FailureCause.InvalidOption, e.Message, e));
        }
    }

    private void OnConnect(Connect connect)
    {
        if (_shuttingDown)
        {
            Reject(connect, connect.Socket, Failures.ShuttingDown);
            return;
        }

        if (ConnectAttempt.Check(_settings, connect) is { } failure)
        {
            Reject(connect, connect.Socket, failure);
            return;
        }

        var commander = Sender;
        if (TryOpenThrough(connect, commander))
            return;
        Adopt(Context.ActorOf(Props.CreateBy(new AttemptProducer(_settings, _plain, connect, commander, Self, _resolve)).WithDispatcher(_settings.Dispatcher)));
    }

    // The common case needs nobody who follows it: one address, through a port that is there. What else an attempt does the connection does by itself.
    private bool TryOpenThrough(Connect connect, IActorRef commander)
    {
        if (connect is not { RemoteAddress: IPEndPoint remote, Cancellation.CanBeCanceled: false })
            return false;
        OpenQueue? door = null;
        if (connect.Listener is null ? !ConnectAttempt.UsesSharedPort(_settings, connect) : !_doors.TryGetValue(connect.Listener, out door))
            return false;
        var connection = ConnectAttempt.IsPlain(connect) ? _plain : ConnectionSettings.Create(_settings, connect.Options, connect.Timeout);
        var open = new OpenConnection(connect, ConnectAttempt.Unmapped(remote), connection, commander, Self);
        if (door is null)
            _clientPorts.Open(open);
        else
            door.Add(open, connect.Listener);
        return true;
    }

    private void OpenShared(OpenConnection open)
    {
        if (_shuttingDown)
            open.Fail(Failures.ShuttingDown, Self);
        else
            _clientPorts.Open(open);
    }

    private void OpenClientPort(AddressFamily family) =>
        Open(new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0), dualMode: true, null, new ClientPortRequest(family));

    private void OnTerminated(IActorRef dead)
    {
        _children--;
        if (_doors.Remove(dead, out var door))
        {
            while (door.TryTake(out var open))
                open.Fail(open.Connect.Listener is null ? Failures.OfClientPort(open.Remote) : Failures.NotListening, Self);
        }

        AnswerFlush();
    }

    private void Open(IPEndPoint local, bool dualMode, Socket? socket, object request)
    {
        var sender = Sender;
        var opening = _channels.OpenAsync(local, dualMode, socket);
        if (opening.IsCompleted)
            OnOpened(new PortOpened(request, sender, local, opening));
        else
            opening.ContinueWith(done => new PortOpened(request, sender, local, done), TaskScheduler.Default).PipeTo(Self);
    }

    private void OnOpened(PortOpened opened)
    {
        if (!opened.Channel.IsCompletedSuccessfully)
        {
            FailPort(opened, Failures.OfBind(opened.LocalAddress, opened.Channel.Exception!.InnerException!));
            return;
        }

        var channel = opened.Channel.Result;
        if (_shuttingDown)
        {
            channel.Dispose();
            FailPort(opened, Failures.ShuttingDown);
            return;
        }

        IReadOnlyList<IDatagramChannel> others = [];
        IDatagramChannel? syns = null;
        if (opened.Request is BindRequest bound)
        {
            try
            {
                others = _channels.OpenOthers(channel, bound.Bind.DualMode, out syns);
            }
            catch (SocketException e)
            {
                channel.Dispose();
                Fail(bound.Binder, bound.Bind, Failures.OfBind(opened.LocalAddress, e));
                return;
            }
        }

        var spec = opened.Request switch
        {
            BindRequest request => new ListenerSpec(
                [channel, .. others], syns, _deadlines, new ReceiveMemory(_settings.ReceiveMemoryBytes, _warn), _settings, request.Limits, request.Accepted, request.Bind, request.Binder,
                new OpenQueue(), _counts, _records),
            ClientPortRequest request => new ListenerSpec(
                [channel], null, _deadlines, _sharedMemory, _settings, ClientPortLimits, _plain, null, ActorRefs.Nobody, _clientPorts.DoorOf(request.Family), _counts, _records, IsShared: true),
            _ => new ListenerSpec([channel], null, _deadlines, _sharedMemory, _settings, _settings.Limits, _plain, null, opened.Sender, new OpenQueue(), _counts, _records),
        };
        var listener = Context.ActorOf(Props.CreateBy(new ListenerProducer(spec)).WithDispatcher(_settings.Dispatcher));
        Adopt(listener);
        if (opened.Request is not OpenPort)
            _doors.Add(listener, spec.Door);
        if (opened.Request is ClientPortRequest shared)
            _clientPorts.OnOpened(shared.Family, listener);
    }

    // Nobody but us opens connections through it.
    private EndpointLimits ClientPortLimits => _settings.Limits with { MaxConnections = ClientPorts.MaxConnections, MaxConnectionsPerAddress = ClientPorts.MaxConnections };

    private void FailPort(PortOpened opened, in Failure failure)
    {
        switch (opened.Request)
        {
            case BindRequest request:
                Fail(request.Binder, request.Bind, failure);
                break;
            case ClientPortRequest request:
                _clientPorts.OnFailed(request.Family, failure);
                break;
            default:
                opened.Sender.Tell(new OpenFailed(0, failure));
                break;
        }
    }

    private void Adopt(IActorRef child)
    {
        _children++;
        Context.Watch(child);
    }

    private static void TellChildren(object message)
    {
        foreach (var child in Context.GetChildren())
            child.Tell(message);
    }

    private void AnswerFlush()
    {
        if (_children > 0)
            return;
        foreach (var asker in _flushAskers)
            asker.Tell(Done.Instance);
        _flushAskers.Clear();
    }

    private void Reject(UtpCommand command, Socket? socket, in Failure failure)
    {
        socket?.Dispose();
        Fail(Sender, command, failure);
    }

    private static void Fail(IActorRef commander, UtpCommand command, in Failure failure) =>
        commander.Tell(new CommandFailed(command, failure.Cause, failure.Message, failure.Exception));

    private sealed record BindRequest(Bind Bind, IActorRef Binder, ConnectionSettings Accepted, EndpointLimits Limits);

    private sealed record ClientPortRequest(AddressFamily Family);

    private sealed record PortOpened(object Request, IActorRef Sender, IPEndPoint LocalAddress, Task<IDatagramChannel> Channel) : INoSerializationVerificationNeeded;

    private sealed class ListenerProducer(ListenerSpec spec) : IIndirectActorProducer
    {
        public Type ActorType => typeof(UtpListener);

        public ActorBase Produce() => new UtpListener(spec);

        public void Release(ActorBase actor)
        {
        }
    }

    private sealed class AttemptProducer(UtpSettings settings, ConnectionSettings plain, Connect connect, IActorRef commander, IActorRef manager, Resolve resolve) : IIndirectActorProducer
    {
        public Type ActorType => typeof(ConnectAttempt);

        public ActorBase Produce() => new ConnectAttempt(settings, plain, connect, commander, manager, resolve);

        public void Release(ActorBase actor)
        {
        }
    }
}
