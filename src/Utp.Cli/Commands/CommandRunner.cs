using System.CommandLine;
using Akka.Configuration;

namespace Utp.Cli;

/// <summary>What a running command works with.</summary>
internal sealed record CommandRun(ParseResult Parsed, Config Configuration, Terminal Terminal, ProgressDisplay Progress, bool Json, CancellationToken Interrupt)
{
    /// <summary>The common options, for another process of this command.</summary>
    public required Func<IEnumerable<string>, IEnumerable<string>> Forward { get; init; }

    /// <summary>The layers of the configuration, what wins first, each with its name for people.</summary>
    public required IReadOnlyList<(string Name, Config Config)> Sources { get; init; }

    /// <summary>Starts the command's actor system, and the page that shows its connections, if that was asked for.</summary>
    /// <exception cref="CliException">The configuration is wrong.</exception>
    public async Task<UtpNode> StartNodeAsync(string name = "utp")
    {
        var node = await UtpNode.StartAsync(Configuration, Terminal, name).ConfigureAwait(false);
        try
        {
            node.Page = await DashboardPage.StartAsync(this, node.System).ConfigureAwait(false);
            return node;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Tells people where a listener listens, which they need for port 0.</summary>
    public void SayListening(System.Net.IPEndPoint local) => Terminal.Say($"Listening on {Addresses.Text(local)}.");
}

/// <summary>Runs commands: reads the common options, and says how it ended.</summary>
internal sealed class CommandRunner(CommonOptions common, Terminal terminal, CancellationToken interrupt)
{
    /// <summary>Makes <paramref name="body"/> what the command does.</summary>
    public void Attach(Command command, Func<CommandRun, Task<Outcome>> body) => command.SetAction(async (parsed, _) =>
    {
        var json = common.Json(parsed);
        Outcome outcome;
        try
        {
            var run = new CommandRun(parsed, common.Configuration(parsed), terminal, new ProgressDisplay(terminal), json, interrupt)
            {
                Sources = common.Sources(parsed),
                Forward = settings => common.Forward(parsed, settings),
            };
            outcome = await body(run).ConfigureAwait(false);
        }
        catch (CliException e)
        {
            outcome = new Outcome(command.Name, e.Message, e.ExitCode);
        }
        catch (Exception e)
        {
            outcome = new Outcome(command.Name, $"The command failed by a defect ({e.GetType().Name}: {Sentences.OneLine(e.Message)}): please report this.");
        }

        return Report(outcome, json);
    });

    /// <summary>The last words of a command, and its exit code.</summary>
    public int Report(Outcome outcome, bool json)
    {
        if (outcome.Error is not null)
            terminal.Say($"utp: {outcome.Error}");
        if (json)
            terminal.SayRaw(outcome.ToJson());
        return outcome.ExitCode;
    }
}
