using System.CommandLine;
using System.Globalization;
using Utp.Links.Agents;

namespace Utp.Links.Commands;

/// <summary><c>self</c>: what the bench itself adds between two plain UDP sockets, on a machine at rest and on one whose cores are all busy.</summary>
internal static class SelfCommand
{
    private const string Header = "| path | offered, Mbit/s | load | arrived, Mbit/s | lost | by the bench | delay beyond what is asked: min, µs | p50 | p99 | p99.9 | max | router late p50, µs | p99 | p99.9 | router busy |\n|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|";

    private static readonly bool[] Loads = [false, true];

    public static Command Create()
    {
        var seconds = new Option<double>("--seconds") { Description = "Of each measurement.", HelpName = "S", DefaultValueFactory = _ => 3 };
        var command = new Command("self", "Measures the bench: what it adds to a plain UDP socket's delay, what it carries, how exact its rate is.") { seconds };
        command.SetAction(async (parsed, cancellation) =>
        {
            var length = parsed.GetValue(seconds);
            Console.WriteLine(Header);
            foreach (var isLoaded in Loads)
            {
                using var load = isLoaded ? new Burners() : null;
                var loadText = isLoaded ? "all cores" : "none";
                var direct = ShapedHosts.Start(KernelShape.None, 0);
                await using (direct)
                {
                    var probe = await direct.TransferAsync(Plan(100, length), TimeSpan.FromSeconds(60)).ConfigureAwait(false);
                    Show("three namespaces, veth, no router of ours", 100, loadText, probe, 0, null, 0);
                }

                (string, LinkShape, double)[] cases =
                [
                    ("router, 0 ms", LinkShape.Of(0), 10),
                    ("router, 0 ms", LinkShape.Of(0), 100),
                    ("router, 0 ms", LinkShape.Of(0), 400),
                    ("router, 20 ms", LinkShape.Of(20), 10),
                    ("router, 20 ms", LinkShape.Of(20), 100),
                    ("router, 1 ms, rate 100", LinkShape.Of(1, 100, 64_000), 50),
                    ("router, 1 ms, rate 100, full queue of 64 kB", LinkShape.Of(1, 100, 64_000), 120),
                    ("router, 1 ms, rate 10, full queue of 64 kB", LinkShape.Of(1, 10, 64_000), 12),
                    ("router, 0 ms, as much as comes", LinkShape.Of(0), 0),
                ];
                foreach (var (name, shape, offered) in cases)
                {
                    if (cancellation.IsCancellationRequested)
                        return 1;
                    await using var hosts = LinkedHosts.Start(new RealLinkOptions { Forth = shape, Back = shape });
                    var probe = await hosts.TransferAsync(Plan(offered, length), TimeSpan.FromSeconds(60)).ConfigureAwait(false);
                    var (forth, _) = await hosts.Link.ReadAsync().ConfigureAwait(false);
                    Show(name, offered, loadText, probe, await hosts.Link.OwnDropsAsync().ConfigureAwait(false), forth.Lateness, hosts.Link.RouterLoad, shape.Options.LatencyMicros);
                }
            }

            return 0;
        });
        return command;
    }

    private static FlowPlan Plan(double megabits, double seconds)
    {
        const int PacketBytes = 1_372;
        const double FastestMegabits = 4_000;
        return new FlowPlan { Carrier = Carrier.Probe, Megabits = megabits, Bytes = (long)((megabits == 0 ? FastestMegabits / 4 : megabits) * seconds * 125_000 / 1_400) * PacketBytes };
    }

    private static void Show(string name, double offered, string load, TransferResult probe, long ownDrops, Router.DelayHistogram? late, double busy, long delayMicros = 0)
    {
        const double IPShare = 1_400.0 / 1_372;
        var (sent, received, delays) = (probe.Sent, probe.Received, probe.Received.Delays ?? new DelaySummary(0, 0, 0, 0, 0));
        var megabits = received.Bytes * IPShare * 8_000 / Math.Max(1, received.LastNanos - received.StartedNanos);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {(offered == 0 ? "all" : offered)} | {load} | {megabits:N2} | {1 - ((double)received.PacketsSent / sent.PacketsSent):P2} | {ownDrops} | {delays.Min - delayMicros:N0} | {delays.P50 - delayMicros:N0} | {delays.P99 - delayMicros:N0} | {delays.P999 - delayMicros:N0} | {delays.Max - delayMicros:N0} | {late?.Percentile(50) ?? 0:N0} | {late?.Percentile(99) ?? 0:N0} | {late?.Percentile(99.9) ?? 0:N0} | {busy:P0} |"));
    }

    /// <summary>A thread for each core that does nothing but be busy.</summary>
    private sealed class Burners : IDisposable
    {
        private volatile bool _stops;

        public Burners()
        {
            for (var i = 0; i < Environment.ProcessorCount; i++)
            {
                new Thread(() =>
                {
                    while (!_stops)
                        Thread.SpinWait(1_000);
                })
                { IsBackground = true }.Start();
            }
        }

        public void Dispose() => _stops = true;
    }
}
