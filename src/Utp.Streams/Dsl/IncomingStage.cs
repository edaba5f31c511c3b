using System.Net;
using Akka.Actor;
using Akka.Pattern;
using Akka.Streams;
using Akka.Streams.Stage;

namespace Utp.Streams.Dsl;

/// <summary>The flow of a connection that was accepted. There is one connection, so it can be materialized once.</summary>
internal sealed class IncomingStage<T>(
    IActorRef connection, IPEndPoint remoteAddress, ElementFormat<T> format, int sendBufferBytes, bool halfClose, Action onMaterialized) : GraphStage<FlowShape<T, T>>
{
    private readonly IActorRef _connection = connection;
    private int _isMaterialized;

    public override FlowShape<T, T> Shape { get; } = new(new Inlet<T>("UtpIncoming.in"), new Outlet<T>("UtpIncoming.out"));

    protected override Attributes InitialAttributes { get; } = Attributes.CreateName("UtpIncomingConnection");

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes)
    {
        if (Interlocked.Exchange(ref _isMaterialized, 1) != 0)
            throw new IllegalStateException($"The flow of the connection from {remoteAddress} is materialized already: it can be once.");
        return new Logic(this, format, sendBufferBytes, halfClose, onMaterialized);
    }

    public override string ToString() => $"uTP-from({remoteAddress})";

    private sealed class Logic(IncomingStage<T> stage, ElementFormat<T> format, int sendBufferBytes, bool halfClose, Action onMaterialized)
        : ConnectionLogic<T>(stage.Shape, format, sendBufferBytes, halfClose)
    {
        public override void PreStart()
        {
            base.PreStart();
            GetStageActor(OnConnectionMessage);
            Begin(stage._connection);
            onMaterialized();
        }
    }
}
