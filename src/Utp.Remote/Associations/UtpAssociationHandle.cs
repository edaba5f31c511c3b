using Akka.Actor;
using Akka.Event;
using Akka.Remote.Transport;
using Utp.Actors;

namespace Utp.Remote;

/// <summary>
/// One association of Akka's, over its lanes. PDUs are written from any thread; what arrives is told to Akka's listener once there is one. It ends when Akka disassociates, when the peer has closed
/// every lane, or when one of them fails.
/// </summary>
internal sealed partial class UtpAssociationHandle : AssociationHandle, ILaneOwner
{
    private static readonly TimeSpan ResumePause = TimeSpan.FromMilliseconds(250);

    private readonly object _gate = new();
    private readonly UtpTransport _transport;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _isInitiator;
    private readonly Func<UtpAssociationHandle, int, Lane>? _createLane;
    private IHandleEventListener? _listener;
    private ICancelable? _timer;
    private volatile bool _closed;
    private bool _disassociatedTold;
    private bool _oversizeLogged;
    private int _lanesThere;
    private int _lanesFinished;
    private int _lanesOver;

    /// <summary>One that this node opens: lane 0 first, the others when it is answered.</summary>
    /// <param name="transport">Whose it is.</param>
    /// <param name="local">As Akka knows this node.</param>
    /// <param name="remote">The peer, as it was asked for.</param>
    /// <param name="token">Of the association.</param>
    /// <param name="createLane">Creates a lane, and does not connect it yet.</param>
    public UtpAssociationHandle(UtpTransport transport, Address local, Address remote, Guid token, Func<UtpAssociationHandle, int, Lane> createLane)
        : this(transport, local, remote, token, LaneLayout.Single, isInitiator: true) => _createLane = createLane;

    /// <summary>One that a peer opens.</summary>
    /// <param name="transport">Whose it is.</param>
    /// <param name="local">As Akka knows this node.</param>
    /// <param name="remote">The peer's socket.</param>
    /// <param name="token">Of the association.</param>
    /// <param name="layout">What is granted.</param>
    public UtpAssociationHandle(UtpTransport transport, Address local, Address remote, Guid token, LaneLayout layout)
        : this(transport, local, remote, token, layout, isInitiator: false) => _ready.SetResult();

    private UtpAssociationHandle(UtpTransport transport, Address local, Address remote, Guid token, LaneLayout layout, bool isInitiator)
        : base(local, remote)
    {
        _transport = transport;
        _isInitiator = isInitiator;
        SetLayout(layout);
        Token = token;
        ReadHandlerSource.Task.ContinueWith(
            static (registered, handle) => ((UtpAssociationHandle)handle!).Start(registered.Result), this,
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
    }

    /// <summary>Known to both ends alone.</summary>
    public Guid Token { get; }

    /// <summary>For the initiator: when the acceptor has answered. Faulted with <see cref="InvalidAssociationException"/> when it does not.</summary>
    public Task WhenReady => _ready.Task;

    /// <summary>When every lane is over.</summary>
    public Task WhenOver => _over.Task;

    /// <summary>Bytes that are written and not acknowledged, over all lanes.</summary>
    public long HeldBytes => _lanes.Sum(static lane => lane?.Queue.HeldBytes ?? 0);

    /// <summary>The same of one lane.</summary>
    public long HeldBytesOf(int lane) => _lanes[lane]?.Queue.HeldBytes ?? 0;

    /// <summary>Whether every lane is open, and can be resumed.</summary>
    public bool HasAllLanes => Array.TrueForAll(_lanes, static lane => lane is { CarriesFrames: true });

    /// <summary>The lanes that both ends have agreed on.</summary>
    public LaneLayout Layout => _layout;

    /// <summary>Opens lane 0.</summary>
    public void Open()
    {
        var lane = _createLane!(this, 0);
        if (Add(lane, 0))
            lane.Connect();
    }

    /// <summary>Takes a lane that a peer opens, unless it has no place here.</summary>
    public bool TryAdd(Lane lane, int index, LaneLayout layout) => !_isInitiator && layout == _layout && index < _layout.Count && Add(lane, index);

    private bool Add(Lane lane, int index)
    {
        lock (_gate)
        {
            if (_closed || _lanes[index] is not null)
                return false;
            lane.Index = index;
            lane.SetLayout(_layout);
            _lanesThere++;
            _lanes[index] = lane;
            if (_listener is not null)
                lane.LetGo();
            return true;
        }
    }

    /// <summary>Resets it when Akka has not registered in time: nobody would ever close it.</summary>
    public void ExpectReadHandler(TimeSpan within) => Arm(within, () =>
    {
        if (!ReadHandlerSource.Task.IsCompleted)
            End("Akka did not register on the association in time.", null, DisassociateInfo.Unknown);
    });

    /// <inheritdoc/>
#pragma warning disable CS0672 // Akka's own callers call it, too.
    public override void Disassociate() => Close();
#pragma warning restore CS0672 // See above.

    /// <summary>Sends what was written, closes, and resets what is not closed in time. Any number of times.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
        }

        if (!_ready.Task.IsCompleted)
        {
            Abort();
            return;
        }

        // The peer's last words are nobody's any more; without this its end would never be read.
        foreach (var lane in _lanes)
        {
            lane?.GoOn();
            lane?.Close();
        }

        Arm(_transport.Settings.FlushTimeout, Abort);
        EndIfLanesMiss();
    }

    /// <summary>Ends at once.</summary>
    public void Abort()
    {
        _closed = true;
        foreach (var lane in _lanes)
            lane?.Abort();
        EndIfLanesMiss();
    }

    void ILaneOwner.OnLaneReady(Lane lane, Hello answer)
    {
        if (answer is { Kind: HelloKind.Accept, Version: Hello.CurrentVersion } && answer.Token == Token && answer.Lane == lane.Index && LaneLayout.TryRead(answer.Lanes, out var layout))
        {
            if (lane.Index == 0)
                OpenOthers(lane, layout);
            return;
        }

        // The acceptor closed before this lane came: what it sent on lane 0 is on its way, and then its end.
        if (lane.Index != 0 && answer.Refusal == HelloRefusal.UnknownAssociation)
        {
            Arm(_transport.Settings.FlushTimeout, () => End("The peer does not know the association any more.", null, DisassociateInfo.Unknown));
            return;
        }

        var why = answer.Version != Hello.CurrentVersion || answer.Refusal == HelloRefusal.Version
            ? $"it speaks version {answer.Version} of the frames of Utp.Remote, and this node version {Hello.CurrentVersion}: run the same release on both"
            : answer.Refusal switch
            {
                HelloRefusal.ShuttingDown => "it is shutting down",
                HelloRefusal.UnknownAssociation => "it does not know the association that the lane belongs to",
                _ => "its answer makes no sense",
            };
        End($"{RemoteAddress} refused the association: {why}.", null, DisassociateInfo.Unknown);
    }

    void ILaneOwner.OnLaneFinished(Lane lane)
    {
        if (Interlocked.Increment(ref _lanesFinished) < Volatile.Read(ref _lanesThere))
        {
            // The peer closes them together; one that does not come is lost.
            Arm(_transport.Settings.FlushTimeout, () => End("The peer closed one of its lanes, and not the others.", null, DisassociateInfo.Unknown));
            return;
        }

        TellDisassociated(DisassociateInfo.Unknown);
        Close();
    }

    void ILaneOwner.OnLaneOver(Lane lane, string? cause, Exception? exception)
    {
        // A lane that the peer has closed may be reset by what we sent on it meanwhile; the others go on to their own end.
        if ((!_closed && !lane.HasAllOfPeer) || !_ready.Task.IsCompleted)
            End(cause ?? "The peer closed the connection.", exception, DisassociateInfo.Unknown);
        if (Interlocked.Increment(ref _lanesOver) >= Volatile.Read(ref _lanesThere))
            SetOver();
    }

    // Under the lane's lock: looks at nothing that needs another one.
    bool ILaneOwner.MayResume(Lane lane) =>
        !_closed && _ready.Task.IsCompletedSuccessfully && Volatile.Read(ref _lanesFinished) == 0 && _transport.Settings.ResumeTimeout > TimeSpan.Zero;

    void ILaneOwner.OnLaneLost(Lane lane, string cause, bool isReset)
    {
        _transport.Log.Info("The association with {Peer} has lost a connection, and resumes it: {Cause} [{UtpEvent}]", RemoteAddress, cause, UtpLogEvents.RemoteConnectionLost);
        Resume(lane, cause);
        if (!isReset)
            return;

        // Whom the peer does not know on one lane it does not know on the others: by these it would hear of it with what is sent next, and until then send into the void.
        foreach (var other in _lanes)
        {
            if (other is not null && other != lane && other.TryLose())
                Resume(other, cause);
        }
    }

    void ILaneOwner.OnResumeFailed(Lane lane, string cause, bool isFinal)
    {
        if (isFinal || _closed)
            lane.EndIfLost(lane.Losses, cause);
        else
            _transport.System.Scheduler.Advanced.ScheduleOnce(ResumePause, () => _transport.Resume(this, lane));
    }

    void ILaneOwner.OnLaneResumed(Lane lane) => _transport.Log.Info("Resumed lane {Lane} of the association with {Peer}. [{UtpEvent}]", lane.Index, RemoteAddress, UtpLogEvents.RemoteLaneResumed);

    /// <summary>The host that TLS asks for when this node opens a connection.</summary>
    public string? HostOfPeer => _isInitiator ? RemoteAddress.Host : null;

    /// <summary>The peer resumes a lane.</summary>
    /// <returns>Why not; <see cref="HelloRefusal.None"/>: it is done.</returns>
    public HelloRefusal TryResume(Lane newcomer, Hello hello, LaneLayout layout)
    {
        if (_closed || layout != _layout || hello.Lane >= _lanes.Length || _lanes[hello.Lane] is not { } lane)
            return HelloRefusal.UnknownAssociation;
        var why = lane.TryAdopt(newcomer, hello.ReceivedBytes, _isInitiator, received => Hello.Resumed(lane.Index, layout, Token, received));
        if (why == HelloRefusal.None)
            ((ILaneOwner)this).OnLaneResumed(lane);
        return why;
    }

    private void Resume(Lane lane, string cause)
    {
        var loss = lane.Losses;
        _transport.System.Scheduler.Advanced.ScheduleOnce(_transport.Settings.ResumeTimeout, () => lane.EndIfLost(loss, cause));
        _transport.Resume(this, lane);
    }

    // Lane 0 is answered: the others are opened, and written to, before anybody writes.
    private void OpenOthers(Lane first, LaneLayout layout)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            SetLayout(layout);
            _lanes[0] = first;
            first.SetLayout(layout);
        }

        for (var index = 1; index < layout.Count; index++)
        {
            var lane = _createLane!(this, index);
            if (!Add(lane, index))
                return;
            lane.Connect();
        }

        _ready.TrySetResult();
    }

    // Akka listens: what has arrived is told, and what follows.
    private void Start(IHandleEventListener listener)
    {
        bool told;
        lock (_gate)
        {
            _listener = listener;
            told = _disassociatedTold;
        }

        if (told)
        {
            listener.Notify(new Disassociated(DisassociateInfo.Unknown));
            return;
        }

        foreach (var lane in _lanes)
            lane?.GoOn();
    }

    private void End(string cause, Exception? exception, DisassociateInfo info)
    {
        lock (_gate)
        {
            if (_closed && _ready.Task.IsCompleted)
                return;
        }

        if (_isInitiator && _ready.TrySetException(new InvalidAssociationException($"Failed to associate with {RemoteAddress}: {cause}", exception)))
            _ = _ready.Task.Exception;
        else
            _transport.Log.Info("The association with {Peer} ended: {Cause} [{UtpEvent}]", RemoteAddress, cause, UtpLogEvents.RemoteAssociationEnded);
        Abort();
        TellDisassociated(info);
    }

    private void TellDisassociated(DisassociateInfo info)
    {
        IHandleEventListener? listener;
        lock (_gate)
        {
            if (_disassociatedTold)
                return;
            _disassociatedTold = true;
            listener = _listener;
        }

        listener?.Notify(new Disassociated(info));
    }

    private void LogOversize(int bytes)
    {
        if (_oversizeLogged)
            return;
        _oversizeLogged = true;
        _transport.Log.Warning(
            "Dropped a frame of {Bytes} bytes from {Peer}: raise maximum-frame-size, {Limit} bytes now, on this node as on the other. The association stays, and further ones are dropped in silence. [{UtpEvent}]",
            bytes, RemoteAddress, _transport.Settings.MaxFrameBytes, UtpLogEvents.RemoteFrameTooLarge);
    }

    private void EndIfLanesMiss()
    {
        if (Array.TrueForAll(_lanes, static lane => lane is null))
            SetOver();
    }

    private void SetOver()
    {
        Disarm();
        TellDisassociated(DisassociateInfo.Unknown);
        _over.TrySetResult();
        _transport.Forget(this);
    }

    private void Arm(TimeSpan after, Action action)
    {
        var timer = new Cancelable(_transport.System.Scheduler.Advanced);
        Interlocked.Exchange(ref _timer, timer)?.Cancel();
        _transport.System.Scheduler.Advanced.ScheduleOnce(after, action, timer);
    }

    private void Disarm() => Interlocked.Exchange(ref _timer, null)?.Cancel();
}
