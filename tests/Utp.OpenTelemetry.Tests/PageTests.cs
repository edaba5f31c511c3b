using System.Diagnostics.Metrics;
using System.Text;
using Utp.Actors;

namespace Utp.OpenTelemetry.Tests;

/// <summary>
/// The table of metrics in <c>docs/observing.md</c> is written from the code. To write it anew:
/// <c>UTP_ACCEPT_DOCS=1 dotnet test tests/Utp.OpenTelemetry.Tests -c Release --filter PageTests</c>, and commit the page.
/// </summary>
public sealed class PageTests
{
    private const string Begin = "<!-- metrics: begin -->\n";
    private const string End = "<!-- metrics: end -->";

    [Fact]
    public async Task The_table_of_metrics_is_what_the_code_says()
    {
        var file = Path.Combine(Repository.Root, "docs", "observing.md");
        var page = await File.ReadAllTextAsync(file);
        var (from, to) = (page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, page.IndexOf(End, StringComparison.Ordinal));
        Assert.True(from >= Begin.Length && to >= from, $"{file} has no marks for the table.");
        var table = await TableAsync();

        if (Environment.GetEnvironmentVariable("UTP_ACCEPT_DOCS") == "1")
            await File.WriteAllTextAsync(file, page[..from] + table + page[to..]);
        else
            Assert.True(page[from..to] == table, $"{file} is stale: write it anew as the summary of {nameof(PageTests)} says.\n{table}");
    }

    [Fact]
    public async Task OpenTelemetry_exports_every_instrument_of_the_meter()
    {
        using var exported = new Exported();
        await using var pair = await Pair.StartAsync();
        await Pair.CloseAsync(await pair.WriteAsync(1_000));
        await Pair.UntilAsync(() => Task.FromResult(Collected(exported)), static names => names.Count() == UtpMeter.Instruments.Count());

        Assert.Equal(UtpMeter.Instruments.Select(static instrument => instrument.Name).Order(StringComparer.Ordinal), Collected(exported));
    }

    private static IEnumerable<string> Collected(Exported exported)
    {
        exported.Collect();
        return exported.Metrics.Select(static metric => metric.Split(' ')[0]).Order(StringComparer.Ordinal);
    }

    private static async Task<string> TableAsync()
    {
        using var heard = new Heard();
        await using var pair = await Pair.StartAsync();
        await Pair.CloseAsync(await pair.WriteAsync(1_000));
        await Pair.UntilAsync(() => Task.FromResult(heard["utp.connection.duration{utp.close.cause=closed}"]), static count => count > 0);
        var table = new StringBuilder("| metric | kind | unit | tag: values | what it is |\n|---|---|---|---|---|\n");
        foreach (var instrument in UtpMeter.Instruments.OrderBy(static instrument => instrument.Name, StringComparer.Ordinal))
            table.Append($"| `{instrument.Name}` | {Kind(instrument)} | `{instrument.Unit}` | {Tags(instrument, heard.Streams)} | {instrument.Description} |\n");
        return table.ToString();
    }

    private static string Kind(Instrument instrument) => instrument switch
    {
        Histogram<double> => "histogram",
        ObservableUpDownCounter<long> => "gauge",
        _ => "counter",
    };

    private static string Tags(Instrument instrument, IEnumerable<string> streams)
    {
        var prefix = instrument.Name + "{";
        var tags = streams.Where(stream => stream.StartsWith(prefix, StringComparison.Ordinal)).Select(stream => stream[prefix.Length..^1].Split('=')).ToList();
        if (tags.Count == 0)
            return "";

        // A histogram has heard of some causes only, of which utp.connection.closed has all.
        var values = instrument is Histogram<double> ? "as `utp.connection.closed`" : string.Join(", ", tags.Select(static tag => $"`{tag[1]}`"));
        return $"`{tags[0][0]}`: {values}";
    }
}
