using System.CommandLine;
using System.Net;

namespace Utp.Cli;

/// <summary><c>utp echo --bind ADDR:PORT</c>: sends back what comes, until it is interrupted.</summary>
internal static class EchoCommand
{
    public static Command Create(CommandRunner runner)
    {
        var local = Parsers.Local("--bind", required: true);
        var command = new Command("echo", "Sends back whatever a peer sends, until Ctrl-C.") { local };
        var families = Parsers.Families(command);
        runner.Attach(command, run => EchoAsync(run, (IPEndPoint)Addresses.Of(run.Parsed.GetRequiredValue(local)!, run.Parsed.Family(families))));
        return command;
    }

    private static async Task<Outcome> EchoAsync(CommandRun run, IPEndPoint local)
    {
        var node = await run.StartNodeAsync().ConfigureAwait(false);
        var service = new EchoService(node, run.SayListening, result => SayEnded(run, result));
        ServerResult server;
        await using (node.ConfigureAwait(false))
        {
            server = await node.RunAsync<ServerResult>(result => new ServerActor(result, node, local, service), run.Interrupt).ConfigureAwait(false);
        }

        return new Outcome("echo", server.Error)
            .With("connections", service.Connections)
            .With("failed", service.Failed)
            .With("bytes", service.Bytes);
    }

    private static void SayEnded(CommandRun run, TransferResult result)
    {
        if (!run.Json)
            run.Terminal.Say($"{Addresses.Text(result.Peer!)}: {ByteSize.Text(result.BytesSent)} echoed{(result.Error is null ? "." : "; " + result.Error)}");
    }
}
