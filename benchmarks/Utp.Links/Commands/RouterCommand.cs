using System.CommandLine;
using System.Globalization;
using Utp.Links.Router;

namespace Utp.Links.Commands;

/// <summary><c>router</c>: lays a link, says the names of its hosts, and keeps it until it is ended, for programs that are started by hand.</summary>
internal static class RouterCommand
{
    public static Command Create()
    {
        var shape = new ShapeOptions();
        var seconds = new Option<double>("--seconds") { Description = "How long; until the end of standard input if not said.", HelpName = "S" };
        var seed = new Option<ulong>("--seed") { Description = "Decides every chance.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var mtu = new Option<int>("--mtu") { Description = "MTU of both hosts' devices.", HelpName = "BYTES", DefaultValueFactory = _ => 1_500 };
        var command = new Command("router", "Lays a link and keeps it: programs run on it by `ip netns exec NAMESPACE …`.") { seconds, seed, mtu };
        shape.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var (forth, back) = shape.Read(parsed);
            using var link = RealLink.Lay(new RealLinkOptions { Forth = forth, Back = back, Seed = parsed.GetValue(seed), LeftMtu = parsed.GetValue(mtu), RightMtu = parsed.GetValue(mtu) });
            Console.WriteLine($"left {link.LeftNamespace} {RealLink.LeftAddress} {RealLink.LeftAddress6}");
            Console.WriteLine($"right {link.RightNamespace} {RealLink.RightAddress} {RealLink.RightAddress6}");
            var end = parsed.GetValue(seconds) is > 0 and var limit
                ? Task.Delay(TimeSpan.FromSeconds(limit), cancellation)
                : Task.Run(Console.In.ReadToEnd, cancellation);
            await Task.WhenAny(end, Task.Delay(Timeout.Infinite, cancellation)).ConfigureAwait(false);
            var (there, returning) = await link.ReadAsync().ConfigureAwait(false);
            Show("left → right", there);
            Show("right → left", returning);
            var lost = await link.OwnDropsAsync().ConfigureAwait(false);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"lost by the bench itself: {lost}; router thread busy {link.RouterLoad:P0}"));
            return 0;
        });
        return command;
    }

    public static void Show(string name, RoutedLinkStatistics statistics)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: {statistics.Total.Packets:N0} packets in, {statistics.Total.Arrived:N0} out ({statistics.Total.ArrivedBytes:N0} bytes), {statistics.Duplicated:N0} duplicated, {statistics.Reordered:N0} reordered, {statistics.Fragmented:N0} cut, {statistics.Reports:N0} reported"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  dropped: {string.Join(", ", statistics.Drops.Where(static drop => drop.Value > 0).Select(static drop => $"{drop.Key} {drop.Value:N0}").DefaultIfEmpty("nothing"))}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  queue p50 {statistics.Queue.Percentile(50) / 1e3:N2} ms, p95 {statistics.Queue.Percentile(95) / 1e3:N2}, max {statistics.Queue.MaxMicros / 1e3:N2}; late by p50 {statistics.Lateness.Percentile(50):N0} µs, p99 {statistics.Lateness.Percentile(99):N0}, p99.9 {statistics.Lateness.Percentile(99.9):N0}, max {statistics.Lateness.MaxMicros:N0}"));
        foreach (var (flow, count) in statistics.Flows.OrderByDescending(static flow => flow.Value.Bytes).Take(8))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  protocol {flow.Protocol} {flow.SourcePort} → {flow.DestinationPort}: {count.Packets:N0} packets in, {count.Arrived:N0} out, {count.ArrivedBytes:N0} bytes"));
    }
}
