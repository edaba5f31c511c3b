using Utp.Protocol;

namespace Utp.Actors.Tests.Listening;

public sealed class WindowShareTests
{
    private const int Granted = 212_992;
    private static readonly Instant Start = new(1_000_000);

    [Fact]
    public void One_connection_may_use_most_of_a_small_buffer()
    {
        Assert.InRange(new WindowShare(Granted, Start).Bytes, Granted / 2, Granted);
    }

    [Fact]
    public void Without_drops_nothing_shrinks()
    {
        var share = new WindowShare(Granted, Start);
        var before = share.Bytes;
        share.OnDrops(0, 100, Start.Plus(1));
        Assert.Equal(before, share.Bytes);
    }

    [Fact]
    public void Drops_shrink_the_windows_to_an_equal_share_and_no_further()
    {
        var share = new WindowShare(Granted, Start);
        var whole = share.Bytes;
        for (var drops = 1; drops < 20; drops++)
            share.OnDrops(drops, 4, Start.Plus(drops * 200_000L));
        Assert.Equal(whole / 4, share.Bytes);
    }

    [Fact]
    public void The_first_drops_shrink_to_twice_an_equal_share_and_what_was_promised_before_shrinks_no_further()
    {
        var share = new WindowShare(Granted, Start);
        var whole = share.Bytes;
        for (var drops = 1; drops < 50; drops++)
            share.OnDrops(drops, 10, Start.Plus(drops * 1_000));
        Assert.Equal(2 * (whole / 10), share.Bytes);
        share.OnDrops(50, 10, Start.Plus(150_000));
        Assert.Equal(whole / 10, share.Bytes);
    }

    [Fact]
    public void A_lone_connection_keeps_half_however_much_is_dropped()
    {
        var share = new WindowShare(Granted, Start);
        var whole = share.Bytes;
        for (var drops = 1; drops < 20; drops++)
            share.OnDrops(drops, 1, Start.Plus(drops * 200_000L));
        Assert.Equal(whole / 2, share.Bytes);
    }

    [Fact]
    public void Many_connections_keep_some_packets_each()
    {
        var share = new WindowShare(Granted, Start);
        for (var drops = 1; drops < 40; drops++)
            share.OnDrops(drops, 100_000, Start.Plus(drops * 200_000L));
        Assert.InRange(share.Bytes, 4 * 1_200, Granted / 8);
    }

    [Fact]
    public void When_the_drops_end_the_windows_grow_back()
    {
        var share = new WindowShare(Granted, Start);
        var whole = share.Bytes;
        for (var drops = 1; drops < 10; drops++)
            share.OnDrops(drops, 8, Start);
        share.OnDrops(9, 8, Start.Plus(1_000_000));
        Assert.True(share.Bytes < whole);
        for (var i = 1; i < 10; i++)
            share.OnDrops(9, 8, Start.Plus(i * 6_000_000L));
        Assert.Equal(whole, share.Bytes);
    }
}
