using System.CommandLine;
using System.Net;

namespace Utp.Cli;

/// <summary><c>utp cat HOST:PORT</c> and <c>utp cat --listen ADDR:PORT</c>: standard input and output as one connection's two directions.</summary>
internal static class CatCommand
{
    public static Command Create(CommandRunner runner)
    {
        var peer = Parsers.Peer(ArgumentArity.ZeroOrOne);
        var local = Parsers.Local("--listen", required: false);
        var command = new Command("cat", "Connects standard input and output with a peer; the end of input closes our direction, and the peer may go on.") { peer, local };
        command.Validators.Add(result =>
        {
            if (result.Errors.Any())
                return;
            var connects = result.GetResult(peer) is { Tokens.Count: > 0 };
            var listens = result.GetResult(local) is not null;
            if (connects == listens)
                result.AddError(connects ? "HOST:PORT and --listen exclude each other" : "HOST:PORT or --listen ADDR:PORT is missing");
        });
        var families = Parsers.Families(command);
        runner.Attach(command, run =>
        {
            var family = run.Parsed.Family(families);
            return CatAsync(
                run,
                run.Parsed.GetValue(peer) is { } remote ? Addresses.Of(remote, family) : null,
                run.Parsed.GetValue(local) is { } here ? (IPEndPoint)Addresses.Of(here, family) : null);
        });
        return command;
    }

    private static async Task<Outcome> CatAsync(CommandRun run, EndPoint? peer, IPEndPoint? local)
    {
        if (!run.Terminal.Output.CanWrite)
            throw new CliException("Standard output is closed: redirect it, so that what the peer sends has a place.");
        TransferResult result;
        var node = await run.StartNodeAsync().ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            result = await node.RunAsync<TransferResult>(
                done => new CatActor(done, node, peer, local, run.Terminal, run.SayListening), run.Interrupt).ConfigureAwait(false);
        }

        return result.AddTo(new Outcome("cat", result.Error)
            .With("bytesSent", result.BytesSent)
            .With("bytesReceived", result.BytesReceived));
    }
}
