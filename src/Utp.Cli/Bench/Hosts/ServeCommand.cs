using System.CommandLine;
using System.Net;
using Utp.Streams;

namespace Utp.Cli;

/// <summary><c>utp bench serve</c>: waits for <c>utp bench … HOST:PORT</c> of another machine, and does the server's part, until it is interrupted.</summary>
internal static class ServeCommand
{
    private const int MaxWaiting = 16;

    public static Command Create(CommandRunner runner)
    {
        var local = Parsers.Local("--bind", required: true);
        var dataPort = new Option<int>("--data-port")
        {
            Description = "The UDP port that the work goes to, for firewalls; 0: any free one.",
            HelpName = "PORT",
            CustomParser = static result =>
            {
                if (ushort.TryParse(result.Tokens[0].Value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var port))
                    return port;
                result.AddError($"--data-port is '{result.Tokens[0].Value}': give a number from 0 to 65535");
                return 0;
            },
        };
        var command = new Command("serve", "Waits for 'utp bench … HOST:PORT' of other machines, one benchmark at a time, until Ctrl-C.") { local, dataPort };
        var families = Parsers.Families(command);
        runner.Attach(command, run => ServeAsync(
            run, (IPEndPoint)Addresses.Of(run.Parsed.GetRequiredValue(local)!, run.Parsed.Family(families)), run.Parsed.GetValue(dataPort)));
        return command;
    }

    private static async Task<Outcome> ServeAsync(CommandRun run, IPEndPoint local, int dataPort)
    {
        var node = await run.StartNodeAsync().ConfigureAwait(false);
        await using var endOfNode = node.ConfigureAwait(false);
        using var server = new BenchServer(run, dataPort);
        try
        {
            var listener = await UtpListener.BindAsync(local, new UtpListenerOptions { ActorSystem = node.System, Backlog = MaxWaiting }, run.Interrupt).ConfigureAwait(false);
            await using var endOfListener = listener.ConfigureAwait(false);
            run.SayListening(listener.LocalEndPoint);
            var serving = new List<Task>();
            await foreach (var stream in listener.AcceptAllAsync(run.Interrupt).ConfigureAwait(false))
            {
                serving.RemoveAll(static task => task.IsCompleted);
                serving.Add(server.ServeAsync(stream));
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how it ends.
        }
        catch (UtpException e)
        {
            return new Outcome("bench serve", Sentences.OneLine(e.Message));
        }

        await server.WhenIdleAsync().ConfigureAwait(false);
        return new Outcome("bench serve").With("benchmarks", server.Done).With("failed", server.Failed);
    }
}
