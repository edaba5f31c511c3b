namespace Utp.Cli;

/// <summary>What the process returns.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;
}

/// <summary>Ends a command: its message is the one sentence that the user reads.</summary>
internal sealed class CliException(string sentence, int exitCode = ExitCode.Failed, Exception? inner = null) : Exception(sentence, inner)
{
    public int ExitCode { get; } = exitCode;

    public static CliException WrongUsage(string sentence, Exception? inner = null) => new(sentence, Cli.ExitCode.WrongUsage, inner);
}
