namespace Utp.BitTorrent.Tests.Downloading;

public sealed class ChokerTests
{
    [Fact]
    public void Those_that_give_most_are_served_and_one_at_random()
    {
        var choker = new Choker(4, new Random(1));
        var chosen = choker.Decide(Peers(10), isRound: true);
        Assert.Equal(4, chosen.Count);
        Assert.Superset(new HashSet<int> { 10, 9, 8 }, chosen);
        Assert.Contains(choker.Optimistic, chosen);
    }

    [Fact]
    public void The_random_one_stays_for_three_rounds_and_then_another_has_its_chance()
    {
        var choker = new Choker(4, new Random(1));
        choker.Decide(Peers(10), isRound: true);
        var first = choker.Optimistic;
        for (var round = 0; round < 2; round++)
        {
            choker.Decide(Peers(10), isRound: true);
            choker.Decide(Peers(10), isRound: false);
            Assert.Equal(first, choker.Optimistic);
        }

        choker.Decide(Peers(10), isRound: true);
        Assert.NotEqual(first, choker.Optimistic);
    }

    [Fact]
    public void In_time_everybody_has_had_a_chance()
    {
        var choker = new Choker(4, new Random(1));
        var served = new HashSet<int>();
        for (var round = 0; round < 300; round++)
            served.UnionWith(choker.Decide(Peers(10), isRound: true));
        Assert.Equal(10, served.Count);
    }

    [Fact]
    public void Who_wants_nothing_takes_no_slot_and_who_snubs_us_only_the_random_one()
    {
        var choker = new Choker(4, new Random(1));
        List<ChokeCandidate> peers = [new(1, false, 100, false), new(2, true, 90, true), new(3, true, 1, false)];
        Assert.Equal([2, 3], choker.Decide(peers, isRound: true).Order());
        Assert.Equal(2, choker.Optimistic);
    }

    [Fact]
    public void A_slot_is_filled_as_soon_as_somebody_wants_it()
    {
        var choker = new Choker(4, new Random(1));
        Assert.Empty(choker.Decide([], isRound: true));
        Assert.Equal([7], choker.Decide([new(7, true, 0, false)], isRound: false));
    }

    // The higher the number, the more it gives.
    private static List<ChokeCandidate> Peers(int count) => [.. Enumerable.Range(1, count).Select(static key => new ChokeCandidate(key, true, key, false))];
}
