using SkiaSharp;
using Utp.Plot;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary><c>utp-plot trace</c>, and <c>utp trace plot</c>.</summary>
public sealed class TracePlotTests
{
    [Fact]
    public async Task A_recorded_transfer_is_drawn_as_a_picture_and_as_a_page_that_needs_nothing_else()
    {
        using var folder = new TestFolder();
        using var demo = UtpRun.Start("demo", "--size", "2MB", "--set", $"utp.trace={folder.Path}", "--set", "utp.trace-kind=qlog");
        Assert.Equal(ExitCode.Done, await demo.ExitAsync());
        var record = new DirectoryInfo(folder.Path).EnumerateFiles("*.sqlog").MaxBy(static file => file.Length)!.FullName;

        Assert.Equal((0, ""), Run("trace", record));

        using var picture = SKBitmap.Decode(record + ".png");
        Assert.Equal((TracePlot.Width, TracePlot.Panels * TracePlot.PanelHeight), (picture.Width, picture.Height));
        // A curve in each of the first three panels.
        for (var panel = 0; panel < 3; panel++)
            Assert.True(Has(picture, panel, new SKColor(0x1F, 0x77, 0xB4)), $"Panel {panel} has no curve.");
        var page = File.ReadAllText(record + ".html");
        Assert.Equal(TracePlot.Panels, page.Split("<img alt=").Length - 1);
        Assert.DoesNotContain("http://", page.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_tells_windows_delays_losses_and_what_it_lacks()
    {
        using var folder = new TestFolder();
        var file = Write(folder, "a<b>", """
            {"time":1.000,"name":"utp:window_updated","data":{"congestion_window":3000,"bytes_in_flight":1400,"peer_window":9}}
            {"time":2.000,"name":"utp:rtt_updated","data":{"latest_rtt":30000,"path_rtt":20000,"smoothed_rtt":25000,"rto":500000}}
            {"time":3.000,"name":"utp:rtt_updated","data":{"latest_rtt":35000,"path_rtt":26000,"smoothed_rtt":26000,"rto":500000}}
            {"time":4.000,"name":"utp:packet_sent","data":{"type":"data"}}
            {"time":5.000,"name":"utp:packet_lost","data":{"seq_nr":1,"payload_length":1,"cause":"rack"}}
            {"time":6.000,"name":"utp:timer_expired","data":{"timer":"retransmission"}}
            {"time":7.000,"name":"utp:events_dropped","data":{"count":12}}
            {"time":8.000,"name":"utp:something_new","data":{}}
            {"time":9.000,"name":"utp:packet_s
            """);

        var trace = TraceSeries.Read([file], CancellationToken.None);

        Assert.Equal([(0.001, 3_000)], trace.Window);
        Assert.Equal([(0.001, 1_400)], trace.Flight);
        Assert.Equal([(0.002, 0), (0.003, 6_000)], trace.Queue);
        Assert.Equal([0.005], trace.Losses);
        Assert.Equal([0.006], trace.Timeouts);
        Assert.Equal((1, 12, 0.008), (trace.Sent, trace.Dropped, trace.EndSeconds));
        Assert.Contains("<h1>a&lt;b&gt;</h1>", TracePlot.Html(trace), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing", "is no record of a connection")]
    [InlineData("{\"trace\":{\"event_schemas\":[\"urn:ietf:params:qlog:events:quic-12\"]}}", "is a qlog of something else")]
    [InlineData("", "has no window and no round trip")]
    public void What_is_no_record_is_said_in_one_sentence(string content, string said)
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["x.sqlog"], content);

        var (code, errors) = Run("trace", folder["x.sqlog"]);

        Assert.Equal(1, code);
        Assert.Contains(said, errors, StringComparison.Ordinal);
        Assert.Single(errors.Trim().Split('\n'));
    }

    [Fact]
    public void A_damaged_line_a_file_that_is_missing_and_another_kind_of_picture_are_said()
    {
        using var folder = new TestFolder();
        var file = Write(folder, "x", "{]\n{\"time\":1.000,\"name\":\"utp:packet_sent\",\"data\":{}}\n{}");

        Assert.Contains("is damaged in line 2", Run("trace", file).Errors, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Run("trace", folder["none"]).Errors, StringComparison.Ordinal);
        Assert.Contains("neither a .png nor a .html file", Run("trace", file, "--out", "x.gif").Errors, StringComparison.Ordinal);
    }

    private static string Write(TestFolder folder, string title, string events)
    {
        var file = folder["x.sqlog"];
        var lines = events.Split('\n').Prepend($"{{\"title\":\"{title}\",\"trace\":{{\"event_schemas\":[\"urn:utp-for-akka:qlog:events:utp-1\"]}}}}");
        File.WriteAllText(file, string.Join('\n', lines.Select(static line => "\u001e" + line.Trim())));
        return file;
    }

    private static (int Code, string Errors) Run(params string[] args)
    {
        using var errors = new StringWriter();
        return (PlotCommand.Run(args, TextWriter.Null, errors, CancellationToken.None), errors.ToString());
    }

    private static bool Has(SKBitmap picture, int panel, SKColor colour) =>
        Enumerable.Range(0, picture.Width).Any(x => Enumerable.Range(panel * TracePlot.PanelHeight, TracePlot.PanelHeight).Any(y => picture.GetPixel(x, y) == colour));
}
