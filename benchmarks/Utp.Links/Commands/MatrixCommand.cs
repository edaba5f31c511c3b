using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Utp.Links.Agents;

namespace Utp.Links.Commands;

/// <summary><c>matrix</c>: a transfer over every combination of faults and rates, again and again with other chances; a table of what came out.</summary>
internal static class MatrixCommand
{
    private const long WarmUpBytes = 10_000_000;

    public static Command Create()
    {
        var shape = new ShapeOptions();
        var loss = ShapeOptions.Numbers("--loss", "Lost, percent.", "P[,P…]", 1, 2, 5);
        var reorder = ShapeOptions.Numbers("--reorder", "Reordered, by 10 to 30 ms, percent.", "P[,P…]", 0, 5);
        var duplicate = ShapeOptions.Numbers("--dup", "Duplicated, percent.", "P[,P…]", 0, 2);
        var rate = ShapeOptions.Numbers("--rate", "Mbit/s of IP; 0: no limit.", "MBIT[,MBIT…]", 0, 100, 10);
        var size = ShapeOptions.Size("--size", "Payload of a transfer.", 5_000_000);
        var seeds = new Option<int>("--seeds") { Description = "Transfers of a cell, each with another seed.", HelpName = "N", DefaultValueFactory = _ => 5 };
        var seed = new Option<ulong>("--seed") { Description = "The first seed.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var law = new Option<string?>("--law") { Description = "Congestion control; of TCP a law of the kernel's. The default's if not said.", HelpName = "LAW" };
        var tcp = new Option<bool>("--tcp") { Description = "Kernel TCP instead of uTP." };
        var set = new Option<string[]>("--set") { Description = "A setting, as utp.rto.min=300ms; may be repeated.", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [] };
        var parallel = new Option<int>("--parallel") { Description = "Links side by side; more than one disturbs rates above 20 Mbit/s.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var runs = new Option<bool>("--runs") { Description = "Also a line for each transfer." };
        var limit = new Option<double>("--limit") { Description = "Seconds after which a transfer is given up.", HelpName = "S", DefaultValueFactory = _ => 120 };
        var markdown = MarkdownPage.Option();
        var command = new Command("matrix", "Transfers over every combination of loss, reordering, duplicates and rate. One of each is one cell.")
        {
            loss, reorder, duplicate, rate, size, seeds, seed, law, tcp, set, parallel, runs, limit, markdown,
            shape.Delay, shape.Queue, shape.Packets, shape.OneWay, shape.BurstLoss, shape.Policer, shape.Mtu, shape.Icmp,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var plan = new FlowPlan
            {
                Carrier = parsed.GetValue(tcp) ? Carrier.Tcp : Carrier.Utp,
                Law = parsed.GetValue(law),
                Settings = parsed.GetValue(set)!,
                Bytes = parsed.GetValue(size),
            };
            Cell[] cells =
            [
                .. from r in parsed.GetValue(rate)! from l in parsed.GetValue(loss)! from o in parsed.GetValue(reorder)! from d in parsed.GetValue(duplicate)!
                   select new Cell(l, o, d, r),
            ];
            var first = parsed.GetValue(seed);
            var queue = new Queue<(int Cell, ulong Seed)>(
                from index in Enumerable.Range(0, cells.Length) from i in Enumerable.Range(0, parsed.GetValue(seeds)) select (index, first + (ulong)i));
            var results = cells.Select(static _ => new List<Run>()).ToArray();
            var patience = TimeSpan.FromSeconds(parsed.GetValue(limit));
            Console.WriteLine(Header);
            var printed = 0;

            async Task WorkAsync()
            {
                await using var hosts = LinkedHosts.Start(new RealLinkOptions());
                await hosts.TransferAsync(plan with { Bytes = WarmUpBytes }, patience).ConfigureAwait(false);
                while (!cancellation.IsCancellationRequested)
                {
                    (int Cell, ulong Seed) next;
                    lock (queue)
                    {
                        if (!queue.TryDequeue(out next))
                            return;
                    }

                    var forth = shape.Shape(parsed, cells[next.Cell], parsed.GetValue(shape.Delay));
                    await hosts.Link.ResetAsync(forth, parsed.GetValue(shape.OneWay) ? ShapeOptions.Plain(forth) : forth, next.Seed).ConfigureAwait(false);
                    var result = await hosts.TransferAsync(plan, patience).ConfigureAwait(false);
                    var run = new Run(next.Seed, result, await hosts.Link.OwnDropsAsync().ConfigureAwait(false));
                    lock (queue)
                    {
                        results[next.Cell].Add(run);
                        if (parsed.GetValue(runs))
                            Console.WriteLine(Line(cells[next.Cell], run));
                        for (; printed < cells.Length && results[printed].Count == parsed.GetValue(seeds); printed++)
                            Console.WriteLine(Row(cells[printed], results[printed]));
                    }
                }
            }

            var watch = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, Math.Max(1, parsed.GetValue(parallel))).Select(_ => Task.Run(WorkAsync, cancellation))).ConfigureAwait(false);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{results.Sum(static r => r.Count)} transfers of {plan.Bytes:N0} bytes, {watch.Elapsed.TotalSeconds:N0} s."));
            if (results.All(static cell => cell.Count > 0))
                MarkdownPage.Write(parsed.GetValue(markdown), "matrix", string.Join('\n', [Header, .. results.Select((runs, i) => Row(cells[i], runs))]) + "\n");
            return results.Any(static cell => cell.Any(static run => !run.Result.IsComplete || run.OwnDrops > 0)) ? 1 : 0;
        });
        return command;
    }

    private const string Header =
        "| rate | lost | reordered | twice | Mbit/s min | median | max | sent again, median | max | below half the median: seeds | not complete: seeds |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---|";

    private static string Row(Cell cell, List<Run> runs)
    {
        double[] rates = [.. runs.Select(static run => run.Result.MegabitsPerSecond).Order()];
        double[] again = [.. runs.Select(static run => run.Result.Sent.RetransmissionShare).Order()];
        var median = Median(rates);
        var slow = Seeds(runs.Where(run => run.Result.MegabitsPerSecond < median / 2));
        var failed = Seeds(runs.Where(static run => !run.Result.IsComplete));
        var own = runs.Sum(static run => run.OwnDrops);
        return string.Create(CultureInfo.InvariantCulture,
            $"| {(cell.Megabits == 0 ? "none" : cell.Megabits)} | {cell.LossPercent} % | {cell.ReorderPercent} % | {cell.DuplicatePercent} % | {rates[0]:N1} | {median:N1} | {rates[^1]:N1} | {Median(again):P1} | {again[^1]:P1} | {slow} | {failed}{(own > 0 ? $" (lost by the bench itself: {own})" : "")} |");
    }

    private static string Line(Cell cell, Run run) => string.Create(CultureInfo.InvariantCulture,
        $"  rate {cell.Megabits} loss {cell.LossPercent} reorder {cell.ReorderPercent} dup {cell.DuplicatePercent} seed {run.Seed}: {run.Result.MegabitsPerSecond:N2} Mbit/s, {run.Result.Seconds:N2} s, {run.Result.Sent.Retransmissions} of {run.Result.Sent.PacketsSent} sent again, {run.Result.Sent.Timeouts} time-outs, cwnd at the end {run.Result.Sent.CongestionWindowBytes}{(run.Result.IsComplete ? "" : $"; NOT COMPLETE: {run.Result.Received.Bytes} bytes, {run.Result.Sent.Cause} {run.Result.Sent.Error} / {run.Result.Received.Cause} {run.Result.Received.Error}")}");

    private static string Seeds(IEnumerable<Run> runs) => string.Join(' ', runs.Select(static run => run.Seed.ToString(CultureInfo.InvariantCulture)));

    private static double Median(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;

    private sealed record Run(ulong Seed, TransferResult Result, long OwnDrops);
}
