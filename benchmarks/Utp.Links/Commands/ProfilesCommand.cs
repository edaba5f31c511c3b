using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text;
using Utp.Simulation;

namespace Utp.Links.Commands;

/// <summary><c>profiles</c>: the simulator's profiles on a real link, the real figure beside the simulated one.</summary>
internal static class ProfilesCommand
{
    // From here on one of both is wrong, or they are not the same.
    private const double Tolerated = 0.15;

    private const string Header =
        "| profile | what | law | simulated Mbit/s | real | difference | queue p50 ms, simulated | real | p95 ms, simulated | real | sent again, simulated | real | |\n|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|";

    private const string Sized = "sized";
    private const string Endless = "endless";

    public static Command Create()
    {
        var profile = new Option<string>("--profile") { Description = "Which of utp simulate's, and fairness-2, with commas between them; all that a link can be made for and that have no TCP beside (see `beside`); or of these only sized transfers, or only those that are endless.", HelpName = "NAME[,NAME…]|all|sized|endless", DefaultValueFactory = _ => "all" };
        var law = new Option<string>("--law") { Description = "Laws of ours, with commas between them.", HelpName = "LAW[,LAW…]", DefaultValueFactory = _ => "lbe" };
        var shorten = new Option<double>("--shorten") { Description = "Factor of all times of a profile that is no transfer of a size, simulated and real.", HelpName = "F", DefaultValueFactory = _ => 0.25 };
        var seeds = new Option<int>("--seeds") { Description = "Runs of each, simulated and real; medians are shown.", HelpName = "N", DefaultValueFactory = _ => 3 };
        var parallel = new Option<int>("--parallel") { Description = "Links side by side.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var busy = new Option<bool>("--busy") { Description = "All cores are kept busy meanwhile, as on a machine that has other work." };
        var markdown = MarkdownPage.Option();
        var command = new Command("profiles", "The simulator's profiles on a real link, beside what the simulator says.") { profile, law, shorten, seeds, parallel, busy, markdown };
        command.SetAction(async (parsed, cancellation) =>
        {
            var text = parsed.GetValue(profile)!;
            var factor = parsed.GetValue(shorten);
            var count = parsed.GetValue(seeds);
            var all = All().ToList();
            var own = all.Where(static p => ProfileOnLink.WhyNot(p) is null && p.Tcp is null).ToList();
            var chosen = text == "all" ? own
                : text == Sized ? own.FindAll(static p => p.Bytes > 0)
                : text == Endless ? own.FindAll(static p => p.Bytes == 0)
                : text.Split(',').Select(name => all.Find(p => p.Name == name) ?? throw new ArgumentException($"There is no profile '{name}'.")).ToList();
            var rows = (from p in chosen from l in parsed.GetValue(law)!.Split(',') select (Profile: ProfileOnLink.Shorten(p, factor), Law: l)).ToList();
            Console.WriteLine(Header);
            using var load = parsed.GetValue(busy) ? new BusyCores() : null;
            var lines = await LinkLanes.RunAsync(rows, parsed.GetValue(parallel), async (hosts, row) =>
            {
                var real = new List<RealFigures>();
                for (var seed = 1; seed <= count && !cancellation.IsCancellationRequested; seed++)
                    real.Add(await ProfileOnLink.RunAsync(hosts, row.Profile, row.Law, (ulong)seed).ConfigureAwait(false));
                var simulated = ProfileResult.Medians([.. Enumerable.Range(1, count).Select(seed => ProfileRun.Run(row.Profile, row.Law, (ulong)seed, cancellation: cancellation))]);
                return Row(row.Profile, row.Law, simulated, real);
            }).ConfigureAwait(false);
            var notRun = all.Where(p => ProfileOnLink.WhyNot(p) is not null && (text == "all" || (text == Endless && p.Bytes == 0) || (text == Sized && p.Bytes > 0)))
                .Select(static p => $"`{p.Name}` ({ProfileOnLink.WhyNot(p)})").ToList();
            var page = new StringBuilder();
            page.Append(CultureInfo.InvariantCulture, $"{Header}\n{string.Join('\n', lines)}\n\nMedians of {count} run(s).");
            if (chosen.Exists(static p => p.Bytes == 0))
                page.Append(CultureInfo.InvariantCulture, $" All times of profiles without a size are {factor} of those that are named, simulated and real.");
            page.Append(parsed.GetValue(busy) ? " All cores were busy." : "").Append(CultureInfo.InvariantCulture, $" Marked: more than {Tolerated:P0} apart.");
            page.Append(notRun.Count == 0 ? "\n" : $" Not run: {string.Join(", ", notRun)}.\n");
            MarkdownPage.Write(parsed.GetValue(markdown), text is Sized or Endless ? $"profiles {text}" : "profiles", page.ToString());
            return 0;
        });
        return command;
    }

    /// <summary>The catalog's, and two flows of ours.</summary>
    private static IEnumerable<Profile> All()
    {
        const long Mega = 1_000_000;
        foreach (var profile in ProfileCatalog.All)
        {
            if (profile.Name == "fairness-3")
            {
                yield return profile with
                {
                    Name = "fairness-2",
                    Title = "flows at 0 and 20 s, 20 ms, 10 Mbit/s",
                    Starts = [0, 20 * Mega],
                    FromMicros = 40 * Mega,
                    UntilMicros = 100 * Mega,
                    Bars = [],
                };
            }

            yield return profile;
        }
    }

    private static string Row(Profile profile, string law, ImmutableSortedDictionary<Metric, long> simulated, List<RealFigures> real)
    {
        var expected = simulated[Metric.Goodput] / 1e6;
        var megabits = Median(real, static r => r.Megabits);
        var difference = (megabits / expected) - 1;
        var jain = profile.Starts.Length > 1 ? string.Create(CultureInfo.InvariantCulture, $"Jain {simulated[Metric.Jain] / 1e6:N3}, real {Median(real, static r => r.Jain ?? 0):N3} ") : "";
        var own = real.Sum(static r => r.OwnDrops);
        var fault = real.Select(static r => r.Fault).FirstOrDefault(static f => f is not null);
        var mark = Math.Abs(difference) > Tolerated ? "**differs**" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"| `{profile.Name}` | {profile.Title} | {law} | {expected:N2} | {megabits:N2} | {difference:+0.0 %;−0.0 %;0.0 %} | {simulated[Metric.QueueP50] / 1e3:N1} | {Median(real, static r => r.QueueP50Millis):N1} | {simulated[Metric.QueueP95] / 1e3:N1} | {Median(real, static r => r.QueueP95Millis):N1} | {simulated[Metric.Retransmissions]:N0} | {Median(real, static r => r.Retransmissions):N0} | {jain}{mark}{(own > 0 ? $" lost by the bench itself: {own}" : "")}{(fault is null ? "" : $" {fault}")} |");
    }

    private static double Median(List<RealFigures> runs, Func<RealFigures, double> what) => runs.Select(what).Order().ElementAt((runs.Count - 1) / 2);
}
