using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Utp.Dashboard;
using Utp.Messages;

namespace Utp.Cli;

/// <summary>This library, as its users drive it.</summary>
internal sealed class UtpCarrier : ActorCarrier
{
    private readonly UtpNode _node;

    private readonly EndPlan _plan;

    private UtpCarrier(UtpNode node, EndPlan plan) => (_node, _plan) = (node, plan);

    public override ActorSystem System => _node.System;

    public override IActorRef Manager => _node.Manager;

    public override bool SharesPorts => true;

    public override int OutstandingBytes => _node.SendBufferBytes;

    public override object Close => ConfirmedClose.Instance;

    public override object? AskCounters => GetStatistics.Instance;

    /// <exception cref="CliException">The configuration is wrong.</exception>
    public static async Task<UtpCarrier> StartAsync(Config configuration, Terminal terminal, EndPlan plan)
    {
        var node = await UtpNode.StartAsync(configuration, terminal, "bench").ConfigureAwait(false);
        if (plan is { IsServer: true, PagePort: > 0 and var port })
            node.Page = await UtpDashboardServer.StartAsync(node.System, new IPEndPoint(IPAddress.Loopback, port)).ConfigureAwait(false);
        return new UtpCarrier(node, plan);
    }

    public override object Bind(IActorRef? handler) => new Bind(handler, _plan.Local);

    public override object Connect(int port, IActorRef? listener) => new Connect(_plan.ServerAt(port)) { Listener = listener };

    public override object Register(IActorRef handler) => new Register(handler);

    public override object Write(byte[] data, Chunk? ack) => new Write(data) { Ack = ack, AckWhen = AckWhen.Delivered };

    public override object Echo(object received) => new Write(((Received)received).Data);

    public override CarrierEvent Read(object message) => message switch
    {
        Received => CarrierEvent.Received,
        Connected => CarrierEvent.Connected,
        ErrorClosed or Aborted or CommandFailed or ListenerFailed => CarrierEvent.Failed,
        ConnectionClosed => CarrierEvent.Closed,
        Bound => CarrierEvent.Bound,
        _ => CarrierEvent.Other,
    };

    public override int Port(object bound) => ((Bound)bound).LocalAddress.Port;

    public override void Release(object received) => ((Received)received).Release();

    public override ReadOnlySpan<byte> Data(object received) => ((Received)received).Data.Span;

    public override PacketCount? Counters(object message) => message switch
    {
        ConnectionStatistics statistics => Counters(statistics.Connection),
        ConnectionClosed closed => Counters(closed.Statistics),
        _ => null,
    };

    public override string Explain(object message) => message switch
    {
        CommandFailed failed => Sentences.OneLine(failed.Message),
        ListenerFailed failed => Sentences.OneLine(failed.Message),
        ConnectionClosed closed => Sentences.OneLine(closed.Cause ?? $"A connection ended early ({closed.Reason.Cause})."),
        _ => message.ToString() ?? "",
    };

    public override ValueTask DisposeAsync() => _node.DisposeAsync();

    private static PacketCount Counters(in Protocol.ConnectionStats statistics) => new(statistics.PacketsSent, statistics.Retransmissions, statistics.Timeouts);
}
