using System.Collections.Concurrent;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Utp.Cli;

/// <summary>Draws a line per running transfer on a terminal: bar, rate and time left where the size is known. Draws nothing elsewhere.</summary>
internal sealed class ProgressDisplay(Terminal terminal)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<Meter, bool> _running = new();
    private readonly ConcurrentDictionary<Meter, ProgressTask> _drawn = new();

    /// <summary>Shows a transfer from now on; any thread.</summary>
    public Meter Start(Meter meter)
    {
        _running[meter] = true;
        return meter;
    }

    /// <summary>Shows it no longer.</summary>
    public void Stop(Meter meter) => _running.TryRemove(meter, out _);

    /// <summary>Draws until the work is done, and gives its result.</summary>
    public Task<T> WhileAsync<T>(Task<T> work)
    {
        return terminal.Live is not { } console
            ? work
            : console.Progress()
                .AutoClear(true)
                .Columns(new ProgressLine(task => _drawn.FirstOrDefault(pair => pair.Value == task).Key), new Nothing())
                .StartAsync(context => DrawAsync(context, work));
    }

    /// <summary>Beside the line, because a single column without a row has no width, and is drawn as an ellipsis.</summary>
    private sealed class Nothing : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => Text.Empty;
    }

    private async Task<T> DrawAsync<T>(ProgressContext context, Task<T> work)
    {
        var drawn = _drawn;
        while (!work.IsCompleted)
        {
            foreach (var meter in _running.Keys)
            {
                if (!drawn.TryGetValue(meter, out var line))
                {
                    line = context.AddTask(Markup.Escape(meter.Label), maxValue: meter.TotalBytes ?? 1);
                    drawn[meter] = line;
                }

                // Without a total the bar only moves, and the amount and the rate say the rest.
                line.IsIndeterminate = meter.TotalBytes is null;
                line.MaxValue = meter.TotalBytes ?? Math.Max(meter.Bytes + 1, 1);
                line.Value = meter.Bytes;
            }

            foreach (var (meter, line) in drawn.Where(pair => !_running.ContainsKey(pair.Key)).ToList())
            {
                context.RemoveTask(line);
                drawn.TryRemove(meter, out _);
            }

            await Task.WhenAny(work, Task.Delay(Interval)).ConfigureAwait(false);
        }

        return await work.ConfigureAwait(false);
    }
}
