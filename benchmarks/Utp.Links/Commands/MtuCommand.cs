using System.CommandLine;
using System.Globalization;
using Utp.Links.Agents;

namespace Utp.Links.Commands;

/// <summary><c>mtu</c>: how long a transfer takes where packets of 1,500 bytes do not pass, and whoever drops them tells or is silent.</summary>
internal static class MtuCommand
{
    private const long WarmUpBytes = 10_000_000;

    // A peer that is not ours may be out of reach, and is given up after four time-outs; kernel TCP gives up after a quarter of an hour.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static Command Create()
    {
        var size = ShapeOptions.Size("--size", "Payload of a transfer.", 5_000_000);
        var mtus = ShapeOptions.Numbers("--mtu", "Bytes of an IP packet.", "BYTES[,BYTES…]", 1_500, 1_227, 1_000, 576);
        var delay = new Option<double>("--delay") { Description = "One-way delay of the routed paths, ms.", HelpName = "MS", DefaultValueFactory = _ => 0.1 };
        var rounds = new Option<int>("--rounds") { Description = "Transfers of each; medians are shown.", HelpName = "N", DefaultValueFactory = _ => 5 };
        var command = new Command("mtu", "How long a transfer takes where the MTU is small: uTP, uTP to a peer that is not ours, and kernel TCP. Each connection knows nothing of the path.")
        {
            size, mtus, delay, rounds,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var bytes = parsed.GetValue(size);
            FlowPlan[] plans =
            [
                new() { Bytes = bytes },
                new() { Bytes = bytes, Settings = ["utp.compatibility = plain", "utp.max-timeouts = 4"] },
                new() { Bytes = bytes, Carrier = Carrier.Tcp, Law = "cubic" },
            ];
            var complete = true;
            Console.WriteLine("| where | MTU | uTP, s | sent again | time-outs | uTP as to a foreign peer, s | TCP, s |\n|---|---:|---:|---:|---:|---:|---:|");
            foreach (var where in Enum.GetValues<SmallMtu>())
            {
                foreach (var mtu in parsed.GetValue(mtus)!)
                {
                    var cells = new List<TransferResult>();
                    var (transfer, end) = Lay(where, (int)mtu, parsed.GetValue(delay));
                    await using (end)
                    {
                        foreach (var plan in plans)
                        {
                            // The runtime compiles at the first connection; TCP is the kernel's.
                            var results = new List<TransferResult>();
                            var warm = await transfer(plan with { Bytes = WarmUpBytes }, Patience).ConfigureAwait(false);
                            if (!warm.IsComplete)
                                results.Add(warm);
                            for (var i = 0; warm.IsComplete && i < parsed.GetValue(rounds) && !cancellation.IsCancellationRequested; i++)
                                results.Add(await transfer(plan, Patience).ConfigureAwait(false));
                            cells.Add(results.OrderBy(static result => result.Seconds).ElementAt(results.Count / 2));
                            complete &= plan.Settings.Count > 0 || results.All(static result => result.IsComplete);
                        }
                    }

                    var sent = cells[0].Sent;
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {Title(where)} | {mtu:N0} | {Seconds(cells[0])} | {sent.Retransmissions:N0} | {sent.Timeouts:N0} | {Seconds(cells[1])} | {Seconds(cells[2])} |"));
                }
            }

            return complete ? 0 : 1;
        });
        return command;
    }

    private static string Title(SmallMtu where) => where switch
    {
        SmallMtu.Sender => "the sender's device (EMSGSIZE)",
        SmallMtu.Receiver => "the receiver's device, silent",
        SmallMtu.PathTells => "a router that tells (ICMP)",
        _ => "a router that is silent, and drops fragments",
    };

    private static string Seconds(TransferResult result) => result.IsComplete
        ? result.Seconds.ToString("N2", CultureInfo.InvariantCulture)
        : result.Hung ? "never" : $"ends: {result.Sent.Cause}";

    private static (Func<FlowPlan, TimeSpan, Task<TransferResult>> Transfer, IAsyncDisposable End) Lay(SmallMtu where, int mtu, double delayMillis)
    {
        if (where is SmallMtu.Sender or SmallMtu.Receiver)
        {
            var joined = where == SmallMtu.Sender ? JoinedHosts.Start(mtu, 1_500) : JoinedHosts.Start(1_500, mtu);
            return (joined.TransferAsync, joined);
        }

        var plain = LinkShape.Of(delayMillis);
        var tells = where == SmallMtu.PathTells;
        var forth = plain with { Options = plain.Options with { MtuBytes = mtu, ReportsMtu = tells, DropsFragments = !tells } };
        var linked = LinkedHosts.Start(new RealLinkOptions { Forth = forth, Back = plain });
        return (linked.TransferAsync, linked);
    }

    private enum SmallMtu
    {
        Sender,
        Receiver,
        PathTells,
        PathSilent,
    }
}
