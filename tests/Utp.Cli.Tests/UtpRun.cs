using System.Text.Json;
using System.Text.RegularExpressions;
using Spectre.Console;
using Spectre.Console.Testing;

namespace Utp.Cli.Tests;

/// <summary>One run of the command line in this process, through the root command, with its own standard streams.</summary>
internal sealed partial class UtpRun : IDisposable
{
    /// <summary>Long enough for a loaded machine; nothing that works needs it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _interrupt = new();
    private readonly LineWriter _error = new();
    private readonly TestConsole _people;
    private readonly Task<int> _run;

    private UtpRun(string[] args, Stream input, Stream output, IAnsiConsole? live, TestConsole? people = null)
    {
        _people = people ?? new TestConsole();
        Output = output;
        var terminal = new Terminal(input, output, _error, () => _people, live is null ? null : () => live);
        _run = Task.Run(() => CommandLine.RunAsync(args, terminal, _interrupt.Token));
    }

    public Stream Output { get; }

    /// <summary>Standard output as bytes; the run must have ended.</summary>
    public byte[] OutputBytes => ((MemoryStream)Output).ToArray();

    /// <summary>What people read on standard output.</summary>
    public string PeopleText => _people.Output;

    public IReadOnlyList<string> ErrorLines => _error.Lines;

    /// <summary>The last line of standard error, as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(ErrorLines[^1]).RootElement;

    public static UtpRun Start(params string[] args) => Start(args, null);

    /// <summary>On a terminal so many columns wide.</summary>
    public static UtpRun Start(int columns, params string[] args)
    {
        var people = new TestConsole();
        people.Profile.Out = new AsTerminal(people.Profile.Out, columns);
        people.Profile.Width = columns;
        return new(args, Stream.Null, new MemoryStream(), null, people);
    }

    public static UtpRun Start(string[] args, Stream? input, Stream? output = null, IAnsiConsole? live = null) =>
        new(args, input ?? Stream.Null, output ?? new MemoryStream(), live);

    /// <summary>The exit code.</summary>
    public Task<int> ExitAsync() => InTimeAsync(_run);

    /// <summary>The address behind "Listening on".</summary>
    public async Task<string> ListeningAsync()
    {
        var line = await InTimeAsync(_error.FindAsync(Listening()));
        return Listening().Match(line).Groups[1].Value;
    }

    /// <summary>The first line of standard error that matches, now or later.</summary>
    public Task<string> ErrorLineAsync(Regex pattern) => InTimeAsync(_error.FindAsync(pattern));

    /// <summary>Ctrl-C.</summary>
    public void Interrupt() => _interrupt.Cancel();

    public void Dispose()
    {
        _interrupt.Cancel();
        _people.Dispose();
    }

    /// <summary>The same output, as a terminal's.</summary>
    private sealed class AsTerminal(IAnsiConsoleOutput output, int columns) : IAnsiConsoleOutput
    {
        public TextWriter Writer => output.Writer;

        public bool IsTerminal => true;

        public int Width => columns;

        public int Height => 40;

        public void SetEncoding(System.Text.Encoding encoding) => output.SetEncoding(encoding);
    }

    private async Task<T> InTimeAsync<T>(Task<T> task)
    {
        try
        {
            return await task.WaitAsync(Patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"Nothing happened any more; standard error: {string.Join('|', ErrorLines)}", e);
        }
    }

    [GeneratedRegex(@"^Listening on (\S+)\.$")]
    private static partial Regex Listening();
}
