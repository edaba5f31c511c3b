using System.CommandLine;

namespace Utp.Plot;

/// <summary><c>utp-plot trace FILE…</c>: draws a record of a connection, as a PNG file and as an HTML file beside it.</summary>
internal static class TraceCommand
{
    public static Command Create(CancellationToken interrupt)
    {
        var files = new Argument<string[]>("FILE") { Description = "The record (.sqlog) that utp.trace or StartTrace has written; several files of one record in their order.", Arity = ArgumentArity.OneOrMore };
        var to = new Option<string?>("--out") { Description = "Write this file alone: .png or .html. Left out: both, beside the record.", HelpName = "FILE" };
        var command = new Command("trace", "Draws a record of a connection: window and flight, round trip, queueing delay and losses over time.") { files, to };
        command.SetAction(parsed =>
        {
            Draw(parsed.GetValue(files)!, parsed.GetValue(to), interrupt);
            return 0;
        });
        return command;
    }

    private static void Draw(string[] files, string? to, CancellationToken interrupt)
    {
        var (png, html) = Path.GetExtension(to)?.ToLowerInvariant() switch
        {
            null => (files[0] + ".png", files[0] + ".html"),
            ".png" => (to, (string?)null),
            ".html" or ".htm" => ((string?)null, to),
            _ => throw new PlotException($"'{to}' is neither a .png nor a .html file: name one of these, or leave --out out for both."),
        };
        var trace = TraceSeries.Read(files, interrupt);
        Write(png, () => TracePlot.Png(trace));
        Write(html, () => System.Text.Encoding.UTF8.GetBytes(TracePlot.Html(trace)));
    }

    private static void Write(string? file, Func<byte[]> draw)
    {
        if (file is null)
            return;
        var bytes = draw();
        try
        {
            File.WriteAllBytes(file, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlotException($"'{file}' cannot be written: {e.Message}", e);
        }
    }
}
