using Xunit;

namespace Utp.Protocol.Tests.Sending;

public sealed class PacerTests
{
    private const int Packet = 1_000;
    private const long Rate = 100_000_000;
    private const long Road = 5_000;
    private const long WithinOneMachine = 99;
    private const long Second = 1_000_000;

    private static readonly Instant Start = new(5 * Second);

    private Pacer _pacer;

    [Fact]
    public void A_burst_is_a_millisecond_of_the_rate_on_a_short_path_that_loses_nothing()
    {
        Assert.Equal(100, PacketsThatLeave(Start));
        Assert.Equal(0, PacketsThatLeave(Start));
        Assert.Equal(10, PacketsThatLeave(Start.Plus(100)));
    }

    [Fact]
    public void A_burst_is_a_quarter_of_a_millisecond_on_a_longer_path() => Assert.Equal(25, PacketsThatLeave(Start, minRtt: 10_000));

    [Fact]
    public void After_a_loss_a_burst_is_a_quarter_of_a_millisecond_for_two_thousand_packets()
    {
        _pacer.OnLost();
        Assert.Equal(25, PacketsThatLeave(Start));
        Send(1_974);
        Assert.Equal(25, PacketsThatLeave(Start.Plus(Second)));
        Assert.Equal(100, PacketsThatLeave(Start.Plus(2 * Second)));
    }

    [Fact]
    public void However_slow_the_rate_two_packets_may_leave_together()
    {
        Assert.Equal(2, PacketsThatLeave(Start, rate: 1_000));
        Assert.False(_pacer.MayLeave(1_000, Packet, Packet, Road, Start, out var when));
        Assert.Equal(Start.Plus(Second), when);
        Assert.True(_pacer.MayLeave(1_000, Packet, Packet, Road, when, out _));
    }

    [Fact]
    public void Nothing_is_paced_where_the_round_trip_says_that_both_ends_are_in_one_machine()
    {
        Assert.Equal(1_000, PacketsThatLeave(Start, minRtt: WithinOneMachine));
        Assert.Equal(100, PacketsThatLeave(Start, minRtt: WithinOneMachine + 1));
    }

    [Fact]
    public void A_round_trip_that_is_not_known_is_no_short_one() => Assert.Equal(25, PacketsThatLeave(Start, minRtt: 0));

    [Fact]
    public void A_loss_within_one_machine_is_a_queue_that_was_too_short_and_brings_the_pace_back()
    {
        _pacer.OnLost();
        Assert.Equal(25, PacketsThatLeave(Start, minRtt: WithinOneMachine));
        Send(2_000);
        Assert.Equal(1_000, PacketsThatLeave(Start.Plus(Second), minRtt: WithinOneMachine));
    }

    [Fact]
    public void A_law_without_a_rate_is_not_paced() => Assert.Equal(1_000, PacketsThatLeave(Start, rate: long.MaxValue));

    private void Send(int packets)
    {
        for (var i = 0; i < packets; i++)
            _pacer.OnSent(Packet);
    }

    private int PacketsThatLeave(Instant now, long rate = Rate, long minRtt = Road)
    {
        var packets = 0;
        while (packets < 1_000 && _pacer.MayLeave(rate, Packet, Packet, minRtt, now, out _))
        {
            _pacer.OnSent(Packet);
            packets++;
        }

        return packets;
    }
}
