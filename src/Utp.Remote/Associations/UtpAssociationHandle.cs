using Akka.Actor;
using Akka.Event;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace Utp.Remote;

/// <summary>
/// One association of Akka's, over its lanes. PDUs are written from any thread; what arrives is told to Akka's listener once there is one. It ends when Akka disassociates, when the peer has closed
/// every lane, or when one of them fails.
/// </summary>
internal sealed class UtpAssociationHandle : AssociationHandle, ILaneOwner
{
    private readonly object _gate = new();
    private readonly UtpTransport _transport;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lane?[] _lanes;
    private readonly bool _isInitiator;
    private IHandleEventListener? _listener;
    private ICancelable? _timer;
    private volatile bool _closed;
    private bool _disassociatedTold;
    private bool _oversizeLogged;
    private int _lanesFinished;
    private int _lanesOver;

    /// <summary>Without lanes yet.</summary>
    /// <param name="transport">Whose it is.</param>
    /// <param name="local">As Akka knows this node.</param>
    /// <param name="remote">The peer: what was asked for, or its socket's address.</param>
    /// <param name="token">Of the association.</param>
    /// <param name="lanes">How many lanes.</param>
    /// <param name="isInitiator">Whether this node opens them.</param>
    public UtpAssociationHandle(UtpTransport transport, Address local, Address remote, Guid token, int lanes, bool isInitiator)
        : base(local, remote)
    {
        _transport = transport;
        _lanes = new Lane?[lanes];
        _isInitiator = isInitiator;
        Token = token;
        if (!isInitiator)
            _ready.SetResult();
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

    /// <summary>A lane that was opened, or accepted.</summary>
    public void Add(Lane lane)
    {
        lane.SetLanes(_lanes.Length);
        lock (_gate)
            _lanes[lane.Index] = lane;
    }

    /// <summary>Resets it when Akka has not registered in time: nobody would ever close it.</summary>
    public void ExpectReadHandler(TimeSpan within) => Arm(within, () =>
    {
        if (!ReadHandlerSource.Task.IsCompleted)
            End("Akka did not register on the association in time.", null, DisassociateInfo.Unknown);
    });

    /// <inheritdoc/>
    public override bool Write(ByteString payload)
    {
        if (_closed || _lanes[0] is not { } lane)
            return false;
        if (payload.Length > _transport.Settings.MaxFrameBytes + Lane.FrameSlackBytes)
        {
            // Akka checks before it wraps; what comes here came past it.
            _transport.Log.Error("Dropped a PDU of {0} bytes to {1}: raise maximum-frame-size, {2} bytes now, on both nodes. The association stays.", payload.Length, RemoteAddress, _transport.Settings.MaxFrameBytes);
            return true;
        }

        var mayRefuse = PduView.TryParse(payload.Span, out var view) && view.MayWait;
        if (!lane.TryWrite(payload, default, mayRefuse))
            return false;
        if (_transport.Settings.LogTransport)
            _transport.Log.Debug("{0} bytes to {1}, lane {2}", payload.Length, RemoteAddress, lane.Index);
        return true;
    }

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
        if (answer is { Kind: HelloKind.Accept, Version: Hello.CurrentVersion } && answer.Token == Token && answer.Lane == lane.Index)
        {
            _ready.TrySetResult();
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

    bool ILaneOwner.OnFrame(Lane lane, in Frame frame)
    {
        if (_closed)
            return true;
        if (frame.Pdu is null)
        {
            LogOversize(frame.Bytes);
            return true;
        }

        if (_transport.Settings.LogTransport)
            _transport.Log.Debug("{0} bytes from {1}, lane {2}", frame.Bytes, RemoteAddress, lane.Index);
        _listener!.Notify(new InboundPayload(frame.Pdu));
        return true;
    }

    void ILaneOwner.OnLaneFinished(Lane lane)
    {
        if (Interlocked.Increment(ref _lanesFinished) < _lanes.Length)
            return;
        TellDisassociated(DisassociateInfo.Unknown);
        Close();
    }

    void ILaneOwner.OnLaneOver(Lane lane, string? cause, Exception? exception)
    {
        if (!_closed || !_ready.Task.IsCompleted)
            End(cause ?? "The peer closed the connection.", exception, DisassociateInfo.Unknown);
        if (Interlocked.Increment(ref _lanesOver) >= _lanes.Length)
            SetOver();
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
            _transport.Log.Info("The association with {0} ended: {1}", RemoteAddress, cause);
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
            "Dropped a frame of {0} bytes from {1}: raise maximum-frame-size, {2} bytes now, on this node as on the other. The association stays, and further ones are dropped in silence.",
            bytes, RemoteAddress, _transport.Settings.MaxFrameBytes);
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
