using System.CommandLine;
using System.Globalization;
using Utp.Links.Agents;

namespace Utp.Links.Commands;

/// <summary><c>self</c>: what the bench itself adds between two plain UDP sockets, on a machine at rest and on one whose cores are all busy.</summary>
internal static class SelfCommand
{
    private const string Header = "| path | offered, Mbit/s | load | carried, Mbit/s | dropped by the queue | lost by the bench | lost at the sockets | delay beyond what is asked (of a rate: a packet's own time, too): min, µs | p50 | p99 | p99.9 | max | router late p50, µs | p99 | p99.9 | router busy |\n|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|";

    private static readonly bool[] Loads = [false, true];

    public static Command Create()
    {
        var seconds = new Option<double>("--seconds") { Description = "Of each measurement.", HelpName = "S", DefaultValueFactory = _ => 3 };
        var markdown = MarkdownPage.Option();
        var command = new Command("self", "Measures the bench: what it adds to a plain UDP socket's delay, what it carries, how exact its rate is.") { seconds, markdown };
        command.SetAction(async (parsed, cancellation) =>
        {
            var length = parsed.GetValue(seconds);
            var lines = new List<string> { Header };
            Console.WriteLine(Header);
            foreach (var isLoaded in Loads)
            {
                using var load = isLoaded ? new BusyCores() : null;
                var loadText = isLoaded ? "all cores" : "none";
                var direct = ShapedHosts.Start(KernelShape.None, 0);
                await using (direct)
                {
                    var probe = await direct.TransferAsync(Plan(100, length), TimeSpan.FromSeconds(60)).ConfigureAwait(false);
                    Show(lines, "three namespaces, veth, no router of ours", 100, loadText, probe, 0, null, 0, 0);
                }

                (string, LinkShape, double)[] cases =
                [
                    ("router, 0 ms", LinkShape.Of(0), 10),
                    ("router, 0 ms", LinkShape.Of(0), 100),
                    ("router, 0 ms", LinkShape.Of(0), 400),
                    ("router, 20 ms", LinkShape.Of(20), 10),
                    ("router, 20 ms", LinkShape.Of(20), 100),
                    ("router, 1 ms, rate 100", LinkShape.Of(1, 100, 256_000), 50),
                    ("router, 1 ms, rate 100, full queue of 64 kB", LinkShape.Of(1, 100, 64_000), 120),
                    ("router, 1 ms, rate 10, full queue of 64 kB", LinkShape.Of(1, 10, 64_000), 12),
                    ("router, 0 ms", LinkShape.Of(0), 800),
                ];
                foreach (var (name, shape, offered) in cases)
                {
                    if (cancellation.IsCancellationRequested)
                        return 1;
                    await using var hosts = LinkedHosts.Start(new RealLinkOptions { Forth = shape, Back = shape });
                    var probe = await hosts.TransferAsync(Plan(offered, length), TimeSpan.FromSeconds(60)).ConfigureAwait(false);
                    var (forth, _) = await hosts.Link.ReadAsync().ConfigureAwait(false);
                    Show(lines, name, offered, loadText, probe, await hosts.Link.OwnDropsAsync().ConfigureAwait(false), forth, hosts.Link.RouterLoad, shape.Options.LatencyMicros + OwnTimeMicros(shape));
                }
            }

            MarkdownPage.Write(parsed.GetValue(markdown), "self", string.Join('\n', lines) + "\n");
            return 0;
        });
        return command;
    }

    private static FlowPlan Plan(double megabits, double seconds)
    {
        const int PacketBytes = 1_372;
        return new FlowPlan { Carrier = Carrier.Probe, Megabits = megabits, Bytes = (long)(megabits * seconds * 125_000 / 1_400) * PacketBytes };
    }

    private static long OwnTimeMicros(LinkShape shape) => shape.Options.RateBytesPerSecond == 0 ? 0 : 1_400 * 1_000_000L / shape.Options.RateBytesPerSecond;

    private static void Show(List<string> lines, string name, double offered, string load, TransferResult probe, long ownDrops, Router.RoutedLinkStatistics? forth, double busy, long askedMicros)
    {
        const double IPShare = 1_400.0 / 1_372;
        var (sent, received, delays) = (probe.Sent, probe.Received, probe.Received.Delays ?? new DelaySummary(0, 0, 0, 0, 0));
        var queued = forth?.Dropped(Router.RoutedDrop.Queue) ?? 0;
        var carried = (sent.PacketsSent - queued) * 1_372 * IPShare * 8_000 / Math.Max(1, received.LastNanos - received.StartedNanos);
        var late = forth?.Lateness;
        lines.Add(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {offered} | {load} | {carried:N2} | {(double)queued / sent.PacketsSent:P1} | {ownDrops} | {sent.PacketsSent - queued - received.PacketsSent} | {delays.Min - askedMicros:N0} | {delays.P50 - askedMicros:N0} | {delays.P99 - askedMicros:N0} | {delays.P999 - askedMicros:N0} | {delays.Max - askedMicros:N0} | {late?.Percentile(50) ?? 0:N0} | {late?.Percentile(99) ?? 0:N0} | {late?.Percentile(99.9) ?? 0:N0} | {busy:P0} |"));
        Console.WriteLine(lines[^1]);
    }
}
