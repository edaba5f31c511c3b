using Xunit;

namespace Utp.Protocol.Tests;

public class PathSizeCacheTests
{
    private static readonly PathSize Jumbo = new(8_972, 8_972);

    [Fact]
    public void What_is_not_known_is_nothing() => Assert.Equal(default, new PathSizeCache().Find(1, Instant.Zero));

    [Fact]
    public void A_size_is_kept_for_ten_minutes_and_using_it_does_not_prolong_it()
    {
        var cache = new PathSizeCache();
        cache.Report(1, Jumbo, Instant.Zero);
        Assert.Equal(Jumbo, cache.Find(1, new Instant(599_999_999)));
        Assert.Equal(default, cache.Find(1, new Instant(600_000_000)));
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void A_newer_report_takes_the_place_of_the_older_one()
    {
        var cache = new PathSizeCache();
        cache.Report(1, Jumbo, Instant.Zero);
        cache.Report(1, new PathSize(1_452, 1_467), new Instant(500_000_000));
        Assert.Equal(new PathSize(1_452, 1_467), cache.Find(1, new Instant(700_000_000)));
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public void A_black_hole_is_reported_as_nothing_and_forgets_the_address_alone()
    {
        var cache = new PathSizeCache();
        cache.Report(1, Jumbo, Instant.Zero);
        cache.Report(2, Jumbo, Instant.Zero);
        cache.Report(1, default, Instant.Zero);
        Assert.Equal((default, Jumbo), (cache.Find(1, Instant.Zero), cache.Find(2, Instant.Zero)));
    }

    [Fact]
    public void It_is_bounded_and_forgets_the_address_that_was_not_used_for_longest()
    {
        var cache = new PathSizeCache();
        for (var address = 0; address < PathSizeCache.Capacity; address++)
            cache.Report((UInt128)address, Jumbo, Instant.Zero);
        Assert.Equal(Jumbo, cache.Find(0, Instant.Zero));
        cache.Report(PathSizeCache.Capacity, Jumbo, Instant.Zero);
        Assert.Equal(PathSizeCache.Capacity, cache.Count);
        Assert.Equal(Jumbo, cache.Find(0, Instant.Zero));
        Assert.Equal(default, cache.Find(1, Instant.Zero));
        Assert.Equal(Jumbo, cache.Find(PathSizeCache.Capacity, Instant.Zero));
    }
}
