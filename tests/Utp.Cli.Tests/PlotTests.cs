using SkiaSharp;
using Utp.Plot;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary><c>utp-plot</c>.</summary>
public sealed class PlotTests
{
    [Fact]
    public void The_plot_is_a_png_with_a_curve_for_each_law()
    {
        using var folder = new TestFolder();
        var file = folder["plot.png"];
        Assert.Equal((0, ""), Run("home-20ms-10m-1mb", file, "--congestion", "lbe,ledbat"));

        using var picture = SKBitmap.Decode(file);
        Assert.Equal(0x89, File.ReadAllBytes(file)[0]);
        Assert.Equal((ProfilePlot.Width, ProfilePlot.Height), (picture.Width, picture.Height));
        // The first two colours of the palette, in each of the three panels.
        for (var panel = 0; panel < 3; panel++)
        {
            var colours = Colours(picture, panel * picture.Height / 3, (panel + 1) * picture.Height / 3);
            Assert.Contains(new SKColor(0x1F, 0x77, 0xB4), colours);
            Assert.Contains(new SKColor(0xFF, 0x7F, 0x0E), colours);
        }
    }

    [Theory]
    [InlineData(1, "There is no profile 'moon': choose from ", "moon", "plot.png")]
    [InlineData(1, "There is no congestion control law 'vegas': choose from ", "loss-1", "plot.png", "--congestion", "vegas")]
    [InlineData(1, "a folder that exists", "loss-1", "none/plot.png")]
    [InlineData(1, "a folder that exists", "loss-1", "")]
    [InlineData(2, "see utp-plot --help", "loss-1")]
    [InlineData(2, "see utp-plot --help", "loss-1", "plot.png", "--seed", "-1")]
    public void What_is_wrong_is_said_in_one_sentence(int exitCode, string said, params string[] args)
    {
        var (code, errors) = Run(args);
        Assert.Equal(exitCode, code);
        Assert.StartsWith("utp-plot: ", errors, StringComparison.Ordinal);
        Assert.Contains(said, errors, StringComparison.Ordinal);
        Assert.Single(errors.Trim().Split('\n'));
    }

    [Fact]
    public void An_interrupt_ends_it_without_a_file()
    {
        using var folder = new TestFolder();
        using var errors = new StringWriter();
        Assert.Equal(130, PlotCommand.Run(["loss-1", folder["plot.png"]], TextWriter.Null, errors, new CancellationToken(canceled: true)));
        Assert.False(File.Exists(folder["plot.png"]));
    }

    private static (int Code, string Errors) Run(params string[] args)
    {
        using var errors = new StringWriter();
        return (PlotCommand.Run(args, TextWriter.Null, errors, CancellationToken.None), errors.ToString());
    }

    private static HashSet<SKColor> Colours(SKBitmap picture, int top, int bottom) =>
        [.. Enumerable.Range(0, picture.Width).SelectMany(x => Enumerable.Range(top, bottom - top).Select(y => picture.GetPixel(x, y)))];
}
