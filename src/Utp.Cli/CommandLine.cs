using System.CommandLine;
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

    private static string Path(Command command) => string.Join(' ', new[] { command }
        .Concat(command.Parents.OfType<Command>())
        .Where(static c => c is not RootCommand)
        .Reverse()
        .Select(static c => c.Name));
}
