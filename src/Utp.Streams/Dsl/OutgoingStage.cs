using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Stage;
using Utp.Messages;

namespace Utp.Streams.Dsl;

/// <summary>A flow that opens its connection.</summary>
internal sealed class OutgoingStage<T>(IActorRef manager, Connect command, ElementFormat<T> format, int sendBufferBytes, bool halfClose)
    : GraphStageWithMaterializedValue<FlowShape<T, T>, Task<OutgoingConnection>>
{
    private readonly IActorRef _manager = manager;
    private readonly Connect _command = command;
    private readonly ElementFormat<T> _format = format;
    private readonly int _sendBufferBytes = sendBufferBytes;
    private readonly bool _halfClose = halfClose;

    public override FlowShape<T, T> Shape { get; } = new(new Inlet<T>("UtpOutgoing.in"), new Outlet<T>("UtpOutgoing.out"));

    protected override Attributes InitialAttributes { get; } = Attributes.CreateName("UtpOutgoingConnection");

    public override ILogicAndMaterializedValue<Task<OutgoingConnection>> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var logic = new Logic(this);
        return new LogicAndMaterializedValue<Task<OutgoingConnection>>(logic, logic.Opened);
    }

    public override string ToString() => $"uTP-to({_command.RemoteAddress})";

    private sealed class Logic(OutgoingStage<T> stage) : ConnectionLogic<T>(stage.Shape, stage._format, stage._sendBufferBytes, stage._halfClose)
    {
        private readonly TaskCompletionSource<OutgoingConnection> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<OutgoingConnection> Opened => _opened.Task;

        public override void PreStart()
        {
            base.PreStart();
            GetStageActor(Connecting);
            StageActor.Watch(stage._manager);
            stage._manager.Tell(stage._command, StageActor.Ref);
        }

        // The stage's own actor dies with it: an attempt under way is cancelled, an open connection aborted.
        public override void PostStop() =>
            _opened.TrySetException(Failure ?? FlowFailures.EndedBefore($"a connection to {stage._command.RemoteAddress} was open"));

        private void Connecting((IActorRef Sender, object Message) args)
        {
            switch (args.Message)
            {
                case Connected connected:
                    StageActor.Unwatch(stage._manager);
                    StageActor.Become(OnConnectionMessage);
                    _opened.TrySetResult(new OutgoingConnection(connected.RemoteAddress, connected.LocalAddress));
                    Begin(args.Sender);
                    break;
                case CommandFailed failed:
                    End(FlowFailures.Of(failed));
                    break;
                case Terminated:
                    End(FlowFailures.ShuttingDown);
                    break;
            }
        }
    }
}
