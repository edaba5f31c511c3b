using Spectre.Console;

namespace Utp.Cli.Tests;

/// <summary>A terminal of some width that says when a text is drawn on it: what is seen only while it lasts is waited for.</summary>
/// <param name="awaited">What is waited for.</param>
internal sealed class DrawnTerminal(string awaited) : StringWriter
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>When it has been drawn.</summary>
    public Task SeenAsync() => _seen.Task.WaitAsync(UtpRun.Patience);

    /// <summary>The terminal.</summary>
    public IAnsiConsole Console(int width = 120)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(this),
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
        });
        console.Profile.Width = width;
        return console;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        lock (_lock)
            return base.ToString();
    }

    /// <inheritdoc/>
    public override void Write(string? value)
    {
        lock (_lock)
            base.Write(value);
        if (value is not null && value.Contains(awaited, StringComparison.Ordinal))
            _seen.TrySetResult();
    }
}
