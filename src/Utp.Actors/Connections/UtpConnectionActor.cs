using System.Net;
using Akka.Actor;
using Akka.Event;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// One connection: translates between its users' messages, its listener's batches, and the core, which decides everything that concerns the protocol. Sends
/// its own datagrams on the listener's socket, from its own thread. Never restarted: its sequence state would be gone.
/// </summary>
internal sealed partial class UtpConnectionActor(Port port) : UntypedActor
{
    private readonly Port _port = port;

    // Set by the first message, and never null after it.
    private ConnectionHandle _handle = null!;
    private ConnectionOptions _options = null!;
    private UtpConnection _core = null!;
    private Transmission _transmission = null!;
    private WriteDesk _writes = null!;

    // Who hears what happens: the owner until somebody registers.
    private IActorRef _owner = ActorRefs.Nobody;
    private IActorRef? _handler;

    // What is being opened, until its commander has heard of it.
    private OpenConnection? _open;
    private bool _isAcceptor;
    private bool _keepOpenOnPeerClosed;
    private bool _pullMode;
    private bool _readingSuspended;

    private TimeSpan _registerTimeout;
    private Instant _registerDeadline = Instant.Never;
    private long _windowLimit;
    private bool _drainPending;
    private bool _mayAnswer;
    private bool _confirmationTold;
    private bool _searchesPathMtu;

    /// <summary>Before the first message.</summary>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case StartAcceptor start:
                Start(start);
                break;
            case StartInitiator start:
                Start(start);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>
    /// A defect must not lose what the mailbox holds (memory), nor leave anybody waiting, so the connection is not left to its supervisor at once: it tells
    /// its users, resets the peer, and lets the listener end it.
    /// </summary>
    protected override bool AroundReceive(Receive receive, object message)
    {
        try
        {
            return base.AroundReceive(receive, message);
        }
#pragma warning disable CA1031 // Whatever was thrown, this connection alone must end.
        catch (Exception e)
#pragma warning restore CA1031 // See above.
        {
            Crash(e);
            return true;
        }
    }

    /// <summary>Regular ends have told everybody already. Here the listener was stopped: its system shuts down, or it failed.</summary>
    protected override void PostStop()
    {
        if (_handle is null)
            return;
        _handle.MoveDeadline(Instant.Never);
        _port.Deadlines.Cancel(_handle);
        if (!_endTold)
            EndByForce(new CloseReason(CloseCause.Aborted, Detail: "Its listener was stopped."), null);
    }

    private void Start(StartAcceptor start)
    {
        var batch = start.Batch;
        try
        {
            var now = Clock.Now;
            Initialize(start.Handle, start.Settings, start.Handler, start.PullMode);
            _isAcceptor = true;
            _searchesPathMtu = start.Settings.SearchesPathMtu;
            _core = start.IsProved
                ? UtpConnection.AcceptProved(start.Handle.Seed, _options, batch.Packets[0], now, start.Handle.ReorderMemory)
                : UtpConnection.Accept(start.Handle.Seed, _options, batch.Packets[0], now, start.Handle.ReorderMemory);
            OnCoreMade();
            LimitWindow(batch.WindowLimit);
            Become(WaitingForRegister);
            if (batch.Packets.Length > 1)
                _core.HandleBatch(batch.Packets[1..], now);
        }
        finally
        {
            batch.Release();
        }

        Drain();
    }

    private void Start(StartInitiator start)
    {
        var open = start.Open;
        var connect = open.Connect;
        _open = open;
        Initialize(start.Handle, open.Settings, open.Commander, connect.PullMode);
        _confirmationTold = true;

        // Of several that are tried only one may carry the user's data.
        var initialData = open.IsRace ? default : connect.InitialData;
        _core = UtpConnection.Connect(start.Handle.Seed, _options, initialData, Clock.Now);
        OnCoreMade();
        LimitWindow(start.WindowLimit);
        if (!initialData.IsEmpty)
            _writes.OnInitialData(_owner);
        Become(SynSent);
        if (open.Attempt is null)
            Context.Watch(_owner);
        else
            open.Attempt.Tell(new OpenStarted(open.Try, Self));

        // When another one has won, nobody may be there any more who could say so.
        if (open.IsRace)
            Context.Watch(open.Attempt);
        Drain();
    }

    private void Initialize(ConnectionHandle handle, ConnectionSettings settings, IActorRef owner, bool pullMode)
    {
        _handle = handle;
        _options = settings.For(handle.MtuCeilingBytes, !handle.Path.Remote.IsIPv4);
        _registerTimeout = settings.RegisterTimeout;
        _owner = owner;
        _pullMode = _readingSuspended = pullMode;
    }

    private void OnCoreMade()
    {
        _core.SuggestPathSize(_handle.PathSize);
        _core.SuspendReading();
        _transmission = new Transmission(_handle, _port, _core);
        _writes = new WriteDesk(_core, _options, Self);
    }

    private IPEndPoint RemoteEndPoint => _handle.Path.Remote.ToIPEndPoint();

    private IPEndPoint LocalEndPoint
    {
        get
        {
            // A driver that does not tell which address was asked cannot choose the one to answer from either: the system does, by its routes.
            var bound = _port.LocalEndPoint;
            var local = _handle.Path.LocalAddress;
            if (local == default && UdpEndPoint.From(bound).IsAny && RouteProbe.TryFindLocalAddress(_handle.Path.Remote, out var source, out _))
                local = source;
            return local == default ? bound : new IPEndPoint(local.ToIPAddress(), bound.Port);
        }
    }

    /// <summary>What every behaviour understands: the network, time, and questions.</summary>
    /// <returns>Whether it was one of these.</returns>
    private bool OnCommon(object message)
    {
        switch (message)
        {
            case InboundBatch batch:
                OnBatch(batch);
                break;
            case DrainNow:
                _drainPending = false;
                Drain();
                break;
            case DeadlineExpired:
                OnDeadline();
                break;
            case Writable:
                _transmission.OnWritable(Clock.Now);
                Drain();
                break;
            case PathErrorReport report:
                _core.HandlePathError(report.Error, Clock.Now, report.PathDatagramBytes);
                Drain();
                break;
            case IcmpReport report:
                OnIcmp(report);
                break;
            case ChannelFailed failed:
                _core.HandleSocketFailure(failed.Cause.Message, Clock.Now);
                Drain();
                break;
            case GetStatistics:
                Sender.Tell(new ConnectionStatistics(RemoteEndPoint, LocalEndPoint, _core.GetStatistics()));
                break;
            case Terminated terminated:
                OnTerminated(terminated.ActorRef);
                break;
            case OwnerGone gone:
                OnTerminated(gone.Owner);
                break;
            default:
                return false;
        }

        return true;
    }

    private void OnBatch(InboundBatch batch)
    {
        try
        {
            LimitWindow(batch.WindowLimit);
            _core.HandleBatch(batch.Packets, Clock.Now);
        }
        finally
        {
            batch.Release();
        }

        Drain();
    }

    private void OnIcmp(IcmpReport report)
    {
        _handle.OnIcmpHandled();
        if (report.Error == PathError.TooLarge)
            _core.HandlePacketTooBig(report.PathDatagramBytes, report.Quoted, Clock.Now);
        else
            _core.HandleIcmpError(report.Error, report.Quoted, Clock.Now);
        Drain();
    }

    private void OnDeadline()
    {
        var now = Clock.Now;
        if (now >= _registerDeadline)
        {
            _registerDeadline = Instant.Never;
            _unregisteredTooLong = true;
            AbortCore();
        }

        _transmission.OnDeadline(now);
        _core.HandleTimeout(now);

        // What waits behind may carry the acknowledgement that is due now.
        DrainSoon();
    }

    // The window follows what the socket's buffer can hold; told with each batch, applied when it changes.
    private void LimitWindow(long bytes)
    {
        if (bytes == _windowLimit)
            return;
        _windowLimit = bytes;
        _core.LimitReceiveWindow(bytes);
    }

    private void Unexpected(object message)
    {
        if (message is UtpCommand command)
            Fail(command, Failures.NotUnderstood(command, "a connection"));
        else
            Unhandled(message);
    }

    private void Fail(UtpCommand command, in Failure failure) =>
        Sender.Tell(new CommandFailed(command, failure.Cause, failure.Message, failure.Exception));

    private void Crash(Exception exception)
    {
        Context.GetLogger().Error(exception, "uTP connection with {0} failed and is closed; others are not affected", _handle?.Path.Remote);
        if (_handle is null)
        {
            Context.Stop(Self);
            return;
        }

        if (!_endTold)
            EndByForce(new CloseReason(CloseCause.InternalError, Detail: exception.Message), exception);
        LeaveListener();
    }

    /// <summary>Tells the manager of everything's mailbox that this turn's writes are to leave.</summary>
    private sealed class DrainNow : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly DrainNow Instance = new();
    }
}
