namespace Utp.Simulation.Tests.Profiles;

/// <summary>
/// Seed 1 of every profile with the default law, and of those that cost little with the others, compared exactly with <c>profiles.txt</c> beside this file, so that every change of the
/// network's behaviour shows as a difference in review. To accept one: <c>UTP_ACCEPT_PROFILES=1 dotnet test
/// tests/Utp.Simulation.Tests --filter ProfileSnapshotTests</c>, and commit the file.
/// </summary>
public class ProfileSnapshotTests
{
    private const string DefaultLaw = "lbe";

    // These take most of a minute each, so only their beginning is compared; `utp simulate` runs them whole for docs/network.md.
    private static readonly string[] Heavy = ["long-fat-100ms-1g", "fairness-32", "drift-fast", "drift-slow"];

    private static readonly string[] Cheap =
    [
        "home-20ms-10m", "home-20ms-10m-1mb", "loss-1", "loss-5", "far-100ms-20m", "small-queue-16k", "reordered-2", "jitter-aggregated",
        "beside-reno-64k-before", "beside-cubic-codel-after", "policer", "fairness-3", "mtu-falls",
        "asymmetric", "ack-loss-10", "burst-loss-1", "mtu-falls-icmp", "on-off", "route-longer",
    ];

    [Fact]
    public void Seed_1_of_every_cheap_profile_and_law_is_what_was_reviewed()
    {
        var lines = new List<string>();
        lines.AddRange(ProfileCatalog.All.Select(p => ProfileRun.Run(Heavy.Contains(p.Name) ? Beginning(p) : p, DefaultLaw, seed: 1).ToString()));
        foreach (var law in CongestionLaws.Names.Where(n => n != DefaultLaw))
            lines.AddRange(Cheap.Select(name => ProfileRun.Run(ProfileCatalog.Find(name)!, law, seed: 1).ToString()));
        if (Environment.GetEnvironmentVariable("UTP_ACCEPT_PROFILES") == "1")
            File.WriteAllLines(SnapshotFile(), lines);
        Assert.Equal(File.ReadAllLines(SnapshotFile()), lines);
    }

    private static Profile Beginning(Profile profile) => profile with { FromMicros = 5_000_000, UntilMicros = 12_000_000 };

    [Theory]
    [InlineData("loss-5")]
    [InlineData("beside-cubic-64k-after")]
    public void A_seed_replays_a_run_to_the_byte_and_another_seed_does_not(string name)
    {
        var profile = ProfileCatalog.Find(name)!;
        var first = ProfileRun.Run(profile, "ledbat", seed: 7);
        var second = ProfileRun.Run(profile, "ledbat", seed: 7);
        Assert.Equal(first.ToString(), second.ToString());
        Assert.NotEqual(first.Fingerprint, ProfileRun.Run(profile, "ledbat", seed: 8).Fingerprint);
    }

    [Theory]
    [InlineData("loss-5")]
    [InlineData("route-longer")]
    public void A_run_that_is_recorded_is_the_same_run_and_its_series_goes_from_the_start_to_the_end(string name)
    {
        var profile = ProfileCatalog.Find(name)!;
        var plain = ProfileRun.Run(profile, "ledbat", seed: 3);
        var recorded = ProfileRun.Run(profile, "ledbat", seed: 3, records: true);

        Assert.Equal(plain.ToString(), recorded.ToString());
        Assert.Empty(plain.Series);
        Assert.Equal(Enumerable.Range(0, recorded.Series.Length).Select(static i => i * 10_000L), recorded.Series.Select(static s => s.AtMicros));
        Assert.InRange(recorded.Series[^1].ArrivedIPBytes, 1_900_000, long.MaxValue);
        Assert.Contains(recorded.Series, static s => s.WindowBytes > 10_000);
        Assert.Contains(recorded.Series, static s => s.QueueMicros > 0);
    }

    [Theory]
    [InlineData("loss-5")]
    [InlineData("route-longer")]
    public void A_run_can_be_cancelled(string name)
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => ProfileRun.Run(ProfileCatalog.Find(name)!, "ledbat", seed: 1, cancellation: cancelled.Token));
    }

    [Fact]
    public void Profiles_have_names_of_their_own_and_every_one_has_a_bar()
    {
        Assert.Distinct(ProfileCatalog.All.Select(p => p.Name));
        Assert.All(ProfileCatalog.All, p => Assert.NotEmpty(p.Bars));
    }

    [Fact]
    public void An_unknown_law_is_refused_with_the_known_ones()
    {
        var e = Assert.Throws<ArgumentException>(() => ProfileRun.Run(ProfileCatalog.All[0], "vegas", seed: 1));
        Assert.Contains("'vegas'", e.Message, StringComparison.Ordinal);
        Assert.Contains("ledbat", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lbe@10ms", "lbe")]
    [InlineData("ledbat@1ms", "ledbat")]
    [InlineData("ledbat++@1000ms", "ledbat++")]
    public void A_law_is_found_with_another_target(string name, string law) => Assert.Equal(law, CongestionLaws.Find(name)!().Name);

    [Theory]
    [InlineData("lbe@")]
    [InlineData("lbe@ms")]
    [InlineData("lbe@0ms")]
    [InlineData("lbe@1001ms")]
    [InlineData("lbe@-1ms")]
    [InlineData("lbe@10")]
    [InlineData("cubic@10ms")]
    [InlineData("@10ms")]
    public void A_target_that_makes_no_sense_is_no_law(string name) => Assert.Null(CongestionLaws.Find(name));

    private static string SnapshotFile()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Utp.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return Path.Combine(folder.FullName, "tests", "Utp.Simulation.Tests", "Profiles", "profiles.txt");
    }
}
