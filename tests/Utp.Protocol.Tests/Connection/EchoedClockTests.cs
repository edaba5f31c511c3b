using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

/// <summary>What the timestamps of a foreign peer prove (design note 0052): it has seen ours.</summary>
public sealed class EchoedClockTests
{
    private const int Enough = 20;
    private const uint PeerClock = 3_000_000_000;

    [Fact]
    public void A_packet_whose_numbers_all_fit_and_whose_timestamps_do_not_answer_ours_is_nobody_s()
    {
        var c = Measuring(out var peer);
        foreach (var (stamp, difference) in ((uint, uint)[])[(0, 0), (peer(), 0), (peer(), 0x7FFF_FFFF), (peer(), 12_345), (peer() + 6_000_000, Difference(c, peer())), (77, 40_000_077)])
            c.Send(PacketBuilder.Data("forged").SentAt(stamp).Measured(difference)).ExpectNoEvent();
        Assert.Equal(6, c.Connection.GetStatistics().PacketsDropped);
        c.PeerNextSeq = Conversation.PeerSeq + Enough;
        c.Send(PacketBuilder.Data("real").SentAt(peer()).Measured(Difference(c, peer()))).ExpectReceived("real");
    }

    [Fact]
    public void One_stranger_in_a_thousand_hits_the_bounds()
    {
        var c = Measuring(out var peer);
        var random = new Random(52);
        for (var i = 0; i < 20_000; i++)
        {
            c.PeerNextSeq = Conversation.PeerSeq + Enough;
            c.Send(PacketBuilder.State().SentAt((uint)random.NextInt64(1L << 32)).Measured((uint)random.NextInt64(1L << 32)));

            // The peer goes on, too.
            if (i % 4 == 0)
                c.Send(PacketBuilder.State().SentAt(peer()).Measured(Difference(c, peer())));
        }

        Assert.InRange(20_000 - c.Connection.GetStatistics().PacketsDropped, 5, 60);
    }

    [Fact]
    public void A_peer_whose_clock_is_set_by_an_hour_goes_on()
    {
        var c = Measuring(out var peer);
        for (var i = 0; i < 20; i++)
        {
            c.Advance(10_000);
            c.Send(PacketBuilder.Data("set").SentAt(peer() + 3_600_000_000).Measured(Difference(c, peer() + 3_600_000_000))).ExpectReceived("set");
        }
    }

    [Fact]
    public void A_peer_that_waits_before_it_answers_goes_on_also_when_it_measures_as_it_sends()
    {
        var c = Measuring(out var peer);
        c.Advance(25_000_000);
        var stamp = peer();
        c.Send(PacketBuilder.Data("late").SentAt(stamp).Measured(Difference(c, stamp))).ExpectReceived("late");

        // Which packet of ours it saw last: one of 25 s ago.
        c = Measuring(out peer);
        var difference = Difference(c, peer());
        c.Advance(20_000_000);
        c.Send(PacketBuilder.Data("late").SentAt(peer()).Measured(difference + 20_000_000)).ExpectReceived("late");
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0x7FFF_FFFFu)]
    public void A_peer_that_stops_to_measure_is_heard_again_after_some_seconds(uint difference)
    {
        var c = Measuring(out var peer);
        for (var i = 0; i < 8; i++)
        {
            c.Advance(500_000);
            c.PeerNextSeq = Conversation.PeerSeq + Enough;
            c.Send(PacketBuilder.Data("mute").SentAt(peer()).Measured(difference));
            if (i < 7)
                c.ExpectNoEvent();
        }

        c.ExpectReceived("mute");
    }

    [Fact]
    public void A_peer_that_never_measures_is_believed()
    {
        var c = Conversation.Established();
        for (var i = 0; i < 100; i++)
            c.Send(PacketBuilder.Data("x").SentAt((uint)(i * 100_000_000)).Measured(0)).ExpectReceived("x");
    }

    // A foreign peer that measures, and has shown so.
    private static Conversation Measuring(out Func<uint> peer)
    {
        var c = Conversation.Established();
        peer = () => PeerClock + (uint)c.Now.Micros;
        for (var i = 0; i < Enough; i++)
        {
            c.Advance(10_000);
            c.Send(PacketBuilder.Data("x").SentAt(peer()).Measured(Difference(c, peer()))).ExpectReceived("x");
        }

        return c;
    }

    // Ours took 20 ms to the peer, and the peer's stamp is of 20 ms ago.
    private static uint Difference(Conversation c, uint stamp) => unchecked(stamp - ((uint)c.Now.Micros - 40_000));
}
