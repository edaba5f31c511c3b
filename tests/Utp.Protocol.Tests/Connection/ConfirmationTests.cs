using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

public class ConfirmationTests
{
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.LargeWindow;
    private static readonly ConnectionOptions Quiet = new() { KeepAliveMicros = 0 };

    [Fact]
    public void Toward_a_silent_peer_of_our_own_the_confirmation_is_repeated_after_1_3_and_7_seconds()
    {
        var c = Conversation.Established(Quiet, Own);
        foreach (var micros in new[] { 1_000_000, 2_000_000, 4_000_000 })
        {
            Assert.Equal(micros, c.AdvanceToDeadline());
            c.Expect(PacketType.State, ack: Conversation.PeerSeq - 1);
            c.ExpectNothing();
        }

        c.Advance(100_000_000).ExpectNothing();
    }

    [Fact]
    public void A_packet_without_capabilities_shows_that_the_confirmation_arrived()
    {
        var c = Conversation.Established(Quiet, Own);
        c.Send(PacketBuilder.Data("heard you"));
        c.Expect(PacketType.State);

        c.Advance(100_000_000).ExpectNothing();
    }

    [Fact]
    public void A_packet_that_repeats_the_capabilities_shows_that_it_did_not()
    {
        var c = Conversation.Established(Quiet, Own);
        c.Send(PacketBuilder.Data("who are you").Capable(Own));
        c.Expect(PacketType.State);

        c.Advance(1_000_000);
        c.Expect(PacketType.State);
    }

    [Fact]
    public void A_foreign_peer_is_not_bothered()
    {
        var c = Conversation.Established(Quiet);

        c.Advance(100_000_000).ExpectNothing();
    }
}
