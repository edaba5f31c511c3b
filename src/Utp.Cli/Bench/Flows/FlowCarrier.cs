using System.Net;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.IO;
using Akka.Streams;
using Akka.Streams.Dsl;
using Utp.Streams.Dsl;

namespace Utp.Cli;

/// <summary>A transport whose connections are flows of Akka.Streams. uTP's have the members of TCP's, so the same streams drive both.</summary>
internal abstract class FlowCarrier : IAsyncDisposable
{
    public abstract ActorSystem System { get; }

    /// <summary>The port of this end, whose connections <paramref name="handler"/> serves.</summary>
    public abstract Task<int> BindAsync(Flow<ByteString, ByteString, NotUsed> handler, IMaterializer materializer);

    /// <summary>A connection; its task is done when it is open.</summary>
    public abstract Flow<ByteString, ByteString, Task> Connect(int port);

    public abstract ValueTask DisposeAsync();
}

/// <summary>This library's flows.</summary>
internal sealed class UtpFlowCarrier(UtpNode node, EndPlan plan) : FlowCarrier
{
    public override ActorSystem System => node.System;

    public override async Task<int> BindAsync(Flow<ByteString, ByteString, NotUsed> handler, IMaterializer materializer) =>
        (await System.UtpStream().BindAndHandle(handler, materializer, plan.Local).ConfigureAwait(false)).LocalAddress.Port;

    public override Flow<ByteString, ByteString, Task> Connect(int port) =>
        System.UtpStream().OutgoingConnection(plan.ServerAt(port)).MapMaterializedValue(static opened => (Task)opened);

    public override ValueTask DisposeAsync() => node.DisposeAsync();
}

/// <summary>TCP's flows, of Akka.Streams itself.</summary>
internal sealed class TcpFlowCarrier(Config configuration) : FlowCarrier
{
    private const int Backlog = 4_096;
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    public override ActorSystem System { get; } = ActorSystem.Create("bench", configuration);

    public override async Task<int> BindAsync(Flow<ByteString, ByteString, NotUsed> handler, IMaterializer materializer) =>
        ((IPEndPoint)(await System.TcpStream().BindAndHandle(handler, materializer, "127.0.0.1", 0, Backlog).ConfigureAwait(false)).LocalAddress).Port;

    public override Flow<ByteString, ByteString, Task> Connect(int port) =>
        System.TcpStream().OutgoingConnection(new IPEndPoint(IPAddress.Loopback, port)).MapMaterializedValue(static opened => (Task)opened);

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await System.Terminate().WaitAsync(ShutdownTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The process ends anyway, and its sockets with it.
        }
    }
}
