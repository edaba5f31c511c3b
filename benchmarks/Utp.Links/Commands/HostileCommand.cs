using System.CommandLine;
using System.Globalization;
using Utp.Links.Agents;
using Utp.Links.Hostile;

namespace Utp.Links.Commands;

/// <summary>
/// <c>hostile</c>: what an attack leaves of a transfer to the attacked port, beside what the same attack on another port of the victim leaves; whether users' connections open, and what
/// the victim's process holds. A flood costs its sender's and the kernel's time on this machine, too; that is why there is a control.
/// </summary>
internal static class HostileCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(2);
    private static readonly string[] Settings = ["utp.max-datagram-size = 1372"];

    public static Command Create()
    {
        var rates = ShapeOptions.Numbers("--rate", "Packets a second of the attack.", "N[,N…]", 2_000, 100_000, 200_000);
        var kinds = new Option<AttackKind[]>("--attack")
        {
            Description = "What is done; with --duration All by default.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [AttackKind.SynFlood, AttackKind.SynInName],
        };
        var seconds = new Option<double>("--seconds") { Description = "How long each is measured.", HelpName = "S", DefaultValueFactory = _ => 6 };
        var duration = new Option<double>("--duration") { Description = "One run of so many seconds instead, at the first rate, with a line every ten seconds.", HelpName = "S" };
        var command = new Command("hostile", "What attacks leave of transfers and connects, beside the same attack on another port.") { rates, kinds, seconds, duration };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var hosts = HostileHosts.Start();
            var run = await Run.StartAsync(hosts).ConfigureAwait(false);
            if (parsed.GetValue(duration) is > 0 and var whole)
            {
                var kind = parsed.GetResult(kinds) is { Implicit: false } ? parsed.GetValue(kinds)![0] : AttackKind.All;
                return await LongRunAsync(run, kind, parsed.GetValue(rates)![0], TimeSpan.FromSeconds(whole), cancellation).ConfigureAwait(false);
            }

            Console.WriteLine("| attack | packets/s asked | sent to the port / beside it | MB/s left beside | MB/s left | kept | connects | p50, ms | worst, ms | bytes out per byte in | resident, MB |");
            Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
            foreach (var kind in parsed.GetValue(kinds)!)
            {
                foreach (var rate in parsed.GetValue(rates)!)
                {
                    var span = TimeSpan.FromSeconds(parsed.GetValue(seconds));
                    var beside = await run.MeasureAsync(kind, rate, span, beside: true).ConfigureAwait(false);
                    var at = await run.MeasureAsync(kind, rate, span, beside: false).ConfigureAwait(false);
                    var factor = await run.AmplificationAsync(kind, rate).ConfigureAwait(false);
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"| {kind} | {rate:N0} | {at.PacketsPerSecond:N0} / {beside.PacketsPerSecond:N0} | {beside.Megabytes:N1} | {at.Megabytes:N1} | {at.Megabytes / beside.Megabytes:P0} | {at.Opened} of {at.Tried} | {at.MedianMillis:N0} | {at.WorstMillis:N0} | {factor:N2} | {at.ResidentBytes / 1e6:N0} |"));
                }
            }

            return 0;
        });
        return command;
    }

    // A user that connects all the time, moves something, and closes; and a transfer that never ends.
    private static async Task<int> LongRunAsync(Run run, AttackKind kind, double rate, TimeSpan duration, CancellationToken cancellation)
    {
        var until = DateTime.UtcNow + duration;
        var (tried, opened, start) = (0, 0, run.Hosts.VictimResidentBytes);
        await run.MeasureAsync(kind, rate, Warm, beside: false).ConfigureAwait(false);
        Console.WriteLine("| s | packets/s | MB/s | connects | resident, MB |\n|---:|---:|---:|---:|---:|");
        while (DateTime.UtcNow < until && !cancellation.IsCancellationRequested)
        {
            var sample = await run.MeasureAsync(kind, rate, TimeSpan.FromSeconds(10), beside: false).ConfigureAwait(false);
            (tried, opened) = (tried + sample.Tried, opened + sample.Opened);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {(duration - (until - DateTime.UtcNow)).TotalSeconds:N0} | {sample.PacketsPerSecond:N0} | {sample.Megabytes:N1} | {sample.Opened} of {sample.Tried} | {sample.ResidentBytes / 1e6:N0} |"));
        }

        foreach (var line in (await run.ReadLinesAsync().ConfigureAwait(false)).GroupBy(static line => line))
            Console.WriteLine($"log, {line.Count()} times: {line.Key}");
        var intact = await run.IsBulkIntactAsync().ConfigureAwait(false);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"connects {opened} of {tried}; the transfer {(intact ? "is intact and goes on" : "was lost or changed")}; resident {start / 1e6:N0} MB before, {run.Hosts.VictimResidentBytes / 1e6:N0} MB after"));
        return intact && opened == tried ? 0 : 1;
    }

    private sealed record Sample(double Megabytes, double PacketsPerSecond, int Opened, int Tried, double MedianMillis, double WorstMillis, long ResidentBytes);

    private sealed class Run(HostileHosts hosts, long listening, int port, long bulk)
    {
        public HostileHosts Hosts => hosts;

        public static async Task<Run> StartAsync(HostileHosts hosts)
        {
            var plan = new FlowPlan { Address = "0.0.0.0", Settings = Settings };
            var (listening, port) = await hosts.Victim.ListenAsync(plan).ConfigureAwait(false);
            var (bulk, _) = hosts.User.Send(plan with { Address = HostileHosts.VictimAddress, Port = port });
            await Task.Delay(Warm).ConfigureAwait(false);
            return new Run(hosts, listening, port, bulk);
        }

        /// <summary>Attacks the listener's port, or the next one, which is closed, and looks at the transfer and at new connections meanwhile.</summary>
        public async Task<Sample> MeasureAsync(AttackKind kind, double rate, TimeSpan span, bool beside)
        {
            using var stop = new CancellationTokenSource();
            var attack = hosts.AttackAsync(Plan(kind, rate, beside), stop.Token);
            await Task.Delay(Warm).ConfigureAwait(false);
            var before = await BulkAsync().ConfigureAwait(false);
            var until = DateTime.UtcNow + span;
            var millis = new List<double>();
            var tried = 0;
            do
            {
                tried++;
                var (job, end) = hosts.User.Send(new FlowPlan { Address = HostileHosts.VictimAddress, Port = port, Bytes = 10_000, Settings = Settings });
                try
                {
                    var report = await end.WaitAsync(Patience).ConfigureAwait(false);
                    if (report is { Cause.Length: 0, OpenedNanos: > 0 })
                        millis.Add((report.OpenedNanos - report.StartedNanos) / 1e6);
                }
                catch (TimeoutException)
                {
                    // Counted as lost.
                }

                await hosts.User.StopAsync(job).ConfigureAwait(false);
                await Task.Delay(500).ConfigureAwait(false);
            }
            while (DateTime.UtcNow < until);

            var after = await BulkAsync().ConfigureAwait(false);
            var resident = hosts.VictimResidentBytes;
            await stop.CancelAsync().ConfigureAwait(false);
            var sent = await attack.ConfigureAwait(false);
            millis.Sort();
            return new Sample(
                (after.Bytes - before.Bytes) / ((after.ReadNanos - before.ReadNanos) / 1e3), sent.PerSecond, millis.Count, tried,
                millis.Count == 0 ? double.NaN : millis[millis.Count / 2], millis.Count == 0 ? double.NaN : millis[^1], resident);
        }

        /// <summary>IP bytes out per byte in, on a port that nobody uses.</summary>
        public async Task<double> AmplificationAsync(AttackKind kind, double rate)
        {
            var (job, quiet) = await hosts.Victim.ListenAsync(new FlowPlan { Address = "0.0.0.0", Port = port + 2, Settings = Settings }).ConfigureAwait(false);
            await hosts.User.StopAsync(bulk).ConfigureAwait(false);
            var before = hosts.VictimTraffic;
            await hosts.AttackAsync(Plan(kind, rate, beside: false) with { Port = quiet, Duration = Warm }).ConfigureAwait(false);
            var after = hosts.VictimTraffic;
            await hosts.Victim.StopAsync(job).ConfigureAwait(false);
            (bulk, _) = hosts.User.Send(new FlowPlan { Address = HostileHosts.VictimAddress, Port = port, Settings = Settings });
            await Task.Delay(Warm).ConfigureAwait(false);
            return (double)(after.Sent - before.Sent) / (after.Received - before.Received);
        }

        public Task<IReadOnlyList<string>> ReadLinesAsync() => hosts.Victim.ReadLinesAsync(listening);

        public async Task<bool> IsBulkIntactAsync() => await BulkAsync().ConfigureAwait(false) is { Intact: true, Ended: false };

        private Attack Plan(AttackKind kind, double rate, bool beside) =>
            new(kind, HostileHosts.VictimAddress, beside ? port + 1 : port, HostileHosts.UserAddress, rate, TimeSpan.FromHours(2));

        // The transfer that goes on; those that were measured are over.
        private async Task<FlowReport> BulkAsync() =>
            (await hosts.Victim.ReadAsync(listening).ConfigureAwait(false)).Where(static flow => !flow.Ended).OrderBy(static flow => flow.StartedNanos).First();
    }
}
