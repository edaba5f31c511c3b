using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
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
        if (root.Directives.OfType<SuggestDirective>().Any(directive => parsed.GetResult(directive) is not null))
        {
            // A word that is being typed is no wrong word.
            if (OptionsFor(root, args) is { } options)
            {
                foreach (var option in options)
                    terminal.People.Profile.Out.Writer.WriteLine(option);
                return ExitCode.Done;
            }
        }
        else if (parsed.Action is not HelpExamples)
        {
            var complete = parsed.Action is not (null or ParseErrorAction) && parsed.Errors.Count == 0 && parsed.UnmatchedTokens.Count == 0;
            if ((complete ? UsageErrors.UnknownOption(parsed) : UsageErrors.Of(parsed)) is { } wrong)
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
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpExamples((HelpAction)help.Action!);
        root.Options.OfType<VersionOption>().Single().Aliases.Add("-v");
        return root;
    }

    // Those whose connections somebody may want to see.
    private static IEnumerable<Command> LongCommands(RootCommand root) =>
        from path in (string[][])[["demo"], ["send"], ["receive"], ["cat"], ["echo"], ["swarm", "get"], ["swarm", "seed"], ["bench", "serve"]]
        select path.Aggregate((Command)root, static (command, name) => command.Subcommands.Single(sub => sub.Name == name));

    // Where a command takes any number of paths, the parser completes every word as a path.
    private static IEnumerable<string>? OptionsFor(RootCommand root, IReadOnlyList<string> args)
    {
        if (args is not [var directive, var line, ..] || !int.TryParse(directive.AsSpan().TrimEnd(']')[(directive.IndexOf(':', StringComparison.Ordinal) + 1)..], out var at))
            return null;
        var words = line[..Math.Clamp(at, 0, line.Length)].Split(' ');
        return words[^1].StartsWith('-')
            ? UsageErrors.Options(Parse(root, words[1..^1]).CommandResult.Command).Where(option => option.StartsWith(words[^1], StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            : null;
    }

    /// <summary>Reads a command line as it is read here.</summary>
    public static ParseResult Parse(RootCommand root, IReadOnlyList<string> args) => root.Parse(args, Parser);
}
