namespace Utp.Simulation.Tests.Profiles;

public class FamilyTests
{
    // `utp simulate --profile random-loss --repeat 40` runs all; these are the cells in which chance is greatest, and the seeds that went wrong once.
    private const int Seeds = 12;

    public static TheoryData<string> WorstCells => [.. RandomLossProfiles.All.Select(p => p.Name).Where(n => n.Contains("-l5-", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(WorstCells))]
    public void No_seed_of_a_lossy_path_stays_far_behind_the_others(string name)
    {
        var profile = ProfileCatalog.Find(name)!;
        var results = Enumerable.Range(1, Seeds).Select(seed => ProfileRun.Run(profile, "lbe", (ulong)seed)).ToList();
        var medians = ProfileResult.Medians(results);

        Assert.All(results, r => Assert.Equal(0, r.Values[Metric.Missing]));
        Assert.All(profile.Bars, bar => Assert.True(bar.IsMetBy(medians[bar.Metric]), $"{bar.Metric} is {medians[bar.Metric]}"));
    }

    public static TheoryData<string, string> ShortPaths
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var law in CongestionLaws.Names)
            {
                foreach (var name in new[] { "shallow-6k", "shallow-5-packets", "shallow-policer-6k", "shallow-policer-16k" })
                    data.Add(name, law);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ShortPaths))]
    public void A_path_that_holds_a_few_packets_is_filled_and_not_overflowed(string name, string law)
    {
        var profile = ProfileCatalog.Find(name)!;
        var result = ProfileRun.Run(profile, law, seed: 1);
        Assert.All(profile.Bars, bar => Assert.True(bar.IsMetBy(result.Values[bar.Metric]), $"{bar.Metric} is {result.Values[bar.Metric]}"));
    }

    [Fact]
    public void Names_of_families_and_profiles_are_distinct_and_found()
    {
        var names = ProfileCatalog.All.Concat(ProfileCatalog.Families.Values.SelectMany(static f => f)).Select(static p => p.Name).ToList();
        Assert.Distinct(names.Concat(ProfileCatalog.Families.Keys));
        Assert.All(names, name => Assert.Equal(name, ProfileCatalog.Find(name)?.Name));
    }

    [Fact]
    public void The_worst_seed_is_the_smallest_goodput_over_the_median()
    {
        var profile = RandomLossProfiles.All[0];
        ProfileResult Result(long goodput) => new(profile, "lbe", 1, System.Collections.Immutable.ImmutableSortedDictionary<Metric, long>.Empty.Add(Metric.Goodput, goodput), 0);
        Assert.Equal(400_000, ProfileResult.Medians([Result(40), Result(100), Result(120)])[Metric.WorstSeed]);
    }
}
