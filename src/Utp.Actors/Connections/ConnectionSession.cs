using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// One connection between its users and the core: what follows from every input, in which order. It decides nothing but that order; what is to be known or done belongs to the
/// components beside it (design note 37). Which messages are understood when is its actor's. Owned by that actor, which alone calls it.
/// </summary>
internal sealed class ConnectionSession
{
    private readonly UtpConnection _core;
    private readonly PhaseTracker _phases;
    private readonly ConnectionHandle _handle;
    private readonly ConnectionPath _path;
    private readonly ConnectionUsers _users;
    private readonly ConnectionEnd _end;
    private readonly ReadDesk _reading;
    private readonly WriteDesk _writes;
    private readonly Transmission _transmission;
    private readonly ConnectionObservers _observers;
    private readonly ConnectionBeginning _beginning;
    private readonly ConnectionClosing _closing;
    private readonly ConnectionEnding _ending;
    private readonly ConnectionAlarm _alarm;
    private readonly TurnQueue _turns;

    /// <summary>Makes the components in the order of the arrows between them: each knows only those that were made before it.</summary>
    public ConnectionSession(StartConnection start, Port port, PhaseTracker phases, Departure departure, IActorContext context, Instant now)
    {
        var isInitiator = start.Opens is not null;
        var options = start.Options;
        _handle = start.Handle;
        _phases = phases;
        _core = start.MakeCore(options, now);
        _turns = new TurnQueue(context);
        _alarm = new ConnectionAlarm(_handle, port.Deadlines);
        _users = new ConnectionUsers(context, start.Owner, isAcceptor: !isInitiator);
        _end = new ConnectionEnd(_handle, start.Settings.RegisterTimeout);
        _path = new ConnectionPath(_handle, port, _core, start.Settings.SearchesPathMtu, isInitiator);
        _transmission = new Transmission(_handle, port, _core);
        _reading = new ReadDesk(_core, _users, phases, start.PullMode);
        _writes = new WriteDesk(_core, options, context.Self);
        _observers = new ConnectionObservers(
            _core,
            new ConnectionMeter(
                port.Counts, isAcceptor: !isInitiator, new LiveConnection(port.Directory, context.Self, _handle.Path.Remote, () => _path.LocalEndPoint, isAcceptor: !isInitiator)),
            new ConnectionSpans(_handle.Path.Remote, isInitiator, start.TraceContext),
            new ConnectionTracing(port.Records, _handle, _core, _transmission, isInitiator, () => UdpEndPoint.From(_path.LocalEndPoint)),
            new ConnectionLog(port.Log, _handle.Path.Remote, isInitiator));
        var opening = start.Opens is { } open ? new Opening(open, _users, context) : null;
        _beginning = new ConnectionBeginning(
            _handle, port.Listener, _core, _users, _path, _reading, _writes, phases, _observers, opening, start.WaitsForAccept, start.Settings.RegisterTimeout);
        _closing = new ConnectionClosing(_core, _users, _end, _reading, _writes, _beginning, phases, _observers);
        _ending = new ConnectionEnding(_core, _users, _end, _writes, _beginning, _observers, _transmission, _path, phases, _turns, departure, context);
    }

    /// <summary>The peer's address, for the log.</summary>
    public object Remote => _handle.Path.Remote;

    /// <summary>What is told to whoever comes after the end.</summary>
    public Failure EndFailure => Failures.OfEnd(_end.Reason);

    /// <summary>The closing event; null: there is none.</summary>
    public ConnectionClosed? ClosedEvent => _end.Event;

    /// <summary>Counters and gauges.</summary>
    public ConnectionStatistics Statistics => new(_path.RemoteEndPoint, _path.LocalEndPoint, _core.GetStatistics());

    /// <summary>It begins. A <see cref="Drain"/> follows when the message's memory is given back.</summary>
    public void Begin(StartConnection start, Instant now)
    {
        _core.SuggestPathSize(_handle.PathSize);
        _core.SuspendReading();
        _observers.OnBegins();
        switch (start)
        {
            case StartAcceptor { Batch: var batch }:
                _observers.OnBatch(batch);
                _path.LimitWindow(batch.WindowLimit);
                _phases.MoveTo(ConnectionPhase.WaitingForRegister);
                if (batch.Packets.Length > 1)
                    _core.HandleBatch(batch.Packets[1..], now);
                break;
            case StartInitiator initiator:
                _path.LimitWindow(initiator.WindowLimit);
                _phases.MoveTo(ConnectionPhase.SynSent);
                _beginning.OnBegins(initiator.InitialData);
                break;
        }
    }

    /// <summary>A batch of packets arrived.</summary>
    public void OnBatch(InboundBatch batch)
    {
        try
        {
            _path.LimitWindow(batch.WindowLimit);
            _observers.OnBatch(batch);
            _core.HandleBatch(batch.Packets, Clock.Now);
        }
        finally
        {
            batch.Release();
        }

        Drain();
    }

    /// <summary>A deadline has passed.</summary>
    public void OnDeadline()
    {
        var now = Clock.Now;
        if (_beginning.IsOverdue(now))
            _closing.OnUnregistered(now);
        _observers.OnDeadline(now);
        _transmission.OnDeadline(now);
        _core.HandleTimeout(now);

        // What waits behind may carry the acknowledgement that is due now.
        DrainSoon();
    }

    /// <summary>A message of the socket, of the network, or about what was counted and recorded.</summary>
    /// <returns>Whether it was one of these.</returns>
    public bool OnReport(object message, IActorRef sender)
    {
        var now = Clock.Now;
        switch (message)
        {
            case Writable:
                _transmission.OnWritable(now);
                break;
            case IcmpReport report:
                _path.OnIcmp(report, now);
                break;
            case PathErrorReport report:
                _path.OnError(report, now);
                break;
            case ChannelFailed failed:
                _path.OnChannelFailed(failed, now);
                break;
            case SampleNow:
                _observers.OnSampleNow();
                return true;
            default:
                if (!_observers.OnTracing(message, sender))
                    return false;
                break;
        }

        Drain();
        return true;
    }

    /// <summary>The drain that was put behind other messages.</summary>
    public void OnDrainNow()
    {
        _turns.OnCame();
        Drain();
    }

    /// <summary>A write, or a question about room for one; false: it is neither.</summary>
    public bool OnWriting(object message, IActorRef sender)
    {
        if (!_writes.Handle(message, sender, out var taken))
            return false;
        if (taken)
            DrainSoon();
        return true;
    }

    /// <summary>A piece of a file that is being sent has been read.</summary>
    public void OnFilePiece(FilePiece piece)
    {
        var taken = _writes.OnFilePiece(piece);
        _closing.OnFilePiece(Clock.Now);
        if (taken || _end.Command is not null)
            Drain();
        else
            _writes.ResumeIfRoom();
    }

    /// <summary>The handler has asked for this connection.</summary>
    public void OnAcceptGranted()
    {
        if (_end.IsTold)
            return;
        _beginning.OnAcceptGranted();
        Drain();
    }

    /// <summary>The port is given up: what nobody has heard of ends.</summary>
    public void DropHalfOpen()
    {
        if (_beginning.IsTold || _beginning.IsOpening || _end.IsTold)
            return;
        _closing.AbortBoth(Clock.Now);
        Drain();
    }

    /// <summary>The user takes nothing for now.</summary>
    public void OnSuspendReading() => _reading.OnSuspend();

    /// <summary>The user reads again.</summary>
    public void OnResumeReading()
    {
        if (_reading.OnResume(Clock.Now))
            Drain();
    }

    /// <summary>The user reads nothing more.</summary>
    public void StopReading(StopReading command)
    {
        _reading.OnStop(command, Clock.Now);
        Drain();
    }

    /// <summary>The user aborts our direction alone.</summary>
    public void AbortWriting(AbortWriting command)
    {
        if (_closing.OnAbortWriting(command, Clock.Now))
            Drain();
    }

    /// <summary>Somebody registers, who is there.</summary>
    public void OnRegister(Register register)
    {
        var now = Clock.Now;
        _writes.OnRegistered(register.UseResumeWriting);
        _beginning.OnRegisterSettled();
        _users.Register(register.Handler!);
        _phases.MoveTo(ConnectionPhase.Connected);
        _reading.OnRegistered(now);
        _closing.OnRegistered(register.KeepOpenOnPeerClosed, now);
        Drain();
    }

    /// <summary>Of several addresses this one was first.</summary>
    public void OnWon()
    {
        if (!_beginning.IsOpening)
            return;
        _beginning.OnWon(Clock.Now);
        Drain();
    }

    /// <summary>Nobody wants it any more.</summary>
    public void CancelOpening(Failure? cause)
    {
        _beginning.OnCancelled(cause);
        _closing.OnOpeningCancelled(Clock.Now);
        Drain();
    }

    /// <summary>Somebody is gone whom it watches.</summary>
    public void OnTerminated(IActorRef dead)
    {
        if (_beginning.IsFollowedBy(dead))
            CancelOpening(null);
        else if (_users.OnTerminated(dead) && _closing.OnUsersGone(Clock.Now))
            Drain();
    }

    /// <summary>Somebody asks for the end, and hears of it.</summary>
    public void AddCloser(IActorRef closer) => _users.AddCloser(closer);

    /// <summary>A user asks for the end.</summary>
    public void BeginClose(CloseCommand command)
    {
        _closing.OnCommand(command, Clock.Now);
        Drain();
    }

    /// <summary>The system shuts down.</summary>
    public void OnShutdown(bool mayClose)
    {
        _closing.OnShutdown(mayClose, Clock.Now);
        Drain();
    }

    /// <summary>What the mailbox held when the core ended has failed: now everybody hears of the end.</summary>
    public void OnEndMark()
    {
        _ending.TellUsers();
        Drain();
    }

    /// <summary>A defect: everybody hears of it now, and the listener forgets the connection.</summary>
    public void OnCrashed(Exception exception)
    {
        if (!_end.IsTold)
            _ending.EndByForce(new CloseReason(CloseCause.InternalError, Detail: exception.Message), exception);
        _ending.Leave();
    }

    /// <summary>The listener was stopped: its system shuts down, or it failed. Regular ends have told everybody already.</summary>
    public void OnStopped()
    {
        _alarm.Cancel();
        if (!_end.IsTold)
            _ending.EndByForce(new CloseReason(CloseCause.Aborted, Detail: "Its listener was stopped."), null);
        _observers.OnGone();
    }

    /// <summary>What follows from every input, once.</summary>
    public void Drain()
    {
        _path.OnTurnBegins();

        // Events first: what the handler reads opens the window that the acknowledgement advertises.
        DeliverEvents();
        _reading.HoldAcknowledgement();
        if (_transmission.Run())
            _turns.PutOff();

        // What a send met may have ended the connection.
        DeliverEvents();
        _path.TellSize();
        _writes.ResumeIfRoom();
        _observers.OnTurn();
        if (_end.IsTold && (_core.IsTerminated || (_closing.IsShuttingDown && _core.HasSaidAll)))
            _ending.Leave();
        else
            _alarm.Set(NextDeadline, _core.PacedAt);
    }

    private Instant NextDeadline => Instant.Min(
        Instant.Min(_core.NextDeadline, _beginning.RegisterBy), Instant.Min(_transmission.RetryAt, _observers.NextDeadline));

    // After a user's command: at once, or, when more commands wait, after them, so that the writes of one turn leave together.
    private void DrainSoon()
    {
        if (_turns.IsPutOff)
            return;
        if (_turns.HasMore)
            _turns.PutOff();
        else
            Drain();
    }

    private void DeliverEvents()
    {
        while (_core.PollEvent(out var happened))
        {
            switch (happened.Kind)
            {
                case ConnectionEventKind.Connected:
                    _beginning.OnHandshakeDone();
                    break;
                case ConnectionEventKind.Received:
                    _reading.OnReceived(happened);
                    break;
                case ConnectionEventKind.PeerFinished:
                    _closing.OnPeerFinished(happened.Reason, Clock.Now);
                    break;
                case ConnectionEventKind.WritesFailed:
                    _writes.OnPeerStopsReading(happened.Reason);
                    break;
                case ConnectionEventKind.WritesDelivered:
                    _writes.OnDelivered(happened.Count);
                    break;
                case ConnectionEventKind.Closed:
                    _ending.OnClosed(happened.Reason);
                    break;
            }
        }
    }
}
