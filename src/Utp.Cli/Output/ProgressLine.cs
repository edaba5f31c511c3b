using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Utp.Cli;

/// <summary>
/// One transfer as one line, however narrow the terminal: what is moved, a bar where there is room for one, and figures, which are fewer in a narrow one. A line that wrapped would be
/// drawn below itself.
/// </summary>
/// <param name="meterOf">The transfer of a line; null: it has just ended.</param>
internal sealed class ProgressLine(Func<ProgressTask, Meter?> meterOf) : ProgressColumn
{
    private const int MostBarCells = 30;
    private const int FewestBarCells = 8;

    // "999.9 MB of 999.9 MB  999.9 MB/s  0:00:00 left", so that the bar does not change its width with every figure.
    private const int FiguresCells = 47;

    private static readonly TimeSpan StalledAfter = TimeSpan.FromSeconds(2);

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
    {
        var meter = meterOf(task);
        // The last cell stays free, because some terminals wrap when it is written; the one before it parts the columns.
        var room = options.ConsoleSize.Width - 2;
        var label = meter?.Label ?? "";
        var figures = Figures(task, meter, isNarrow: label.Length + 1 + FiguresCells > room);
        var line = new Paragraph().Append(label + " ");
        var cells = Math.Min(MostBarCells, room - label.Length - 2 - Math.Max(FiguresCells, figures.Length));
        if (!task.IsIndeterminate && cells >= FewestBarCells)
        {
            var done = (int)(cells * Math.Clamp(task.Value / task.MaxValue, 0, 1));
            var cell = options.Unicode ? '━' : '-';
            line.Append(new string(cell, done), new Style(Color.Green)).Append(new string(options.Unicode ? cell : ' ', cells - done), new Style(Color.Grey)).Append(" ");
        }

        var left = Math.Max(0, room - label.Length - 1);
        return line.Append(figures.Length <= left ? figures : figures[..left]);
    }

    // In decimal units, as all figures here; without a total there is nothing to wait for.
    private static string Figures(ProgressTask task, Meter? meter, bool isNarrow)
    {
        var amount = ByteSize.Text((long)task.Value);
        if (task.Value > 0 && meter?.Still >= StalledAfter)
            return $"{amount}  stalled for {Texts.Clock(meter.Still)}";
        var rate = task.Speed is { } speed ? $"{ByteSize.Text((long)speed)}/s" : "";
        if (task.IsIndeterminate)
            return $"{amount}  {rate}";
        var share = isNarrow ? string.Create(CultureInfo.InvariantCulture, $"{(int)(100 * task.Value / task.MaxValue)}%") : $"{amount} of {ByteSize.Text((long)task.MaxValue)}";
        return task.RemainingTime is { } time && rate.Length > 0 ? $"{share}  {rate}  {Texts.Clock(time)} left" : $"{share}  {rate}";
    }
}
