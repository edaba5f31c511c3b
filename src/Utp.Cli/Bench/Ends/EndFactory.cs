namespace Utp.Cli;

/// <summary>Which code does which end.</summary>
internal static class EndFactory
{
    public static async Task<IBenchEnd> CreateAsync(EndPlan plan, Tally tally, CommandRun run) => plan.Carrier switch
    {
        BenchCarrier.Utp => new ActorEnd(await UtpCarrier.StartAsync(run.Configuration, run.Terminal, plan).ConfigureAwait(false), plan, tally),
        BenchCarrier.UtpStream when plan.IsServer => new StreamServer(await UtpNode.StartAsync(run.Configuration, run.Terminal, "bench").ConfigureAwait(false), plan, tally),
        BenchCarrier.UtpStream => new StreamClient(await UtpNode.StartAsync(run.Configuration, run.Terminal, "bench").ConfigureAwait(false), plan, tally),
        BenchCarrier.UtpFlow => new FlowEnd(new UtpFlowCarrier(await UtpNode.StartAsync(run.Configuration, run.Terminal, "bench").ConfigureAwait(false), plan), plan, tally),
        BenchCarrier.AkkaTcpFlow => new FlowEnd(new TcpFlowCarrier(run.Configuration), plan, tally),
        BenchCarrier.AkkaTcp => new ActorEnd(new AkkaTcpCarrier(run.Configuration), plan, tally),
        BenchCarrier.Tcp when plan.IsServer => new TcpServer(plan, tally),
        BenchCarrier.Tcp => new TcpClient(plan, tally),
        BenchCarrier.RemoteUtp or BenchCarrier.RemoteUtpTls or BenchCarrier.RemoteTcp or BenchCarrier.RemoteTcpTls => new RemoteEnd(plan, tally, run.Configuration),
        _ => throw new CliException($"{plan.Carrier} has no end in this program."),
    };
}
