using System.Collections.Concurrent;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Utp.Cli;

/// <summary>Draws a line per running transfer on a terminal: bar, rate and time left where the size is known. Draws nothing elsewhere.</summary>
internal sealed class ProgressDisplay(Terminal terminal)
{
    private static readonly TimeSpan StalledAfter = TimeSpan.FromSeconds(2);
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
                .Columns(
                    new TaskDescriptionColumn { Alignment = Justify.Left },
                    new ProgressBarColumn { Width = 30 },
                    new FiguresColumn(task => _drawn.FirstOrDefault(pair => pair.Value == task).Key))
                .StartAsync(context => DrawAsync(context, work));
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

    // In decimal units, as all figures here; without a total there is nothing to wait for.
    private sealed class FiguresColumn(Func<ProgressTask, Meter?> meterOf) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            var amount = ByteSize.Text((long)task.Value);
            if (task.Value > 0 && meterOf(task) is { } meter && meter.Still >= StalledAfter)
                return new Text($"{amount}  stalled for {Texts.Clock(meter.Still)}");
            var rate = task.Speed is { } speed ? $"{ByteSize.Text((long)speed)}/s" : "";
            if (task.IsIndeterminate)
                return new Text($"{amount}  {rate}");
            var left = task.RemainingTime is { } time && rate.Length > 0 ? $"{Texts.Clock(time)} left" : "";
            return new Text($"{amount} of {ByteSize.Text((long)task.MaxValue)}  {rate}  {left}");
        }
    }
}
