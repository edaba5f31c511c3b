using System.Globalization;
using System.Net;
using System.Text;
using ScottPlot;

namespace Utp.Plot;

/// <summary>A record over time: window and flight, round trip, queueing delay, losses, one below the other; as a PNG file, or as one HTML file that needs nothing else.</summary>
internal static class TracePlot
{
    public const int Width = 1_200;
    public const int PanelHeight = 260;
    public const int Panels = 4;

    // Of each part of a curve that one column of pixels shows, the smallest and the largest value: what a person sees of it.
    private const int Parts = 1_200;
    private const int LossParts = 200;
    private const int LeftAxis = 80;

    /// <summary>The picture.</summary>
    /// <exception cref="PlotException">This machine lacks what the drawing needs.</exception>
    public static byte[] Png(TraceSeries trace) => Drawing(() =>
    {
        IMultiplot panels = new Multiplot();
        panels.AddPlots(Panels);
        for (var panel = 0; panel < Panels; panel++)
            Draw(trace, panel, panels.GetPlot(panel));
        panels.GetPlot(0).Title(trace.Title);
        return panels.Render(Width, PanelHeight * Panels).GetImageBytes(ImageFormat.Png);
    });

    /// <summary>The page.</summary>
    /// <exception cref="PlotException">This machine lacks what the drawing needs.</exception>
    public static string Html(TraceSeries trace) => Drawing(() =>
    {
        var title = WebUtility.HtmlEncode(trace.Title);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <title>{title}</title>
              <style>
                body {"{"} font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 1200px; padding: 1rem; background: #fff; color: #16202c; {"}"}
                h1 {"{"} font-size: 1.2rem; overflow-wrap: anywhere; {"}"}
                img {"{"} width: 100%; height: auto; display: block; {"}"}
                dl {"{"} display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .5rem 1rem; {"}"}
                dt {"{"} color: #55606e; {"}"} dd {"{"} margin: 0; {"}"}
              </style>
            </head>
            <body>
            <main>
            <h1>{title}</h1>
            <dl>

            """);
        foreach (var (name, value) in Numbers(trace))
            page.Append(CultureInfo.InvariantCulture, $"<div><dt>{name}</dt><dd>{value}</dd></div>\n");
        page.Append("</dl>\n");
        for (var panel = 0; panel < Panels; panel++)
        {
            var plot = new ScottPlot.Plot();
            var what = Draw(trace, panel, plot);
            var svg = Convert.ToBase64String(Encoding.UTF8.GetBytes(plot.GetSvgXml(Width, PanelHeight)));
            page.Append(CultureInfo.InvariantCulture, $"<img alt=\"{what} over time\" src=\"data:image/svg+xml;base64,{svg}\">\n");
        }

        return page.Append("</main>\n</body>\n</html>\n").ToString();
    });

    private static string Draw(TraceSeries trace, int panel, ScottPlot.Plot plot)
    {
        var label = panel switch
        {
            0 => "window and flight, kB",
            1 => "round trip, ms",
            2 => "queueing delay, ms",
            _ => "packets found lost",
        };
        switch (panel)
        {
            case 0:
                Add(plot, trace.Window, 1e3, "congestion window");
                Add(plot, trace.Flight, 1e3, "in flight");
                break;
            case 1:
                Add(plot, trace.Rtt, 1e3, "each");
                Add(plot, trace.SmoothedRtt, 1e3, "smoothed");
                break;
            case 2:
                Add(plot, trace.Queue, 1e3, null);
                break;
            default:
                AddLosses(plot, trace);
                break;
        }

        plot.YLabel(label);
        if (panel == Panels - 1)
            plot.XLabel("time, s");
        if (panel is 0 or 1 || (panel == Panels - 1 && trace.Timeouts.Count > 0))
            plot.ShowLegend(Alignment.UpperRight, Orientation.Horizontal);
        plot.Axes.Left.MinimumSize = plot.Axes.Left.MaximumSize = LeftAxis;
        plot.Axes.AutoScale();
        plot.Axes.SetLimits(0, Math.Max(trace.EndSeconds, 1e-3), 0, Math.Max(1e-3, plot.Axes.GetLimits().Top) * 1.2);
        return label;
    }

    private static void Add(ScottPlot.Plot plot, IReadOnlyList<(double Seconds, double Value)> points, double unit, string? name)
    {
        var shown = Thin(points);
        var curve = plot.Add.Scatter(shown.Select(static p => p.Seconds).ToArray(), shown.Select(p => p.Value / unit).ToArray());
        curve.LineWidth = 1.5f;
        curve.MarkerSize = 0;
        if (name is not null)
            curve.LegendText = name;
    }

    private static void AddLosses(ScottPlot.Plot plot, TraceSeries trace)
    {
        var width = Math.Max(trace.EndSeconds, 1e-3) / LossParts;
        var counts = new double[LossParts];
        foreach (var at in trace.Losses)
            counts[Math.Min(LossParts - 1, (int)(at / width))]++;
        for (var part = 0; part < LossParts; part++)
        {
            if (counts[part] > 0)
                plot.Add.Line((part + 0.5) * width, 0, (part + 0.5) * width, counts[part]).LineColor = Colors.C3;
        }

        if (trace.Timeouts.Count == 0)
            return;
        var marks = plot.Add.Markers(trace.Timeouts.ToArray(), trace.Timeouts.Select(static _ => 0.0).ToArray());
        marks.LegendText = "time-out";
        marks.Color = Colors.C1;
    }

    private static List<(double Seconds, double Value)> Thin(IReadOnlyList<(double Seconds, double Value)> points)
    {
        if (points.Count <= 2 * Parts)
            return [.. points];
        var thin = new List<(double, double)>(2 * Parts);
        for (var part = 0; part < Parts; part++)
        {
            var (from, to) = ((int)((long)points.Count * part / Parts), (int)((long)points.Count * (part + 1) / Parts));
            var (low, high) = (from, from);
            for (var i = from; i < to; i++)
            {
                if (points[i].Value < points[low].Value)
                    low = i;
                if (points[i].Value > points[high].Value)
                    high = i;
            }

            thin.Add(points[Math.Min(low, high)]);
            if (low != high)
                thin.Add(points[Math.Max(low, high)]);
        }

        return thin;
    }

    private static IEnumerable<(string Name, string Value)> Numbers(TraceSeries trace)
    {
        yield return ("Time", string.Create(CultureInfo.InvariantCulture, $"{trace.EndSeconds:0.000} s"));
        yield return ("Packets sent", trace.Sent.ToString("N0", CultureInfo.InvariantCulture));
        yield return ("Found lost", trace.Losses.Count.ToString("N0", CultureInfo.InvariantCulture));
        yield return ("Time-outs", trace.Timeouts.Count.ToString("N0", CultureInfo.InvariantCulture));
        if (trace.Rtt.Count > 0)
            yield return ("Smallest round trip", string.Create(CultureInfo.InvariantCulture, $"{trace.Rtt.Min(static p => p.Value) / 1e3:0.000} ms"));
        if (trace.Window.Count > 0)
            yield return ("Largest window", string.Create(CultureInfo.InvariantCulture, $"{trace.Window.Max(static p => p.Value) / 1e3:N0} kB"));
        if (trace.Dropped > 0)
            yield return ("Events missing in the record", trace.Dropped.ToString("N0", CultureInfo.InvariantCulture));
    }

    private static T Drawing<T>(Func<T> draw)
    {
        try
        {
            return draw();
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException)
        {
            throw new PlotException($"The plot cannot be drawn on this machine: its drawing library does not load ({e.Message.ReplaceLineEndings(" ").Trim()}).", e);
        }
    }
}
