using Utp.Protocol;

namespace Utp.Actors.Tests.Timing;

public sealed class DeadlineHeapTests
{
    private readonly DeadlineHeap _heap = new();

    [Fact]
    public void Deadlines_expire_in_their_order()
    {
        var entries = new[] { 50, 10, 40, 20, 30 }.Select(at => Armed(at)).ToList();
        Assert.Equal([10, 20, 30, 40, 50], Expire(100));
        Assert.All(entries, entry => Assert.Equal(Instant.Never, entry.At));
        Assert.Equal(Instant.Never, _heap.Earliest);
    }

    [Fact]
    public void Nothing_expires_before_its_time()
    {
        Armed(10);
        Assert.Empty(Expire(9));
        Assert.Equal([10], Expire(10));
    }

    [Fact]
    public void A_deadline_moves_earlier()
    {
        Armed(10);
        var moved = Armed(50);
        Assert.True(_heap.Arm(moved, new Instant(5)));
        Assert.Equal(new Instant(5), _heap.Earliest);
        Assert.Equal(2, _heap.Count);
    }

    [Fact]
    public void A_deadline_does_not_move_later()
    {
        var entry = Armed(10);
        Assert.False(_heap.Arm(entry, new Instant(20)));
        Assert.Equal([10], Expire(30));
    }

    [Fact]
    public void Only_a_new_earliest_deadline_needs_a_wake_up()
    {
        Assert.True(_heap.Arm(new Entry(20), new Instant(20)));
        Assert.False(_heap.Arm(new Entry(30), new Instant(30)));
        Assert.True(_heap.Arm(new Entry(10), new Instant(10)));
    }

    [Fact]
    public void A_removed_deadline_never_expires()
    {
        Armed(10);
        var removed = Armed(20);
        Armed(30);
        _heap.Remove(removed);
        _heap.Remove(removed);
        Assert.Equal([10, 30], Expire(100));
    }

    [Fact]
    public void An_expired_entry_can_be_armed_again()
    {
        var entry = Armed(10);
        Expire(10);
        Assert.True(_heap.Arm(entry, new Instant(40)));
        Assert.Equal([40], Expire(40));
    }

    [Fact]
    public void Any_mixture_of_arming_moving_and_removing_keeps_the_order()
    {
        var random = new Random(7);
        var model = new Dictionary<Entry, long>();
        var entries = Enumerable.Range(0, 300).Select(_ => new Entry(0)).ToArray();
        var now = 0L;
        for (var step = 0; step < 20_000; step++)
        {
            var entry = entries[random.Next(entries.Length)];
            switch (random.Next(4))
            {
                case 0 or 1:
                    var at = now + random.Next(1, 1_000);
                    _heap.Arm(entry, new Instant(at));
                    model[entry] = Math.Min(at, model.GetValueOrDefault(entry, long.MaxValue));
                    break;
                case 2:
                    _heap.Remove(entry);
                    model.Remove(entry);
                    break;
                default:
                    now += random.Next(20);
                    while (_heap.TryExpire(new Instant(now), out var expired))
                        Assert.True(model.Remove((Entry)expired, out var due) && due <= now);
                    Assert.DoesNotContain(model.Values, due => due <= now);
                    break;
            }

            Assert.Equal(model.Count, _heap.Count);
            Assert.Equal(model.Count == 0 ? Instant.Never : new Instant(model.Values.Min()), _heap.Earliest);
        }
    }

    private Entry Armed(long at)
    {
        var entry = new Entry(at);
        _heap.Arm(entry, new Instant(at));
        return entry;
    }

    private List<long> Expire(long now)
    {
        var expired = new List<long>();
        for (var earliest = _heap.Earliest; _heap.TryExpire(new Instant(now), out _); earliest = _heap.Earliest)
            expired.Add(earliest.Micros);
        return expired;
    }

    private sealed class Entry(long name) : DeadlineEntry
    {
        internal override Instant OnExpired(Instant now) => Instant.Never;

        public override string ToString() => $"{name}";
    }
}
