namespace Utp.Sockets.Tests;

public class SlabPoolTests
{
    [Fact]
    public void A_slab_counts_until_its_last_holder_lets_go()
    {
        var pool = new SlabPool(65_536, 65_536);
        Assert.True(pool.TryRent(out var slab));
        slab.AddReference();
        slab.Release();
        Assert.Equal(65_536, pool.PinnedBytes);
        Assert.False(pool.TryRent(out _));
        slab.Release();
        Assert.Equal(0, pool.PinnedBytes);
        Assert.True(pool.TryRent(out var again));
        Assert.Same(slab, again);
    }

    [Fact]
    public void A_slab_released_too_often_is_a_bug_that_is_told()
    {
        var pool = new SlabPool(65_536, 65_536);
        Assert.True(pool.TryRent(out var slab));
        slab.Release();
        Assert.Throws<InvalidOperationException>(slab.Release);
    }

    [Fact]
    public void What_a_burst_needed_is_let_go_when_less_has_been_needed_for_long()
    {
        const int Slab = 65_536;
        const int Burst = 100;
        var pool = new SlabPool(Slab, Burst * Slab);
        for (var burst = 0; burst < 100; burst++)
            Use(pool, Burst);

        // Bursts that come again find their slabs.
        Assert.Equal(Burst * Slab, pool.OwnedBytes);
        for (var turn = 0; turn < 40_000; turn++)
            Use(pool, 10);
        Assert.Equal(10 * Slab, pool.OwnedBytes);
        Use(pool, Burst);
        Assert.InRange(pool.OwnedBytes, 10 * Slab, Burst * Slab);
        Assert.Equal(0, pool.PinnedBytes);
    }

    private static void Use(SlabPool pool, int slabs)
    {
        var held = new DatagramSlab[slabs];
        for (var i = 0; i < slabs; i++)
            Assert.True(pool.TryRent(out held[i]));
        foreach (var slab in held)
            slab.Release();
    }

    [Fact]
    public void A_waiter_is_called_once_and_at_once_if_memory_is_free()
    {
        var pool = new SlabPool(65_536, 65_536);
        var calls = 0;
        pool.NotifyWhenAvailable(() => calls++);
        Assert.Equal(1, calls);

        Assert.True(pool.TryRent(out var slab));
        pool.NotifyWhenAvailable(() => calls++);
        Assert.Equal(1, calls);
        slab.Release();
        Assert.Equal(2, calls);
        Assert.True(pool.TryRent(out slab));
        slab.Release();
        Assert.Equal(2, calls);
    }

    [Fact]
    public void A_reference_cannot_be_added_to_a_slab_that_was_given_back()
    {
        var pool = new SlabPool(65_536, 65_536);
        Assert.True(pool.TryRent(out var slab));
        var generation = slab.Generation;
        Assert.True(slab.TryAddReference(generation));
        slab.Release();
        slab.Release();
        Assert.False(slab.TryAddReference(generation));
        Assert.True(pool.TryRent(out var again));
        Assert.Same(slab, again);
        Assert.False(slab.TryAddReference(generation));
        Assert.True(slab.TryAddReference(again.Generation));
    }

    [Theory]
    [InlineData(65_535, 1_000_000)]
    [InlineData(65_536, 65_535)]
    public void A_pool_without_room_for_one_datagram_is_refused(int slabBytes, long limitBytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SlabPool(slabBytes, limitBytes));

    [Fact]
    public async Task Two_renters_at_the_limit_never_exceed_it_and_never_miss_a_wake_up()
    {
        const int Rents = 20_000;
        var pool = new SlabPool(65_536, 65_536);
        var renters = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var rented = 0;
            while (rented < Rents)
            {
                if (!pool.TryRent(out var slab))
                    continue;
                Assert.True(pool.PinnedBytes <= 65_536);
                slab.Release();
                rented++;
            }
        })).ToArray();
        await Task.WhenAll(renters).WaitAsync(ChannelProbe.Patience);

        var called = false;
        pool.NotifyWhenAvailable(() => called = true);
        Assert.True(called);
        Assert.Equal(0, pool.PinnedBytes);
    }
}
