using Xunit;

namespace Utp.Protocol.Tests.Timing;

public sealed class TimestampEchoTests
{
    private const uint PeerClockAhead = 3_000_000_000;

    private static readonly Instant First = new(10_000_000);
    private static readonly Instant Again = new(10_050_000);
    private static readonly OutstandingPacket SentTwice = new() { FirstSent = First, LastSent = Again, Transmissions = 2 };

    /// <summary>An acknowledgement of what left at <paramref name="sent"/>, took 20 ms, and was held by the peer.</summary>
    private static TimestampEcho Answer(Instant sent, uint held = 0)
    {
        var arrived = unchecked((uint)sent.Micros + 20_000 + PeerClockAhead);
        return TimestampEcho.Of(new PacketHeader(
            PacketType.State, ExtensionType.None, default, new WireTimestamp(unchecked(arrived + held)), unchecked(arrived - (uint)sent.Micros), 0, default, default));
    }

    [Fact]
    public void An_answer_to_what_left_before_the_retransmission_shows_the_original()
    {
        Assert.True(Answer(First).ShowsEarlierTransmission(SentTwice));
        Assert.True(Answer(First, held: 40_000).ShowsEarlierTransmission(SentTwice));
        Assert.True(Answer(Again.Plus(-1)).ShowsEarlierTransmission(SentTwice));
    }

    [Fact]
    public void An_answer_to_the_retransmission_or_to_what_left_after_it_shows_nothing()
    {
        Assert.False(Answer(Again).ShowsEarlierTransmission(SentTwice));
        Assert.False(Answer(Again.Plus(5_000)).ShowsEarlierTransmission(SentTwice));
        Assert.False(Answer(First, held: 50_000).ShowsEarlierTransmission(SentTwice));
    }

    [Fact]
    public void A_peer_that_does_not_measure_or_measures_nonsense_shows_nothing()
    {
        foreach (var difference in new[] { 0u, RttEstimator.NoTimestampDifference })
        {
            var echo = TimestampEcho.Of(new PacketHeader(PacketType.State, ExtensionType.None, default, new WireTimestamp(1), difference, 0, default, default));
            Assert.False(echo.IsKnown);
            Assert.False(echo.ShowsEarlierTransmission(SentTwice));
        }

        // It would have answered something that left before the packet did.
        Assert.False(Answer(First.Plus(-1)).ShowsEarlierTransmission(SentTwice));
    }

    [Fact]
    public void It_holds_across_the_wrap_of_the_clock()
    {
        var first = new Instant(uint.MaxValue - 10_000L);
        var packet = new OutstandingPacket { FirstSent = first, LastSent = first.Plus(50_000), Transmissions = 2 };
        Assert.True(Answer(first).ShowsEarlierTransmission(packet));
        Assert.False(Answer(first.Plus(50_000)).ShowsEarlierTransmission(packet));
    }
}
