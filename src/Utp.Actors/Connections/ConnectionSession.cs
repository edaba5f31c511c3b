using System.Diagnostics;
using System.Net;
using Akka.Actor;
using Akka.Event;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// Where a connection stands for its users; the core knows where the protocol stands.
/// <code>
///   Starting ─► SynSent ─► WaitingForRegister ─► Connected ─► FinSent ─► Ending ─► TimeWait ─► Over
///                                                (PeerFin: the same, the peer's direction is closed)
/// </code>
/// </summary>
internal enum ConnectionPhase
{
    /// <summary>Before the first message.</summary>
    Starting,

    /// <summary>Nobody knows it yet but its attempt, if there is one.</summary>
    SynSent,

    /// <summary>Connected has been told; what the peer sends waits inside.</summary>
    WaitingForRegister,

    /// <summary>Somebody has registered.</summary>
    Connected,

    /// <summary>We close, or follow the peer: nothing more can be written, and the core flushes.</summary>
    FinSent,

    /// <summary>The core has ended. What the mailbox held then fails first, so that the closing event is the last message.</summary>
    Ending,

    /// <summary>Everybody knows; late packets are still answered.</summary>
    TimeWait,

    /// <summary>The listener's table has forgotten it; what the mailbox held then is taken leave of.</summary>
    Over,
}

/// <summary>
/// One connection between its users and the core: what follows from every input, once: events to the users, datagrams to the socket, the next deadline. Which messages are understood
/// when is its actor's. Owned by that actor, which alone calls it. What it knows of its users, its end, its writes and of sending is in components of their own; what is left
/// here is one sequence, input → core → drain, so the file is long.
/// </summary>
/// <param name="port">The listener's.</param>
/// <param name="context">The actor's.</param>
internal sealed class ConnectionSession(Port port, IActorContext context)
{
    // An answer to what a handler was given comes within some 10 µs on an idle machine; a peer's round trips may look longer by this, and no more.
    private const long AnswerMicros = 500;

    // Of deadlines that are not paced.
    private const long DeadlineMicros = 1_000;

    // Set by the first message, and never null after it.
    private ConnectionHandle _handle = null!;
    private ConnectionOptions _options = null!;
    private ConnectionUsers _users = null!;
    private ConnectionEnd _end = null!;
    private UtpConnection _core = null!;
    private Transmission _transmission = null!;
    private WriteDesk _writes = null!;
    private ConnectionMeter _meter = null!;
    private ConnectionTracing _tracing = null!;
    private ConnectionSpans _spans = null!;

    // What is being opened, until its commander has heard of it.
    private Opening? _opening;
    private bool _connectedTold;
    private bool _waitsForAccept;
    private CloseCommand? _closeBehindFile;
    private bool _confirmationTold;
    private bool _keepOpenOnPeerClosed;
    private bool _peerFinished;
    private bool _shuttingDown;
    private bool _pullMode;
    private bool _readingSuspended;
    private bool _discardsReceived;
    private bool _mayAnswer;
    private bool _drainPending;
    private bool _searchesPathMtu;
    private TimeSpan _registerTimeout;
    private Instant _registerDeadline = Instant.Never;
    private long _windowLimit;

    /// <summary>Where it stands.</summary>
    public ConnectionPhase Phase { get; private set; }

    /// <summary>Whether it has begun.</summary>
    public bool HasBegun => _handle is not null;

    /// <summary>Whether everybody knows of the end who must.</summary>
    public bool IsEndTold => _end is { IsTold: true };

    /// <summary>The peer's address, for the log.</summary>
    public object? Remote => _handle?.Path.Remote;

    /// <summary>What is told to whoever comes after the end.</summary>
    public Failure EndFailure => Failures.OfEnd(_end.Reason);

    /// <summary>The closing event; null: there is none.</summary>
    public ConnectionClosed? ClosedEvent => _end.Event;

    /// <summary>Counters and gauges.</summary>
    public ConnectionStatistics Statistics => new(RemoteEndPoint, LocalEndPoint, _core.GetStatistics());

    /// <summary>An acceptor begins.</summary>
    public void Start(StartAcceptor start)
    {
        var batch = start.Batch;
        try
        {
            var now = Clock.Now;
            Initialize(start.Handle, start.Settings, start.Handler, start.PullMode, isAcceptor: true, default);
            _searchesPathMtu = start.Settings.SearchesPathMtu;
            _waitsForAccept = start.WaitsForAccept;
            _core = start.IsProved
                ? UtpConnection.AcceptProved(start.Handle.Seed, _options, batch.Packets[0], now, start.Handle.ReorderMemory)
                : UtpConnection.Accept(start.Handle.Seed, _options, batch.Packets[0], now, start.Handle.ReorderMemory);
            OnCoreMade(isAcceptor: true);
            _tracing.OnBatch(batch);
            LimitWindow(batch.WindowLimit);
            Phase = ConnectionPhase.WaitingForRegister;
            if (batch.Packets.Length > 1)
                _core.HandleBatch(batch.Packets[1..], now);
        }
        finally
        {
            batch.Release();
        }

        Drain();
    }

    /// <summary>An initiator begins.</summary>
    public void Start(StartInitiator start)
    {
        var open = start.Open;
        var connect = open.Connect;
        Initialize(start.Handle, open.Settings, open.Commander, connect.PullMode, isAcceptor: false, connect.TraceContext);
        _opening = new Opening(open, _users, context);
        _confirmationTold = true;

        // Of several that are tried only one may carry the user's data.
        var initialData = open.IsRace ? default : connect.InitialData;
        _core = UtpConnection.Connect(start.Handle.Seed, _options, initialData, Clock.Now);
        OnCoreMade(isAcceptor: false);
        LimitWindow(start.WindowLimit);
        if (!initialData.IsEmpty)
            _writes.OnInitialData(_users.Owner);
        Phase = ConnectionPhase.SynSent;
        _opening.Start();
        Drain();
    }

    /// <summary>A batch of packets arrived.</summary>
    public void OnBatch(InboundBatch batch)
    {
        try
        {
            LimitWindow(batch.WindowLimit);
            _tracing.OnBatch(batch);
            _core.HandleBatch(batch.Packets, Clock.Now);
        }
        finally
        {
            batch.Release();
        }

        Drain();
    }

    /// <summary>ICMP says something of it.</summary>
    public void OnIcmp(IcmpReport report)
    {
        _handle.OnIcmpHandled();
        if (report.Error == PathError.TooLarge)
            _core.HandlePacketTooBig(report.PathDatagramBytes, report.Quoted, Clock.Now);
        else
            _core.HandleIcmpError(report.Error, report.Quoted, Clock.Now);
        Drain();
    }

    /// <summary>A deadline has passed.</summary>
    public void OnDeadline()
    {
        var now = Clock.Now;
        if (now >= _registerDeadline)
        {
            _registerDeadline = Instant.Never;
            _end.OnUnregistered();
            AbortCore();
        }

        _meter.OnDeadline(_core, now);
        _tracing.OnDeadline(now);
        _transmission.OnDeadline(now);
        _core.HandleTimeout(now);

        // What waits behind may carry the acknowledgement that is due now.
        DrainSoon();
    }

    /// <summary>A message about its record; false: it is none.</summary>
    public bool OnTracing(object message, IActorRef sender)
    {
        if (!_tracing.Handle(message, sender))
            return false;
        Drain();
        return true;
    }

    /// <summary>Somebody asks what it has counted.</summary>
    public void OnSampleNow() => _meter.OnAsked(_core);

    /// <summary>The drain that <see cref="DrainSoon"/> put behind other messages.</summary>
    public void OnDrainNow()
    {
        _drainPending = false;
        Drain();
    }

    /// <summary>The socket takes datagrams again.</summary>
    public void OnWritable()
    {
        _transmission.OnWritable(Clock.Now);
        Drain();
    }

    /// <summary>Our own system says something of the path.</summary>
    public void OnPathError(PathErrorReport report)
    {
        _core.HandlePathError(report.Error, Clock.Now, report.PathDatagramBytes);
        Drain();
    }

    /// <summary>The socket is gone.</summary>
    public void OnChannelFailed(ChannelFailed failed)
    {
        _core.HandleSocketFailure(failed.Cause.Message, Clock.Now);
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
        if (!_writes.HoldsFile && _closeBehindFile is { } close)
        {
            _closeBehindFile = null;
            CloseAs(close);
        }

        if (taken || _end.Command is not null)
            Drain();
        else
            _writes.ResumeIfRoom();
    }

    /// <summary>The handler has asked for this connection.</summary>
    public void OnAcceptGranted()
    {
        if (_connectedTold || _end.IsTold)
            return;
        TellConnected();
        Drain();
    }

    /// <summary>The port is given up: what nobody has heard of ends.</summary>
    public void DropHalfOpen()
    {
        if (_connectedTold || _opening is not null || _end.IsTold)
            return;
        AbortCore();
        Drain();
    }

    /// <summary>The user takes nothing for now; before somebody has registered that is remembered.</summary>
    public void OnSuspendReading()
    {
        _readingSuspended = true;
        if (Phase != ConnectionPhase.WaitingForRegister)
            _core.SuspendReading();
    }

    /// <summary>The user reads again.</summary>
    public void OnResumeReading()
    {
        _readingSuspended = false;
        if (Phase == ConnectionPhase.WaitingForRegister)
            return;
        _core.ResumeReading(Clock.Now);
        Drain();
    }

    /// <summary>Somebody asks for the end, and hears of it.</summary>
    public void AddCloser(IActorRef closer) => _users.AddCloser(closer);

    /// <summary>The system shuts down: nobody waits for TimeWait when it ends (note 0024).</summary>
    public void OnShutdown(bool mayClose)
    {
        _shuttingDown = true;
        if (mayClose && (_end.Command is null or ConfirmedClose))
            BeginClose(Close.Instance);
        Drain();
    }

    /// <summary>The listener was stopped: its system shuts down, or it failed. Regular ends have told everybody already.</summary>
    public void OnStopped()
    {
        _handle.MoveDeadline(Instant.Never);
        port.Deadlines.Cancel(_handle);
        if (!_end.IsTold)
            EndByForce(new CloseReason(CloseCause.Aborted, Detail: "Its listener was stopped."), null);
        _meter.Leave(_core);
        _tracing?.Leave();
    }

    /// <summary>Somebody registers, who is there.</summary>
    public void OnRegister(Register register)
    {
        _keepOpenOnPeerClosed = register.KeepOpenOnPeerClosed;
        _writes.UsesResumeWriting = register.UseResumeWriting;
        _registerDeadline = Instant.Never;
        _users.Register(register.Handler!);
        Phase = ConnectionPhase.Connected;
        if (!_readingSuspended)
            _core.ResumeReading(Clock.Now);
        if (_peerFinished)
            FollowPeer();
        Drain();
    }

    /// <summary>Of several addresses this one was first.</summary>
    public void OnWon()
    {
        if (_opening is null)
            return;
        var initialData = _opening.InitialData;
        if (!initialData.IsEmpty)
        {
            _core.AddInitialData(initialData, Clock.Now);
            _writes.OnInitialData(_users.Owner);
        }

        TellConnected();
        Drain();
    }

    /// <summary>Nobody wants it any more. One that lost a race is closed, not reset: its peer has done nothing wrong.</summary>
    public void CancelOpening(Failure? cause)
    {
        _opening?.OnCancelled(cause);
        if (_core.State == ConnectionState.SynSent)
            _core.Abort(Clock.Now);
        else
            CloseCore();
        Drain();
    }

    /// <summary>Somebody is gone whom it watches.</summary>
    public void OnTerminated(IActorRef dead)
    {
        if (_opening is not null && _opening.IsFollowedBy(dead))
        {
            CancelOpening(null);
            return;
        }

        if (!_users.OnTerminated(dead))
            return;
        switch (_end.Command)
        {
            case Close:
                // It said all it had to say.
                return;
            case ConfirmedClose:
                // Nobody reads any more.
                CloseCore();
                break;
            default:
                // The peer must not take a stream that was cut off for a finished one.
                AbortCore();
                break;
        }

        Drain();
    }

    /// <summary>A user asks for the end.</summary>
    public void BeginClose(CloseCommand command)
    {
        _spans.OnClosing();
        var counts = _end.OnCommand(command);
        if (counts is not Abort && _writes.HoldsFile)
            _closeBehindFile = counts;
        else
            CloseAs(counts);
        _registerDeadline = Instant.Never;
        Phase = ConnectionPhase.FinSent;
        Drain();
    }

    /// <summary>The user reads nothing more.</summary>
    public void StopReading(StopReading command)
    {
        var now = Clock.Now;
        _discardsReceived = true;
        _core.StopReading(now, command.LeavesUnread, command.Code);
        _core.ResumeReading(now);
        Drain();
    }

    /// <summary>The user aborts our direction alone.</summary>
    public void AbortWriting(AbortWriting command)
    {
        // What is over, or was closed and has left, is not aborted.
        if (_end.Command is Close or Abort)
            return;
        _closeBehindFile = null;
        _writes.OnAborted();
        _core.AbortWrite(Clock.Now, command.Code);
        Drain();
    }

    /// <summary>Tells everybody of the end.</summary>
    public void TellEnd()
    {
        _end.OnTold();
        _users.TellEnd(_end.Event!);
        Phase = ConnectionPhase.TimeWait;
    }

    /// <summary>The core cannot be asked to end any more, or nobody will be there to hear it: everything is told now.</summary>
    public void EndByForce(CloseReason reason, Exception? exception)
    {
        _end.OnEnded(reason);
        TryResetPeer();
        _spans?.OnEnded(reason);
        if (_core is not null)
            _meter.OnEnded(reason.Cause, _core.GetStatistics(), Clock.Now);
        _writes?.OnEnd(reason);
        if (_opening is not null)
            FailOpening(new Failure(FailureCause.InternalError, Failures.SentenceOf(reason), exception));

        if (!_connectedTold)
        {
            _end.OnTold();
            return;
        }

        _end.DescribeForced(reason, exception);
        TellEnd();
    }

    /// <summary>The table forgets it, and the actor stops behind what its mailbox holds.</summary>
    public void LeaveListener()
    {
        _meter.Leave(_core);
        _tracing?.Leave();
        _handle.MoveDeadline(Instant.Never);
        port.Deadlines.Cancel(_handle);
        port.Remove(_handle);
        port.Listener.Tell(new ConnectionOver(_handle));
        if (HasMoreMessages)
        {
            Phase = ConnectionPhase.Over;
            context.Self.Tell(StopConnection.Instance, ActorRefs.NoSender);
        }
        else
        {
            context.Stop(context.Self);
        }
    }

    /// <summary>After a user's command: at once, or, when more commands wait, after them, so that the writes of one turn leave together.</summary>
    public void DrainSoon()
    {
        if (_drainPending)
            return;
        if (HasMoreMessages)
            DrainLater();
        else
            Drain();
    }

    /// <summary>What follows from every input, once.</summary>
    public void Drain()
    {
        if (!_confirmationTold && _core.IsAddressConfirmed)
            OnAddressConfirmed();

        // Events first: what the handler reads opens the window that the acknowledgement advertises.
        DeliverEvents();
        if (_mayAnswer)
        {
            _mayAnswer = false;
            _core.HoldAcknowledgement(Clock.Now.Plus(AnswerMicros));
        }

        Transmit();

        // What a send met may have ended the connection.
        DeliverEvents();
        if (_core.PollPathSize(out var pathSize))
            port.Listener.Tell(new PathSizeReport(_handle.Path.Remote.Address, pathSize), ActorRefs.NoSender);
        _writes.ResumeIfRoom();
        _meter.OnTurn(_core);
        if (_end.IsTold && (_core.IsTerminated || (_shuttingDown && _core.HasSaidAll)))
            LeaveListener();
        else
            ArmDeadline();
    }

    private void Initialize(ConnectionHandle handle, ConnectionSettings settings, IActorRef owner, bool pullMode, bool isAcceptor, ActivityContext trace)
    {
        _handle = handle;
        _users = new ConnectionUsers(context, owner, isAcceptor);
        _meter = new ConnectionMeter(port.Counts, isAcceptor);
        _spans = new ConnectionSpans(handle.Path.Remote, !isAcceptor, trace);
        _end = new ConnectionEnd(handle, settings.RegisterTimeout);
        _registerTimeout = settings.RegisterTimeout;
        _options = settings.For(handle.MtuCeilingBytes, !handle.Path.Remote.IsIPv4);
        _pullMode = _readingSuspended = pullMode;
    }

    private void OnCoreMade(bool isAcceptor)
    {
        _core.SuggestPathSize(_handle.PathSize);
        _core.SuspendReading();
        _transmission = new Transmission(_handle, port, _core);
        _writes = new WriteDesk(_core, _options, context.Self);
        _tracing = new ConnectionTracing(port.Records, _handle, _core, _transmission, !isAcceptor, () => UdpEndPoint.From(LocalEndPoint));
        _tracing.Begin();
    }

    private IPEndPoint RemoteEndPoint => _handle.Path.Remote.ToIPEndPoint();

    private IPEndPoint LocalEndPoint
    {
        get
        {
            // A driver that does not tell which address was asked cannot choose the one to answer from either: the system does, by its routes.
            var bound = port.LocalEndPoint;
            var local = _handle.Path.LocalAddress;
            if (local == default && UdpEndPoint.From(bound).IsAny && RouteProbe.TryFindLocalAddress(_handle.Path.Remote, out var source, out _))
                local = source;
            return local == default ? bound : new IPEndPoint(local.ToIPAddress(), bound.Port);
        }
    }

    // The window follows what the socket's buffer can hold; told with each batch, applied when it changes.
    private void LimitWindow(long bytes)
    {
        if (bytes == _windowLimit)
            return;
        _windowLimit = bytes;
        _core.LimitReceiveWindow(bytes);
    }

    private void OnConnected()
    {
        if (_opening is { IsRace: true })
            _opening.TellReady();
        else if (_waitsForAccept)
            port.Listener.Tell(new AcceptWaits(_handle), ActorRefs.NoSender);
        else
            TellConnected();
    }

    private void TellConnected()
    {
        _connectedTold = true;
        _handle.IsConnectedTold = true;

        // The peer's first packet waits until the user has registered, and may be answered then.
        _mayAnswer = true;
        _users.Owner.Tell(new Connected(RemoteEndPoint, LocalEndPoint) { PeerCapabilities = _core.PeerCapabilities });
        if (_opening is not null)
        {
            _opening.Succeed();
            _opening = null;
            Phase = ConnectionPhase.WaitingForRegister;
        }

        var now = Clock.Now;
        _meter.OnOpened(now);
        _spans.OnOpened();
        if (_registerTimeout > TimeSpan.Zero)
            _registerDeadline = now.Plus(_registerTimeout.Micros());
    }

    private void OnPeerFinished(CloseReason reason)
    {
        _peerFinished = true;
        _spans.OnClosing();
        _end.OnPeerFinished(reason);
        if (_users.Handler is not null && (_end.Command is null || (_keepOpenOnPeerClosed && _end.Command is ConfirmedClose)))
            FollowPeer();
    }

    // As Akka.IO.Tcp does: tell and stay open, or flush and close too.
    private void FollowPeer()
    {
        if (_keepOpenOnPeerClosed)
        {
            _users.Handler!.Tell(new PeerClosed(_end.PeerReason) { Statistics = _core.GetStatistics() });
            return;
        }

        Phase = ConnectionPhase.FinSent;
        _core.Close(Clock.Now);
    }

    private bool HasMoreMessages => ((ActorCell)context).HasMessages;

    private void DrainLater()
    {
        _drainPending = true;
        context.Self.Tell(DrainNow.Instance, ActorRefs.NoSender);
    }

    private void OnAddressConfirmed()
    {
        _confirmationTold = true;
        port.OnConfirmed(_handle);
        _handle.BurstBytes = port.Ceilings.BurstFor(_handle.Path.Remote, Clock.Now);
        if (_searchesPathMtu && port.Ceilings.For(_handle.Path.Remote, Clock.Now) is > 0 and var ceiling)
            _core.SetMtuCeiling(ceiling);
    }

    private void DeliverEvents()
    {
        while (_core.PollEvent(out var happened))
        {
            switch (happened.Kind)
            {
                case ConnectionEventKind.Connected:
                    OnConnected();
                    break;
                case ConnectionEventKind.Received:
                    OnReceived(happened);
                    break;
                case ConnectionEventKind.PeerFinished:
                    OnPeerFinished(happened.Reason);
                    break;
                case ConnectionEventKind.WritesFailed:
                    _writes.OnPeerStopsReading(happened.Reason);
                    break;
                case ConnectionEventKind.WritesDelivered:
                    _writes.OnDelivered(happened.Count);
                    break;
                case ConnectionEventKind.Closed:
                    OnClosed(happened.Reason);
                    break;
            }
        }
    }

    private void OnReceived(in ConnectionEvent received)
    {
        if (_discardsReceived)
            return;
        _mayAnswer = true;
        _users.Handler?.Tell(new Received(received.Data, received.Metadata) { Pool = DeliveryPool.Instance });
        if (_pullMode)
        {
            _readingSuspended = true;
            _core.SuspendReading();
        }
    }

    private void Transmit()
    {
        if (_transmission.Run() && !_drainPending)
            DrainLater();
    }

    // One deadline at a time: a late or spurious expiry is harmless. What is not paced waits for the end of its millisecond, so that the deadlines of many connections
    // wake the clock once (design note 10).
    private void ArmDeadline()
    {
        var next = Instant.Min(Instant.Min(_core.NextDeadline, _registerDeadline), Instant.Min(_transmission.RetryAt, Instant.Min(_meter.SampleAt, _tracing.FlushAt)));
        next = Instant.Min(next.RoundedUp(DeadlineMicros), Instant.Max(next, _core.PacedAt));
        if (_handle.MoveDeadline(next))
            port.Deadlines.Arm(_handle, next);
    }

    private void CloseAs(CloseCommand command)
    {
        switch (command)
        {
            case Close close:
                CloseCore(close.Code);
                break;
            case ConfirmedClose confirmed:
                _core.CloseWrite(Clock.Now, confirmed.Code);
                break;
            case Abort abort:
                AbortCore(abort.Code);
                break;
        }
    }

    // Reading is resumed, so that data which nobody will read does not hold the end back.
    private void CloseCore(ushort? code = null)
    {
        var now = Clock.Now;
        _discardsReceived = true;
        _core.Close(now, code);
        _core.ResumeReading(now);
    }

    private void AbortCore(ushort? code = null)
    {
        var now = Clock.Now;
        _discardsReceived = true;
        _core.Abort(now, code);
        _core.ResumeReading(now);
    }

    private void OnClosed(CloseReason reason)
    {
        _end.OnEnded(reason);
        _registerDeadline = Instant.Never;
        _writes.OnEnd(reason);
        if (_opening is not null)
            FailOpening(_opening.CancelledBy ?? Failures.OfConnect(RemoteEndPoint, reason));

        if (!_connectedTold)
        {
            // Nobody else has heard of it.
            _spans.OnEnded(reason);
            _meter.OnEnded(reason.Cause, _core.GetStatistics(), Clock.Now);
            _end.OnTold();
            Phase = ConnectionPhase.TimeWait;
            return;
        }

        var statistics = _core.GetStatistics();
        _end.Describe(reason, statistics);
        _spans.OnEnded(_end.Event!.Reason);
        _meter.OnEnded(_end.Event.Reason.Cause, statistics, Clock.Now);
        if (HasMoreMessages)
        {
            Phase = ConnectionPhase.Ending;
            context.Self.Tell(EndMark.Instance, ActorRefs.NoSender);
        }
        else
        {
            TellEnd();
        }
    }

    // When even this fails, the listener answers the peer's next packet with ST_RESET: its table does not know us any more.
    private void TryResetPeer()
    {
        try
        {
            if (_core is null)
                return;
            _core.Abort(Clock.Now);
            Transmit();
        }
#pragma warning disable CA1031 // The core may be what is broken.
        catch (Exception e)
#pragma warning restore CA1031 // See above.
        {
            context.GetLogger().Debug("No ST_RESET for {0}: {1}", _handle.Path.Remote, e.Message);
        }
    }

    private void FailOpening(in Failure failure)
    {
        _opening!.Fail(failure);
        _opening = null;
    }
}
