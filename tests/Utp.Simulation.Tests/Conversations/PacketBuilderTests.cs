using Utp.Protocol;
using Utp.Testing;

namespace Utp.Simulation.Tests.Conversations;

public class PacketBuilderTests
{
    [Fact]
    public void A_built_packet_is_parsed_back()
    {
        var datagram = PacketBuilder.Data("payload").Id(7).Seq(70_000).Ack(65_535).Window(1 << 30).SentAt(5).Measured(6)
            .Sack(4, 2, 9, 33).Metadata(1, 2, 3).Reason(513).Build();

        Assert.True(ParsedPacket.TryParse(datagram, out var packet));
        Assert.Equal(
            new PacketHeader(
                PacketType.Data, ExtensionType.SelectiveAck, new ConnectionId(7), new WireTimestamp(5), 6, 1 << 30,
                new SeqNr(4_464), new SeqNr(65_535)),
            packet.Header);
        Assert.Equal([0b1000_0001, 0, 0, 0b1000_0000], packet.SelectiveAck(datagram).ToArray());
        Assert.Equal([1, 2, 3], packet.Extension2(datagram).ToArray());
        Assert.Equal(513, packet.PeerCloseReason);
        Assert.Equal("payload"u8.ToArray(), packet.Payload(datagram).ToArray());
    }

    [Fact]
    public void A_packet_cut_within_its_extension_is_malformed() =>
        Assert.False(ParsedPacket.TryParse(PacketBuilder.State().Sack(4, 2).Cut(25).Build(), out _));

    [Fact]
    public void A_seen_packet_names_the_steps_of_its_selective_ack()
    {
        var packet = new SeenPacket(PacketBuilder.State().Sack(4, 2, 5, 33).Build(), Instant.Zero, dontFragment: true);

        Assert.Equal([2, 5, 33], packet.SackSteps);
    }
}
