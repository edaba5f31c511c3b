using Xunit;

namespace Utp.Protocol.Tests.Congestion;

public sealed class SpuriousLossTests
{
    private const int Mss = 1_000;
    private const long Rtt = 40_000;

    private Instant _now = new(1_000_000_000);

    public static TheoryData<string> Laws => ["ledbat", "ledbat++", "cubic"];

    private static ICongestionControl Create(string name)
    {
        ICongestionControl law = name switch { "ledbat" => new Ledbat(), "ledbat++" => new LedbatPlusPlus(), _ => new Cubic() };
        law.OnMaxPayload(Mss);
        return law;
    }

    private void Grow(ICongestionControl law, int rounds)
    {
        for (var i = 0; i < rounds; i++)
        {
            _now = _now.Plus(Rtt);
            law.OnAck(new AckSample(_now, law.WindowBytes, law.WindowBytes, true, 0, 0, Rtt, Rtt, Rtt, RoundStart: true));
        }
    }

    private void Lose(ICongestionControl law) => law.OnLoss(new LossSample(_now, Mss, law.WindowBytes, NewEpisode: true));

    private void NotLost(ICongestionControl law, bool undone) => law.OnSpuriousLoss(new SpuriousLossSample(_now, Mss, undone));

    [Theory]
    [MemberData(nameof(Laws))]
    public void A_reduction_for_packets_that_were_only_overtaken_is_undone(string name)
    {
        var law = Create(name);
        Grow(law, 2);
        var (window, inSlowStart) = (law.WindowBytes, law.InSlowStart);

        Lose(law);
        Assert.True(law.WindowBytes < window);
        NotLost(law, undone: true);

        Assert.Equal((window, inSlowStart), (law.WindowBytes, law.InSlowStart));
    }

    [Theory]
    [MemberData(nameof(Laws))]
    public void While_any_of_the_packets_may_be_lost_nothing_is_undone(string name)
    {
        var law = Create(name);
        Grow(law, 2);
        Lose(law);
        var reduced = law.WindowBytes;

        NotLost(law, undone: false);

        Assert.Equal(reduced, law.WindowBytes);
    }

    [Theory]
    [MemberData(nameof(Laws))]
    public void A_time_out_after_the_loss_is_not_undone_with_it(string name)
    {
        var law = Create(name);
        Grow(law, 2);
        Lose(law);
        law.OnTimeout(_now);

        NotLost(law, undone: true);

        Assert.Equal(2 * Mss, law.WindowBytes);
    }

    [Theory]
    [MemberData(nameof(Laws))]
    public void Nothing_is_undone_twice(string name)
    {
        var law = Create(name);
        Grow(law, 2);
        Lose(law);
        NotLost(law, undone: true);
        Lose(law);
        NotLost(law, undone: true);
        var window = law.WindowBytes;

        NotLost(law, undone: true);

        Assert.Equal(window, law.WindowBytes);
    }

    [Fact]
    public void An_episode_is_undone_when_all_of_it_arrived_after_all()
    {
        var episode = new LossEpisode();
        Assert.False(episode.OnNeedless());
        episode.OnLost(isNew: true);
        episode.OnLost(isNew: false);
        Assert.False(episode.OnNeedless());
        Assert.True(episode.OnNeedless());
        Assert.False(episode.OnNeedless());
        episode.OnLost(isNew: true);
        episode.OnLost(isNew: true);
        Assert.True(episode.OnNeedless());
    }
}
