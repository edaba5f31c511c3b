using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Utp.Cli;

/// <summary>A frame of a page as a table for a terminal. What comes from peers is escaped, so that it cannot draw.</summary>
internal static class TopTable
{
    private const string Bars = "▁▂▃▄▅▆▇█";
    private const int Points = 12;
    private const int Levels = 60;

    public static IRenderable Of(JsonElement frame, TopView view)
    {
        var all = frame.GetProperty("all");
        var (first, total) = (frame.GetProperty("first").GetInt32(), frame.GetProperty("total").GetInt32());
        view.OnShown(first);
        var now = frame.GetProperty("at").GetInt64();
        var head = string.Create(
            CultureInfo.InvariantCulture, $"{Texts.Count(all.GetProperty("live").GetInt64())} connections, sending {Rate(all, "sent")}, receiving {Rate(all, "received")}");
        if (frame.TryGetProperty("problem", out var problem))
            head += ". " + problem.GetString();

        var table = new Table().Border(TableBorder.Simple).Expand();
        foreach (var (name, title) in ((string, string)[])[("remote", "Peer"), ("state", "State"), ("age", "Age"), ("rate", "Rate"), ("", ""), ("total", "Moved"), ("rtt", "Round trip"), ("queue", "Queue"), ("window", "Window"), ("loss", "Lost")])
        {
            var column = new TableColumn(new Text(title + (name == view.Sort ? view.Descending ? " ▼" : " ▲" : ""))) { NoWrap = true };
            table.AddColumn(name is "remote" or "state" or "" ? column : column.RightAligned());
        }

        foreach (var row in frame.GetProperty("rows").EnumerateArray())
        {
            table.AddRow(
                new Text(Sentences.OneLine(row.GetProperty("remote").GetString()!)),
                new Text(row.GetProperty("state").GetString() + (row.GetProperty("accepted").GetBoolean() ? " ←" : " →")),
                new Text(Texts.Duration(TimeSpan.FromSeconds(Math.Max(0, (now - row.GetProperty("began").GetInt64()) / 1_000)))),
                new Text(Speed(row.GetProperty("sent").GetInt64() + row.GetProperty("received").GetInt64())),
                new Text(Line(row.GetProperty("rateLine").GetString()!)),
                new Text(ByteSize.Text(row.GetProperty("total").GetInt64())),
                new Text(Texts.Micros(row.GetProperty("rtt").GetInt64())),
                new Text(Texts.Micros(row.GetProperty("queue").GetInt64())),
                new Text(ByteSize.Text(row.GetProperty("window").GetInt64())),
                new Text(row.GetProperty("loss").GetDouble().ToString("0.00 %", CultureInfo.InvariantCulture)));
        }

        var shown = frame.GetProperty("rows").GetArrayLength();
        var foot = string.Create(CultureInfo.InvariantCulture, $"{(shown == 0 ? 0 : first + 1)} to {first + shown} of {total}   s, r: sort   ↑ ↓ PgUp PgDn: scroll   q: end");
        return new Rows(new Text(head), table, new Text(foot));
    }

    private static string Rate(JsonElement of, string name) => Speed(of.GetProperty(name).GetInt64());

    private static string Speed(long bytesPerSecond) => bytesPerSecond == 0 ? "0" : ByteSize.Text(bytesPerSecond) + "/s";

    // The page's lines are letters from @ (0) to | (the largest value).
    private static string Line(string letters) => string.Create(Math.Min(Points, letters.Length), letters, static (line, all) =>
    {
        for (var i = 0; i < line.Length; i++)
            line[i] = Bars[(all[all.Length - line.Length + i] - '@') * (Bars.Length - 1) / Levels];
    });
}
