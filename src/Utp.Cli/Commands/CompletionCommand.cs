using System.CommandLine;

namespace Utp.Cli;

/// <summary><c>utp completion SHELL</c>: prints what makes a shell complete the command's words. The words come from the command itself, by its <c>[suggest]</c> directive.</summary>
internal static class CompletionCommand
{
    private const string Name = "completion";

    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            _utp() { local IFS=$'\n'; COMPREPLY=($(utp "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)); }
            complete -o default -F _utp utp
            """,
        ["zsh"] = """
            _utp() { local -a words; words=("${(@f)$(utp "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}"); compadd -- $words; _files; }
            compdef _utp utp
            """,
        ["fish"] = """
            complete -c utp -a '(utp "[suggest:"(commandline -C)"]" (commandline -b) 2>/dev/null)'
            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName utp -ScriptBlock {
              param($word, $line, $position)
              utp "[suggest:$position]" "$line" 2>$null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
            }
            """,
    };

    public static Command Create(CommandRunner runner)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh." };
        var command = new Command(Name, "Prints a script for a shell; in bash: source <(utp completion bash).") { shell };
        shell.CompletionSources.Add([.. Scripts.Keys]);
        runner.Attach(command, async run =>
        {
            var name = run.Parsed.GetValue(shell)!;
            if (!Scripts.TryGetValue(name, out var script))
                throw CliException.WrongUsage($"There is no script for the shell '{name}': choose from {string.Join(", ", Scripts.Keys)}.");
            await run.Terminal.Output.WriteAsync(System.Text.Encoding.UTF8.GetBytes(script.ReplaceLineEndings("\n") + "\n")).ConfigureAwait(false);
            return new Outcome(Name);
        });
        return command;
    }
}
