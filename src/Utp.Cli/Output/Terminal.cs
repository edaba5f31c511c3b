using Microsoft.Win32.SafeHandles;
using Spectre.Console;

namespace Utp.Cli;

/// <summary>
/// Where a command reads and writes. Standard output is for data and for what was asked for; standard error is for sentences, progress and
/// <c>--json</c>. Writing is safe from any thread.
/// </summary>
internal sealed class Terminal(Stream input, Stream output, TextWriter error, Func<IAnsiConsole> people, Func<IAnsiConsole>? live)
{
    private readonly Lock _lock = new();
    private readonly Lazy<IAnsiConsole> _people = new(people);
    private readonly Lazy<IAnsiConsole>? _live = live is null ? null : new(live);

    /// <summary>Standard input, as bytes.</summary>
    public Stream Input => input;

    /// <summary>Standard output, as bytes.</summary>
    public Stream Output => output;

    /// <summary>Standard output, for people. Made when asked for first: a command that only moves bytes does not load Spectre.Console.</summary>
    public IAnsiConsole People => _people.Value;

    /// <summary>Standard error, if it is a terminal on which lines may be drawn again; otherwise null.</summary>
    public IAnsiConsole? Live => _live?.Value;

    public static Terminal OfProcess() => new(
        StandardStreams.IsOpen(0) ? Console.OpenStandardInput() : StandardStreams.Closed,
        StandardStreams.IsOpen(1) ? OpenStandardOutput() : StandardStreams.Closed,
        StandardStreams.IsOpen(2) ? Console.Error : TextWriter.Null,
        () => Drawn(StandardStreams.IsOpen(1) ? Console.Out : TextWriter.Null),
        Console.IsErrorRedirected || !StandardStreams.IsOpen(2) ? null : () => Drawn(Console.Error));

    private static IAnsiConsole Drawn(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (PlainText.IsAskedFor)
            console.Pipeline.Attach(new PlainText());
        return console;
    }

    // The console's own stream throws bytes away when the reader of a pipe is gone, and says nothing; a file stream says it. But on a file, which
    // may be shared with what is written before and after, only the console's stream writes where the last one stopped.
    private static Stream OpenStandardOutput()
    {
        try
        {
            var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return stream.CanSeek ? Console.OpenStandardOutput() : stream;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // It was closed when the process started.
            return Console.OpenStandardOutput();
        }
    }

    /// <summary>One line on standard error; above the progress, if that is drawn.</summary>
    public void Say(string line)
    {
        lock (_lock)
        {
            if (_live is { IsValueCreated: true })
                _live.Value.Write(new RawLine(line));
            else
                error.WriteLine(line);
        }
    }

    /// <summary>One line on standard error, exactly as it is.</summary>
    public void SayRaw(string line)
    {
        lock (_lock)
        {
            error.WriteLine(line);
            error.Flush();
        }
    }
}
