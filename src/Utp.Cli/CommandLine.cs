using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Invocation;

namespace Utp.Cli;

/// <summary>The whole command line: what there is, and how its end becomes a sentence, a JSON object and an exit code.</summary>
internal static class CommandLine
{
    // @file is a file's name here, and nothing may be hidden in one token.
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>Runs one command and gives the exit code of the process.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, CancellationToken interrupt)
    {
        var common = new CommonOptions();
        var runner = new CommandRunner(common, terminal, interrupt);
        var root = Create(common, runner);
        var parsed = Parse(root, args);
        // A word that is being typed is no wrong word.
        var completes = root.Directives.OfType<SuggestDirective>().Any(directive => parsed.GetResult(directive) is not null);
        if (!completes && (parsed.Action is null or ParseErrorAction || parsed.Errors.Count > 0 || parsed.UnmatchedTokens.Count > 0))
        {
            if (UsageErrors.Of(parsed) is { } wrong)
                return runner.Report(new Outcome(UsageErrors.Path(parsed.CommandResult.Command), wrong, ExitCode.WrongUsage), args.Contains("--json"));
        }

        var invocation = new InvocationConfiguration
        {
            Output = terminal.People.Profile.Out.Writer,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        return await parsed.InvokeAsync(invocation, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>All commands.</summary>
    public static RootCommand Create(CommonOptions common, CommandRunner runner)
    {
        var root = new RootCommand("uTP (BEP 29) for people and scripts: moves bytes over UDP, and yields to other traffic.")
        {
            DemoCommand.Create(runner),
            SendCommand.Create(runner),
            ReceiveCommand.Create(runner),
            CatCommand.Create(runner),
            EchoCommand.Create(runner),
            SwarmCommand.Create(runner),
            SimulateCommand.Create(runner),
            BenchCommand.Create(runner),
            TopCommand.Create(runner),
            TraceCommand.Create(runner),
            DoctorCommand.Create(runner),
            ConfigCommand.Create(runner),
            CompletionCommand.Create(runner),
            EndCommand.Create(runner),
            FirstCommand.CreateEnd(runner),
        };
        common.AddTo(root);
        foreach (var command in LongCommands(root))
            DashboardPage.AddTo(command);
        root.Options.OfType<VersionOption>().Single().Aliases.Add("-v");
        return root;
    }

    // Those whose connections somebody may want to see.
    private static IEnumerable<Command> LongCommands(RootCommand root) =>
        from path in (string[][])[["demo"], ["send"], ["receive"], ["cat"], ["echo"], ["swarm", "get"], ["swarm", "seed"], ["bench", "serve"]]
        select path.Aggregate((Command)root, static (command, name) => command.Subcommands.Single(sub => sub.Name == name));

    /// <summary>Reads a command line as it is read here.</summary>
    public static ParseResult Parse(RootCommand root, IReadOnlyList<string> args) => root.Parse(args, Parser);
}
