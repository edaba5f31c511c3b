using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

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
        var root = new RootCommand("uTP (BEP 29) for people and scripts: moves bytes over UDP, and yields to other traffic.")
        {
            DemoCommand.Create(runner),
            SendCommand.Create(runner),
            ReceiveCommand.Create(runner),
            CatCommand.Create(runner),
            EchoCommand.Create(runner),
            SimulateCommand.Create(runner),
            BenchCommand.Create(runner),
            EndCommand.Create(runner),
            FirstCommand.CreateEnd(runner),
        };
        common.AddTo(root);

        var parsed = root.Parse(args, Parser);
        if (UnknownOption(parsed) is { } unknown)
            return runner.Report(unknown, args.Contains("--json"));
        if (parsed.Action is ParseErrorAction || (parsed.Action is null && parsed.Errors.Count == 0))
            return runner.Report(WrongUsage(parsed), args.Contains("--json"));
        var invocation = new InvocationConfiguration
        {
            Output = terminal.People.Profile.Out.Writer,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        return await parsed.InvokeAsync(invocation, CancellationToken.None).ConfigureAwait(false);
    }

    private static Outcome WrongUsage(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var path = Path(command);
        var name = $"utp {path}".TrimEnd();
        // Of "no command" and "no such command" the second says more.
        var message = parsed.UnmatchedTokens.Count > 0 ? $"Unrecognized command or argument '{parsed.UnmatchedTokens[0]}'"
            : parsed.Errors.Count > 0 ? parsed.Errors[0].Message.TrimEnd('.')
            : "No command is given";
        return new Outcome(path, $"{message} (see {name} --help).", ExitCode.WrongUsage);
    }

    // Where an argument is awaited the parser takes an option that it does not know for one: then the file would be blamed.
    private static Outcome? UnknownOption(ParseResult parsed)
    {
        foreach (var token in parsed.Tokens)
        {
            if (token.Type == TokenType.DoubleDash)
                return null;
            if (token.Type != TokenType.Argument || token.Value is not ['-', var second, ..] || !(second == '-' || char.IsAsciiLetter(second)))
                continue;
            var command = parsed.CommandResult.Command;
            var path = Path(command);
            var options = command.Options.Where(static option => !option.Hidden && option.Name.StartsWith("--", StringComparison.Ordinal)).Select(static option => option.Name);
            var known = string.Join(", ", options.Concat(["--config", "--set", "--json", "--help"]).Distinct(StringComparer.Ordinal));
            return new Outcome(path, $"There is no option '{token.Value}' here: {$"utp {path}".TrimEnd()} takes {known}; a file of that name is written ./{token.Value}.", ExitCode.WrongUsage);
        }

        return null;
    }

    private static string Path(Command command) => string.Join(' ', new[] { command }
        .Concat(command.Parents.OfType<Command>())
        .Where(static c => c is not RootCommand)
        .Reverse()
        .Select(static c => c.Name));
}
