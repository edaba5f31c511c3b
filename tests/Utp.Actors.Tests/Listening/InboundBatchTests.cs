using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors.Tests.Listening;

public sealed class InboundBatchTests
{
    private readonly SlabPool _slabs = new(65_536, 4 * 65_536);
    private readonly InboundBatchPool _batches = new();

    [Fact]
    public void A_batch_holds_each_slab_until_it_is_released()
    {
        Assert.True(_slabs.TryRent(out var one));
        Assert.True(_slabs.TryRent(out var two));
        var batch = _batches.Rent();
        for (var i = 0; i < 20; i++)
            batch.Add(default, i < 10 ? one : two);
        one.Release();
        two.Release();
        Assert.Equal(20, batch.Packets.Length);
        Assert.Equal(2 * 65_536, _slabs.PinnedBytes);
        batch.Release();
        Assert.Equal(0, _slabs.PinnedBytes);
    }

    [Fact]
    public void Two_batches_share_a_slab()
    {
        Assert.True(_slabs.TryRent(out var slab));
        var first = _batches.Rent();
        var second = _batches.Rent();
        first.Add(default, slab);
        second.Add(default, slab);
        slab.Release();
        first.Release();
        Assert.Equal(65_536, _slabs.PinnedBytes);
        second.Release();
        Assert.Equal(0, _slabs.PinnedBytes);
    }

    [Fact]
    public void A_released_batch_is_used_again_and_empty()
    {
        Assert.True(_slabs.TryRent(out var slab));
        var batch = _batches.Rent();
        batch.Add(new InboundPacket(default, default, new Instant(7)), slab);
        batch.Release();
        slab.Release();
        Assert.Same(batch, _batches.Rent());
        Assert.Equal(0, batch.Packets.Length);
    }

    [Fact]
    public void An_unusually_large_batch_is_not_kept()
    {
        Assert.True(_slabs.TryRent(out var slab));
        var batch = _batches.Rent();
        for (var i = 0; i < 40_000; i++)
            batch.Add(default, slab);
        batch.Release();
        slab.Release();
        Assert.NotSame(batch, _batches.Rent());
    }

    [Fact]
    public void No_more_than_so_many_packet_slots_are_kept()
    {
        var rented = Enumerable.Range(0, 10_000).Select(_ => _batches.Rent()).ToList();
        foreach (var batch in rented)
            batch.Release();
        Assert.InRange(_batches.KeptSlots, 1, 32 << 10);
    }
}
