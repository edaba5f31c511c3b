using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

/// <summary>What somebody can do who is not on the path, but knows the connection id.</summary>
public sealed class BlindInjectionTests
{
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.LargeWindow;

    [Fact]
    public void States_with_timestamps_far_ahead_do_not_make_the_peer_s_own_packets_old()
    {
        var c = Conversation.Established(capabilities: Own);
        for (var i = 1; i <= 40; i++)
            c.Send(PacketBuilder.State().SentAt((uint)(c.Now.Micros + (i * 50_000_000L))));
        c.Send(PacketBuilder.Data("still here")).ExpectReceived("still here");
        c.Write("and answered");
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq + 1));
        Assert.Equal(1, c.ExpectEvent(ConnectionEventKind.WritesDelivered).Count);
    }

    [Fact]
    public void A_packet_far_ahead_that_moves_the_stream_on_moves_the_clock_no_further_than_ours_has_come()
    {
        var c = Conversation.Established(capabilities: Own);
        var ahead = (uint)(c.Now.Micros + c.PeerClockOffsetMicros + 600_000_000);
        c.Send(PacketBuilder.Data("a").SentAt(ahead)).ExpectReceived("a");
        c.Send(PacketBuilder.Data("b")).ExpectReceived("b");
    }

    [Fact]
    public void A_peer_is_believed_also_when_our_own_clock_stood_still_in_a_machine_that_slept()
    {
        var c = Conversation.Established(capabilities: Own);
        c.PeerClockOffsetMicros += 1_200_000_000;
        for (var i = 0; i < 20; i++)
            c.Send(PacketBuilder.Data("x")).ExpectReceived("x");
    }
}
