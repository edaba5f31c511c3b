using System.CommandLine;
using System.Globalization;
using Utp.Links.Agents;
using Utp.Simulation;

namespace Utp.Links.Commands;

/// <summary><c>beside</c>: what kernel TCP keeps of its lone rate when ours is on the same link, behind queues of several sizes.</summary>
internal static class BesideCommand
{
    private const long Mega = 1_000_000;
    private const int Kilo = 1_000;

    private const string Header = "| queue | TCP | alone, Mbit/s | law | TCP beside it | keeps | simulated | ours, Mbit/s | queue p50, ms | |\n|---:|---|---:|---|---:|---:|---:|---:|---:|---|";

    public static Command Create()
    {
        var law = new Option<string>("--law") { Description = "Laws of ours, with commas between them.", HelpName = "LAW[,LAW…]", DefaultValueFactory = _ => "lbe" };
        var tcp = new Option<string>("--tcp") { Description = "Laws of the kernel's TCP.", HelpName = "LAW[,LAW…]", DefaultValueFactory = _ => "cubic,reno,bbr" };
        var queue = ShapeOptions.Numbers("--queue", "Bytes before the bottleneck, kB.", "KB[,KB…]", 256, 64, 16);
        var rate = new Option<double>("--rate") { Description = "Mbit/s.", HelpName = "MBIT", DefaultValueFactory = _ => 10 };
        var delay = new Option<double>("--delay") { Description = "One-way delay, ms.", HelpName = "MS", DefaultValueFactory = _ => 20 };
        var seconds = new Option<double>("--seconds") { Description = "Of what is measured; TCP begins 8 s before it, ours 3 s after TCP.", HelpName = "S", DefaultValueFactory = _ => 30 };
        var seeds = new Option<int>("--rounds") { Description = "Runs of each; medians are shown.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var parallel = new Option<int>("--parallel") { Description = "Links side by side.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var markdown = MarkdownPage.Option();
        var command = new Command("beside", "What kernel TCP keeps of its lone rate beside ours.") { law, tcp, queue, rate, delay, seconds, seeds, parallel, markdown };
        command.SetAction(async (parsed, cancellation) =>
        {
            var shape = LinkShape.Of(parsed.GetValue(delay), parsed.GetValue(rate)).Options with { MtuBytes = 1_500 };
            var count = parsed.GetValue(seeds);
            string[] tcpLaws = [.. parsed.GetValue(tcp)!.Split(',').Where(static name => TcpInfo.Laws.Contains(name))];
            var rows = (from kilobytes in parsed.GetValue(queue)! from t in tcpLaws select (Kilobytes: kilobytes, Tcp: t)).ToList();
            Console.WriteLine(Header);
            var lines = await LinkLanes.RunAsync(rows, parsed.GetValue(parallel), async (hosts, row) =>
            {
                var link = shape with { QueueBytes = (long)(row.Kilobytes * Kilo) };
                var profile = new Profile
                {
                    Name = "beside",
                    Title = "",
                    Forth = link,
                    Back = link,
                    Starts = [3 * Mega],
                    Tcp = new TcpTraffic(row.Tcp == "reno" ? TcpLaw.Reno : TcpLaw.Cubic, 0),
                    FromMicros = 8 * Mega,
                    UntilMicros = (8 * Mega) + (long)(parsed.GetValue(seconds) * Mega),
                };
                var alone = await MedianAsync(hosts, profile, null, row.Tcp, count, static r => r.TcpMegabits!.Value).ConfigureAwait(false);
                var text = new List<string>();
                foreach (var ours in parsed.GetValue(law)!.Split(','))
                {
                    cancellation.ThrowIfCancellationRequested();
                    var beside = await MedianAsync(hosts, profile, ours, row.Tcp, count, static r => r.TcpMegabits!.Value).ConfigureAwait(false);
                    var simulated = row.Tcp is "reno" or "cubic" ? ProfileRun.Run(profile, ours, 1, cancellation: cancellation).Values[Metric.TcpShare] / 1e6 : (double?)null;
                    text.Add(string.Create(CultureInfo.InvariantCulture,
                        $"| {row.Kilobytes} kB | {row.Tcp} | {alone.TcpMegabits:N2} | {ours} | {beside.TcpMegabits:N2} | {beside.TcpMegabits / alone.TcpMegabits:P1} | {(simulated is { } share ? share.ToString("P1", CultureInfo.InvariantCulture) : "–")} | {beside.Megabits:N2} | {beside.QueueP50Millis:N1} | {(simulated is { } s && Math.Abs((beside.TcpMegabits!.Value / alone.TcpMegabits!.Value) - s) > 0.15 ? "**differs**" : "")}{(beside.OwnDrops > 0 ? $" lost by the bench itself: {beside.OwnDrops}" : "")} |"));
                }

                return string.Join('\n', text);
            }).ConfigureAwait(false);
            MarkdownPage.Write(parsed.GetValue(markdown), "beside", $"{Header}\n{string.Join('\n', lines)}\n");
            return 0;
        });
        return command;
    }

    private static async Task<RealFigures> MedianAsync(LinkedHosts hosts, Profile profile, string? ours, string tcp, int count, Func<RealFigures, double> by)
    {
        var runs = new List<RealFigures>();
        for (var seed = 1; seed <= count; seed++)
            runs.Add(await ProfileOnLink.RunAsync(hosts, profile, ours, (ulong)seed, tcp).ConfigureAwait(false));
        return runs.OrderBy(by).ElementAt((count - 1) / 2);
    }
}
