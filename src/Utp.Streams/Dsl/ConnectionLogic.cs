using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Stage;
using Utp.Messages;

namespace Utp.Streams.Dsl;

/// <summary>
/// One connection as a flow. Demand becomes <see cref="ResumeReading"/>, each of which yields one <see cref="Received"/>; elements become writes, as many as the
/// <see cref="WriteWindow"/> lets be under way. Both directions end by themselves; the stage ends with the connection.
/// </summary>
internal abstract class ConnectionLogic<T> : InAndOutGraphStageLogic
{
    private readonly Inlet<T> _in;
    private readonly Outlet<T> _out;
    private readonly ElementFormat<T> _format;
    private readonly bool _halfClose;
    private readonly ReadAhead<T> _readAhead = new();
    private readonly WriteWindow _writes;
    private readonly List<StreamMessage> _pieces = [];
    private IActorRef? _connection;
    private bool _asked;
    private bool _peerFinished;
    private bool _inFinished;
    private CloseCommand? _closeTold;
    private bool _ended;
    private Exception? _failure;

    protected ConnectionLogic(FlowShape<T, T> shape, ElementFormat<T> format, int sendBufferBytes, bool halfClose)
        : base(shape)
    {
        (_in, _out) = (shape.Inlet, shape.Outlet);
        _format = format;
        _halfClose = halfClose;
        _writes = new WriteWindow(sendBufferBytes, format.IsMessages);
        SetHandlers(_in, _out, this);
    }

    /// <summary>What the flow failed with; null: it has not.</summary>
    protected Exception? Failure => _failure;

    /// <summary>The connection is open: registers for it, and begins to read and write.</summary>
    protected void Begin(IActorRef connection)
    {
        _connection = connection;
        StageActor.Watch(connection);
        Tell(new Register(StageActor.Ref, KeepOpenOnPeerClosed: true));
        Ask();
        if (_inFinished)
            FinishWriting();
        else
            Pull(_in);
    }

    /// <summary>What the connection says.</summary>
    protected void OnConnectionMessage((IActorRef Sender, object Message) args)
    {
        switch (args.Message)
        {
            case Received received:
                OnReceived(received);
                break;
            case DeliveredBytes delivered:
                _writes.OnDelivered(delivered);
                WriteOn();
                break;
            case CommandFailed failed:
                OnCommandFailed(failed);
                break;
            case PeerClosed:
                _peerFinished = true;
                if (_readAhead.IsEmpty)
                    Complete(_out);
                break;
            case Closed or ConfirmedClosed when _closeTold is not null:
                End(null);
                break;
            case ConnectionClosed closed:
                End(FlowFailures.Of(closed));
                break;
            case Terminated when !_ended:
                End(FlowFailures.ConnectionStopped);
                break;
        }
    }

    /// <summary>The connection is over, or there never was one. What was received goes out first.</summary>
    protected void End(Exception? failure)
    {
        if (_ended)
            return;
        _ended = true;
        _failure ??= failure;
        if (_readAhead.IsEmpty || IsClosed(_out))
            FinishStage();
        else if (!IsClosed(_in))
            Cancel(_in, failure);
    }

    // The connection may outlive both ports: what was written is flushed.
    public override void PreStart() => SetKeepGoing(true);

    public override void OnPush()
    {
        _format.Write(Grab(_in), _pieces);
        foreach (var piece in _pieces)
            _writes.Add(piece);
        _pieces.Clear();
        WriteOn();
    }

    public override void OnUpstreamFinish()
    {
        _inFinished = true;
        if (_connection is not null)
            FinishWriting();
        else if (IsClosed(_out))
            CompleteStage();
    }

    public override void OnUpstreamFailure(Exception e)
    {
        if (_connection is not null)
            Tell(Abort.Instance);
        _failure = e;
        FailStage(e);
    }

    public override void OnPull()
    {
        if (!_readAhead.IsEmpty)
            Push(_out, _readAhead.Take());
        if (!_readAhead.IsEmpty)
            Ask();
        else if (_ended)
            FinishStage();
        else if (_peerFinished)
            Complete(_out);
        else
            Ask();
    }

    // As TcpStream: who does not want to read any more may still write. What the peer sends then, or has sent, is not read, and it hears so.
    public override void OnDownstreamFinish(Exception cause)
    {
        var leavesUnread = !_readAhead.IsEmpty;
        _readAhead.Clear();
        if (_connection is not null && !_ended && cause is SubscriptionWithCancelException.NonFailureCancellation)
            Tell(new StopReading { LeavesUnread = leavesUnread });
        if (cause is not SubscriptionWithCancelException.NonFailureCancellation)
            OnUpstreamFailure(cause);
        else if (_ended)
            FinishStage();
        else if (_connection is not null && _inFinished)
            FinishWriting();
        else if (_inFinished)
            CompleteStage();
    }

    private void OnReceived(Received received)
    {
        _asked = false;
        if (IsClosed(_out))
        {
            // It was on its way when reading ended.
            if (received.Data.Length + received.Metadata.Length > 0)
                Tell(new StopReading { LeavesUnread = true });
            received.Release();
        }
        else
        {
            var bytes = received.Data.Length + received.Metadata.Length;
            var element = _format.Read(received);
            if (IsAvailable(_out))
                Push(_out, element);
            else
                _readAhead.Add(element, bytes);
        }

        Ask();
    }

    private void Ask()
    {
        if (_asked || _ended || _connection is null || !_readAhead.HasRoom || IsClosed(_out))
            return;
        _asked = true;
        Tell(ResumeReading.Instance);
    }

    private void WriteOn()
    {
        while (_writes.TryNext(out var write))
            Tell(write);
        if (_inFinished)
            FinishWriting();
        else if (_writes.HasRoom && !HasBeenPulled(_in) && !IsClosed(_in))
            Pull(_in);
    }

    private void FinishWriting()
    {
        if (!_writes.IsEmpty || _ended)
            return;

        // Nobody reads, or the user wants no half close: both directions end.
        CloseCommand close = IsClosed(_out) || !_halfClose ? Close.Instance : ConfirmedClose.Instance;
        if (_closeTold is Close || _closeTold == close)
            return;
        _closeTold = close;
        Tell(close);
    }

    // Those that an end leaves over come before it, and it says more.
    private void OnCommandFailed(CommandFailed failed)
    {
        if (failed.Cause is FailureCause.ConnectionEnded or FailureCause.Closing)
            return;

        // The peer does not read any more, and may have more to say.
        if (failed.Cause == FailureCause.NotRead)
        {
            _failure ??= new UtpException(failed.Reason!.Value, failed.Message);
            _writes.Forget();
            if (!IsClosed(_in))
                Cancel(_in, _failure);
            _inFinished = true;
            FinishWriting();
            return;
        }

        Tell(Abort.Instance);
        _failure = FlowFailures.Of(failed);
        FailStage(_failure);
    }

    private void FinishStage()
    {
        if (_failure is null)
            CompleteStage();
        else
            FailStage(_failure);
    }

    private void Tell(UtpCommand command) => _connection!.Tell(command, StageActor.Ref);
}
