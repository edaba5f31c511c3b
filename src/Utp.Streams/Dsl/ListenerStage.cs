using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Stage;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Streams.Dsl;

/// <summary>
/// A source of accepted connections. They are handed out as they are asked for; so many as the backlog says wait, further ones are aborted. Its stage actor owns a
/// connection until the flow of it registers, so it stays until those that were handed out have, or had their time.
/// </summary>
internal sealed class ListenerStage<T>(
    IActorRef manager, Bind command, int backlog, TimeSpan registerTimeout, Func<Connected, IActorRef, Action, IncomingConnection<T>> incoming)
    : GraphStageWithMaterializedValue<SourceShape<IncomingConnection<T>>, Task<ServerBinding>>
{
    private readonly IActorRef _manager = manager;
    private readonly Bind _command = command;
    private readonly int _backlog = backlog;
    private readonly TimeSpan _registerTimeout = registerTimeout;
    private readonly Func<Connected, IActorRef, Action, IncomingConnection<T>> _incoming = incoming;

    public override SourceShape<IncomingConnection<T>> Shape { get; } = new(new Outlet<IncomingConnection<T>>("UtpConnections.out"));

    protected override Attributes InitialAttributes { get; } = Attributes.CreateName("UtpConnectionSource");

    public override ILogicAndMaterializedValue<Task<ServerBinding>> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var logic = new Logic(this);
        return new LogicAndMaterializedValue<Task<ServerBinding>>(logic, logic.Bound);
    }

    public override string ToString() => $"uTP-at({_command.LocalAddress})";

    private sealed class Logic : TimerGraphStageLogic, IOutHandler
    {
        private const string RegisterTimer = "Register";

        private readonly ListenerStage<T> _stage;
        private readonly Outlet<IncomingConnection<T>> _out;
        private readonly TaskCompletionSource<ServerBinding> _bound = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Queue<(Connected Connected, IActorRef Connection)> _waiting = new();
        private readonly Action _onMaterialized;
        private IActorRef? _listener;
        private int _handedOut;
        private bool _unbinding;
        private bool _isUnbound;
        private Exception? _failure;

        public Logic(ListenerStage<T> stage)
            : base(stage.Shape)
        {
            _stage = stage;
            _out = stage.Shape.Outlet;
            _onMaterialized = GetAsyncCallback(OnFlowMaterialized);
            SetHandler(_out, this);
        }

        public Task<ServerBinding> Bound => _bound.Task;

        public override void PreStart()
        {
            SetKeepGoing(true);
            GetStageActor(OnMessage);
            StageActor.Watch(_stage._manager);
            _stage._manager.Tell(_stage._command with { Handler = StageActor.Ref }, StageActor.Ref);
        }

        public override void PostStop()
        {
            _unbound.TrySetResult();
            _bound.TrySetException(_failure ?? FlowFailures.EndedBefore($"{_stage._command.LocalAddress} was bound"));
        }

        public void OnPull()
        {
            if (_waiting.TryDequeue(out var next))
                HandOut(next.Connected, next.Connection);
            FinishIfDone();
        }

        public void OnDownstreamFinish(Exception cause)
        {
            foreach (var (_, connection) in _waiting)
                connection.Tell(Abort.Instance, StageActor.Ref);
            _waiting.Clear();
            if (_listener is null)
                CompleteStage();
            else
                BeginUnbind();
            FinishIfDone();
        }

        protected override void OnTimer(object timerKey) => CompleteStage();

        private void OnMessage((IActorRef Sender, object Message) args)
        {
            switch (args.Message)
            {
                case Bound bound:
                    OnBound(args.Sender, bound);
                    break;
                case Connected connected:
                    OnConnected(connected, args.Sender);
                    break;
                case CommandFailed { Command: Bind } failed:
                    Fail(FlowFailures.Of(failed));
                    break;
                case Unbind:
                    BeginUnbind();
                    break;
                case Unbound:
                    OnUnbound();
                    break;
                case ListenerFailed failed:
                    Fail(FlowFailures.Of(failed));
                    break;
                case Terminated when _unbinding:
                    OnUnbound();
                    break;
                case Terminated:
                    Fail(FlowFailures.ShuttingDown);
                    break;
            }
        }

        private void OnBound(IActorRef listener, Bound bound)
        {
            _listener = listener;
            StageActor.Unwatch(_stage._manager);
            StageActor.Watch(listener);
            var self = StageActor.Ref;
            _bound.TrySetResult(new ServerBinding(bound.LocalAddress, listener, () =>
            {
                if (!_unbound.Task.IsCompleted)
                    self.Tell(Unbind.Instance, self);
                return _unbound.Task;
            }));
        }

        private void OnConnected(Connected connected, IActorRef connection)
        {
            if (IsClosed(_out))
            {
                connection.Tell(Abort.Instance, StageActor.Ref);
            }
            else if (_waiting.Count == 0 && IsAvailable(_out))
            {
                HandOut(connected, connection);
            }
            else if (_waiting.Count < _stage._backlog)
            {
                _waiting.Enqueue((connected, connection));
            }
            else
            {
                Log.Debug("Connection from {Peer} is aborted: {Waiting} wait for demand already. [{UtpEvent}]", connected.RemoteAddress, _waiting.Count, UtpLogEvents.ConnectionWithoutDemand);
                connection.Tell(Abort.Instance, StageActor.Ref);
            }
        }

        private void HandOut(Connected connected, IActorRef connection)
        {
            _handedOut++;
            Push(_out, _stage._incoming(connected, connection, _onMaterialized));
        }

        private void OnFlowMaterialized()
        {
            _handedOut--;
            FinishIfDone();
        }

        private void BeginUnbind()
        {
            if (_unbinding || _listener is null)
                return;
            _unbinding = true;
            _listener.Tell(Unbind.Instance, StageActor.Ref);
        }

        private void OnUnbound()
        {
            if (_isUnbound)
                return;
            _isUnbound = true;
            StageActor.Unwatch(_listener);
            _unbound.TrySetResult();
            FinishIfDone();
        }

        // What waits is still handed out; then there will be no more.
        private void FinishIfDone()
        {
            if (!_isUnbound || _waiting.Count > 0)
                return;
            if (!IsClosed(_out))
                Complete(_out);
            if (_handedOut == 0)
                CompleteStage();
            else if (!IsTimerActive(RegisterTimer))
                ScheduleOnce(RegisterTimer, _stage._registerTimeout > TimeSpan.Zero ? _stage._registerTimeout : TimeSpan.FromSeconds(10));
        }

        private void Fail(Exception failure)
        {
            _failure = failure;
            _bound.TrySetException(failure);
            FailStage(failure);
        }
    }
}
