using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

/// <summary>Peers whose selective acknowledgement is short: libutp's has 32 bits, of which it uses 30.</summary>
public class ShortMaskTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Full = 1_180;

    // More packets than a mask of 4 bytes can speak of, the first of which is returned.
    private static int PutInFlight(Conversation c, int packets)
    {
        var next = Seq;
        while (c.Connection.GetStatistics().CongestionWindowBytes < packets * Full)
        {
            c.Write(new byte[c.Connection.GetStatistics().CongestionWindowBytes]);
            next += c.TakeSent().Length;
            c.Advance(20_000);
            c.Send(PacketBuilder.State().Ack(next - 1));
        }

        c.Write(new byte[packets * Full]);
        Assert.Equal(packets, c.TakeSent().Length);
        c.Advance(20_000);
        return next;
    }

    private static Conversation Established() =>
        Conversation.Established(new ConnectionOptions { Pacing = false, KeepAliveMicros = 0, TailLossProbe = false });

    [Fact]
    public void Three_acks_with_an_empty_mask_show_the_loss_of_all_that_the_mask_denies()
    {
        var c = Established();
        var first = PutInFlight(c, 60);
        c.Send(PacketBuilder.State().Ack(first - 1).Sack(4)).ExpectNothing();
        c.Send(PacketBuilder.State().Ack(first - 1).Sack(4)).ExpectNothing();
        c.Send(PacketBuilder.State().Ack(first - 1).Sack(4));
        Assert.Equal(31, c.Connection.GetStatistics().PacketsLost);
        c.Expect(PacketType.Data, seq: first);
    }

    [Fact]
    public void What_a_short_mask_shows_late_is_no_round_trip_and_proves_no_timeout_spurious()
    {
        var c = Established();
        var first = PutInFlight(c, 60);

        // All but the first 30 packets and the last 20 have arrived, and the mask shows one of them.
        c.Send(PacketBuilder.State().Ack(first - 1).Sack(4, 31));
        while (c.Connection.GetStatistics().Timeouts == 0)
            c.AdvanceToDeadline();
        c.TakeSent();
        var rtt = c.Connection.GetStatistics().SmoothedRttMicros;
        c.Advance(20_000);

        // The repeated packet arrives, and the mask moves to show another that arrived with the first.
        c.Send(PacketBuilder.State().Ack(first).Sack(4, 30, 31).Measured(0));
        Assert.Equal(0, c.Connection.GetStatistics().SpuriousTimeouts);
        Assert.Equal(rtt, c.Connection.GetStatistics().SmoothedRttMicros);
        c.Expect(PacketType.Data, seq: first + 1);
        c.Expect(PacketType.Data, seq: first + 2);
    }

    [Fact]
    public void What_was_sent_after_the_last_mask_is_news_wherever_it_stands()
    {
        var c = Established();
        var first = PutInFlight(c, 60);
        c.Send(PacketBuilder.State().Ack(first - 1).Sack(4, 31));
        while (c.Connection.GetStatistics().Timeouts == 0)
            c.AdvanceToDeadline();
        c.TakeSent();
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Ack(first + 59));
        c.Write(new byte[Full]);
        c.Expect(PacketType.Data, seq: first + 60);
        var rtt = c.Connection.GetStatistics().SmoothedRttMicros;
        c.Advance(300_000);
        c.Send(PacketBuilder.State().Ack(first + 60).Measured(0));
        Assert.NotEqual(rtt, c.Connection.GetStatistics().SmoothedRttMicros);
    }

    /// <summary>
    /// libtorrent makes the mask as long as the span from the first to the last packet that has arrived, and counts its bits from ack_nr + 2
    /// (findings/libtorrent-mask-cut-short.sh). So after a burst of losses it says nothing of what has arrived.
    /// </summary>
    [Theory]
    [InlineData(20, 40)]
    [InlineData(20, 8)]
    [InlineData(2, 58)]
    public void A_burst_of_losses_that_the_mask_of_libtorrent_does_not_reach_over_is_repaired_without_a_timeout(int lost, int behind)
    {
        var c = Established();
        var next = PutInFlight(c, lost + behind);
        var arrived = new SortedSet<int>();
        var answers = Enumerable.Range(next + lost, behind).Select(Arrive).ToList();
        while (answers.Count > 0)
        {
            foreach (var answer in answers)
                c.Send(answer);
            var sent = c.TakeSent().Where(packet => packet.Type == PacketType.Data).ToList();
            c.Advance(20_000);
            sent.AddRange(c.TakeSent().Where(packet => packet.Type == PacketType.Data));
            answers = [.. sent.Select(packet => Arrive(packet.Seq))];
        }

        var statistics = c.Connection.GetStatistics();
        Assert.Empty(arrived);
        Assert.Equal(0, statistics.BytesInFlight);
        Assert.Equal(0, statistics.Timeouts);
        Assert.Equal(0, statistics.NeedlessRetransmissions);

        PacketBuilder Arrive(int seqNr)
        {
            if (seqNr >= next)
                arrived.Add(seqNr);
            while (arrived.Remove(next))
                next++;
            var state = PacketBuilder.State().Ack(next - 1);
            return arrived.Count == 0 ? state : state.SackBytes(CutShort(next - 1, arrived));
        }
    }

    private static byte[] CutShort(int ackNr, SortedSet<int> arrived)
    {
        var mask = new byte[(arrived.Max - arrived.Min + 8) / 8];
        foreach (var bit in arrived.Select(seqNr => seqNr - ackNr - 2).Where(bit => bit < mask.Length * 8))
            mask[bit / 8] |= (byte)(1 << (bit % 8));
        return mask;
    }
}
