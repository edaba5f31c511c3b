using System.CommandLine;
using System.Globalization;
using Utp.Links.Agents;
using Utp.Simulation;

namespace Utp.Links.Commands;

/// <summary><c>shallow</c>: a path below a millisecond with a queue of a few packets, limited by the kernel's own token bucket, by HTB, or by the router's policer.</summary>
internal static class ShallowCommand
{
    private const long PolicerBucketBytes = 6_000;
    private const double PolicerDelayMillis = 0.1;

    public static Command Create()
    {
        var law = new Option<string>("--law") { Description = "Laws of ours, with commas between them.", HelpName = "LAW[,LAW…]", DefaultValueFactory = _ => "lbe" };
        var tcp = new Option<string>("--tcp") { Description = "Laws of the kernel's TCP beside them, or none.", HelpName = "LAW[,LAW…]|none", DefaultValueFactory = _ => "cubic" };
        var cases = new Option<string>("--case") { Description = "Which, with commas between them: tbf (on the sender's device), tbf-router, pfifo, policer, or all.", HelpName = "NAME[,NAME…]|all", DefaultValueFactory = _ => "all" };
        var rate = new Option<int>("--rate") { Description = "Mbit/s.", HelpName = "MBIT", DefaultValueFactory = _ => 50 };
        var size = ShapeOptions.Size("--size", "Payload of a transfer.", 60_000_000);
        var rounds = new Option<int>("--rounds") { Description = "Transfers of each; medians are shown.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var set = new Option<string[]>("--set") { Description = "A setting, as utp.rto.min=300ms; may be repeated.", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [] };
        var markdown = MarkdownPage.Option();
        var command = new Command("shallow", "Transfers through a queue of a few packets, below a millisecond.") { law, tcp, cases, rate, size, rounds, set, markdown };
        command.SetAction(async (parsed, cancellation) =>
        {
            var plans = Split(parsed.GetValue(law)!).Select(name => new FlowPlan { Law = name, Settings = parsed.GetValue(set)! })
                .Concat(Split(parsed.GetValue(tcp)!).Select(static name => new FlowPlan { Carrier = Carrier.Tcp, Law = name }))
                .Select(plan => plan with { Bytes = parsed.GetValue(size) }).ToList();
            var complete = true;
            var lines = new List<string> { $"| queue, {parsed.GetValue(rate)} Mbit/s | | Mbit/s | sent again | of | share |\n|---|---|---:|---:|---:|---:|" };
            Console.WriteLine(lines[0]);
            foreach (var name in parsed.GetValue(cases) == "all" ? ["tbf", "tbf-router", "pfifo", "policer"] : Split(parsed.GetValue(cases)!))
            {
                var (title, transfer, end) = Lay(name, parsed.GetValue(rate));
                await using (end)
                {
                    foreach (var plan in plans)
                    {
                        var results = new List<TransferResult>();
                        for (var i = 0; i < parsed.GetValue(rounds) && !cancellation.IsCancellationRequested; i++)
                            results.Add(await transfer(plan, TimeSpan.FromSeconds(120)).ConfigureAwait(false));
                        var median = results.OrderBy(static result => result.MegabitsPerSecond).ElementAt((results.Count - 1) / 2);
                        complete &= results.All(static result => result.IsComplete);
                        lines.Add(string.Create(CultureInfo.InvariantCulture,
                            $"| {title} | {(plan.Carrier == Carrier.Tcp ? "TCP " : "")}{plan.Law} | {median.MegabitsPerSecond:N1} | {median.Sent.Retransmissions:N0} | {median.Sent.PacketsSent:N0} | {median.Sent.RetransmissionShare:P2} |{(median.IsComplete ? "" : $" not complete: {median.Received.Bytes:N0} bytes, {median.Sent.Cause} {median.Sent.Error}")}"));
                        Console.WriteLine(lines[^1]);
                    }
                }
            }

            MarkdownPage.Write(parsed.GetValue(markdown), "shallow", string.Join('\n', lines) + "\n");
            return complete ? 0 : 1;
        });
        return command;
    }

    private static (string Title, Func<FlowPlan, TimeSpan, Task<TransferResult>> Transfer, IAsyncDisposable End) Lay(string name, int megabits)
    {
        if (name == "policer")
        {
            // This kernel's tc may have no policer; the router's is the simulator's.
            var shape = LinkShape.Of(PolicerDelayMillis);
            var forth = shape with { Options = shape.Options with { Policer = new PolicerOptions(megabits * 1_000_000L / 8, PolicerBucketBytes) } };
            var linked = LinkedHosts.Start(new RealLinkOptions { Forth = forth, Back = shape });
            return ("policer in the router, bucket 6 kB, 0.1 ms", linked.TransferAsync, linked);
        }

        var (title, kind) = name switch
        {
            "tbf" => ("`tbf limit 6k` on the sender's device", KernelShape.TokenBucketAtSender),
            "tbf-router" => ("`tbf limit 6k` in a router", KernelShape.TokenBucketInRouter),
            "pfifo" => ("`htb`, `pfifo limit 5` in a router", KernelShape.FivePacketsInRouter),
            "none" => ("no limit", KernelShape.None),
            _ => throw new ArgumentException($"There is no case '{name}': choose from tbf, tbf-router, pfifo, policer, none."),
        };
        var shaped = ShapedHosts.Start(kind, megabits);
        return (title, shaped.TransferAsync, shaped);
    }

    private static string[] Split(string text) => text == "none" ? [] : text.Split(',', StringSplitOptions.TrimEntries);
}
