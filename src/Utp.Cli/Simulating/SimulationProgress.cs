using System.Globalization;
using Spectre.Console;

namespace Utp.Cli;

/// <summary>How far the runs are, on a terminal; nothing elsewhere.</summary>
internal static class SimulationProgress
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Draws until <paramref name="work"/> is done.</summary>
    public static Task WhileAsync(IAnsiConsole? console, SimulationRuns runs, Task work) => console is null
        ? work
        : console.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn { Width = 30 }, new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(context => DrawAsync(context, runs, work));

    private static async Task DrawAsync(ProgressContext context, SimulationRuns runs, Task work)
    {
        var line = context.AddTask(Text(runs), maxValue: runs.Count);
        while (!work.IsCompleted)
        {
            line.Value = runs.Done;
            line.Description = Text(runs);
            await Task.WhenAny(work, Task.Delay(Interval)).ConfigureAwait(false);
        }

        await work.ConfigureAwait(false);
    }

    private static string Text(SimulationRuns runs) =>
        Markup.Escape(string.Create(CultureInfo.InvariantCulture, $"{runs.Done} of {runs.Count} runs; now {runs.Latest}"));
}
