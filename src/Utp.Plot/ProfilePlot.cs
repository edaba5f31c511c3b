using System.Globalization;
using ScottPlot;
using ScottPlot.Plottables;
using Utp.Simulation;

namespace Utp.Plot;

/// <summary>A profile over time, a curve for each law: congestion window, queue, goodput, one below the other.</summary>
internal static class ProfilePlot
{
    public const int Width = 1_200;
    public const int Height = 1_000;

    // Goodput is a mean over this part of the run, but not below the time in which some packets come.
    private const int GoodputParts = 150;
    private const long MinGoodputMicros = 50_000;

    /// <summary>The picture as a PNG file.</summary>
    /// <param name="runs">Of one profile and one seed, recorded.</param>
    /// <exception cref="PlotException">This machine lacks what the drawing needs.</exception>
    public static byte[] Draw(IReadOnlyList<ProfileResult> runs)
    {
        try
        {
            return Draw(runs[0], runs).GetImageBytes(ImageFormat.Png);
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException)
        {
            throw new PlotException($"The plot cannot be drawn on this machine: its drawing library does not load ({e.Message.ReplaceLineEndings(" ").Trim()}).", e);
        }
    }

    private static Image Draw(ProfileResult first, IReadOnlyList<ProfileResult> runs)
    {
        IMultiplot panels = new Multiplot();
        panels.AddPlots(3);
        var (window, queue, goodput) = (panels.GetPlot(0), panels.GetPlot(1), panels.GetPlot(2));
        foreach (var run in runs)
        {
            var samples = run.Series;
            var seconds = samples.Select(static s => s.AtMicros / 1e6).ToArray();
            Add(window, seconds, samples.Select(static s => s.WindowBytes / 1e3)).LegendText = run.Law;
            Add(queue, seconds, samples.Select(static s => s.QueueMicros / 1e3));
            Add(goodput, seconds, Goodput(samples));
        }

        window.Title(string.Create(CultureInfo.InvariantCulture, $"{first.Profile.Name}: {first.Profile.Title} (seed {first.Seed})"));
        window.YLabel("cwnd of the first flow, kB");
        queue.YLabel("queue, ms");
        goodput.YLabel("goodput, Mbit/s");
        goodput.XLabel("time, s");
        window.ShowLegend(Alignment.UpperRight, Orientation.Horizontal);
        foreach (var panel in panels.GetPlots())
            Frame(panel, runs.Max(static r => r.Series[^1].AtMicros) / 1e6);
        return panels.Render(Width, Height);
    }

    private static SignalXY Add(ScottPlot.Plot panel, double[] seconds, IEnumerable<double> values)
    {
        var curve = panel.Add.SignalXY(seconds, [.. values]);
        curve.LineWidth = 1.5f;
        curve.MarkerSize = 0;
        return curve;
    }

    // One width for the left axes, so that the same moment stands at the same place in all panels; above the curves room for the legend.
    private static void Frame(ScottPlot.Plot panel, double endSeconds)
    {
        const int LeftAxis = 80;
        const double Headroom = 1.2;
        panel.Axes.Left.MinimumSize = panel.Axes.Left.MaximumSize = LeftAxis;
        panel.Axes.AutoScale();
        panel.Axes.SetLimits(0, endSeconds, 0, Math.Max(1, panel.Axes.GetLimits().Top) * Headroom);
    }

    // Mbit/s, over the time before each sample.
    private static IEnumerable<double> Goodput(IReadOnlyList<ProfileSample> samples)
    {
        var span = Math.Max(MinGoodputMicros, samples[^1].AtMicros / GoodputParts);
        var from = 0;
        for (var i = 0; i < samples.Count; i++)
        {
            while (samples[i].AtMicros - samples[from].AtMicros > span)
                from++;
            var micros = samples[i].AtMicros - samples[from].AtMicros;
            yield return micros == 0 ? 0 : (samples[i].ArrivedIPBytes - samples[from].ArrivedIPBytes) * 8.0 / micros;
        }
    }
}
