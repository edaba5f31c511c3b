namespace Utp.Simulation.Tests.Time;

public class PrngTests
{
    [Fact]
    public void SplitMix_gives_its_published_sequence()
    {
        ulong state = 1234567;

        Assert.Equal(6457827717110365317UL, Prng.SplitMix(ref state));
        Assert.Equal(3203168211198807973UL, Prng.SplitMix(ref state));
        Assert.Equal(9817491932198370423UL, Prng.SplitMix(ref state));
    }

    [Fact]
    public void A_seed_gives_one_sequence_forever()
    {
        var random = new Prng(42);

        Assert.Equal(
            new[] { 1546998764402558742UL, 6990951692964543102UL, 12544586762248559009UL },
            new[] { random.NextUInt64(), random.NextUInt64(), random.NextUInt64() });
    }

    [Fact]
    public void Numbers_spread_evenly_and_stay_in_range()
    {
        var random = new Prng(7);
        var counts = new int[10];
        for (var i = 0; i < 100_000; i++)
            counts[random.Next(10)]++;

        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.InRange(random.Between(-3, 3), -3, 3));
    }

    [Fact]
    public void Streams_of_one_simulation_differ_and_repeat_with_its_seed()
    {
        var (one, again) = (new Simulator(5), new Simulator(5));
        var first = one.CreateRandom().NextUInt64();

        Assert.NotEqual(first, one.CreateRandom().NextUInt64());
        Assert.Equal(first, again.CreateRandom().NextUInt64());
    }

    [Fact]
    public void A_ratio_reads_in_percent()
    {
        Assert.Equal("3%", Ratio.Percent(3).ToString());
        Assert.Equal("0.0152%", new Ratio(152).ToString());
        Assert.Equal(5_000, Ratio.OneIn(200).PerMillion);
    }

    [Fact]
    public void Exponential_numbers_have_their_mean_and_their_tail()
    {
        var random = new Prng(11);
        var numbers = Enumerable.Range(0, 200_000).Select(_ => random.Exponential(1_000_000)).ToArray();

        Assert.InRange(numbers.Average(), 990_000, 1_010_000);
        // Above one mean 1/e of them, above three 1/e³.
        Assert.InRange(numbers.Count(n => n > 1_000_000), 72_500, 74_600);
        Assert.InRange(numbers.Count(n => n > 3_000_000), 9_600, 10_350);
    }
}
