using Utp.Protocol.Tests.Wire;
using Xunit;

namespace Utp.Protocol.Tests.Connection;

public sealed class PeerTraitsTests
{
    private static InboundPacket Packet(PacketType type, uint timestamp, uint difference, long arrival, byte[]? extension = null)
    {
        var datagram = Packets.Bytes(
            Packets.Header(type, extension: extension is null ? (byte)0 : ExtensionType.SelectiveAck, timestamp: timestamp, difference: difference),
            extension ?? []);
        return new InboundPacket(Packets.Parse(datagram), datagram, new Instant(arrival));
    }

    [Fact]
    public void Its_delay_is_that_of_the_last_packet_by_both_clocks()
    {
        var peer = new PeerTraits(ConnectionOptions.Default);
        peer.OnSyn(Packet(PacketType.Syn, timestamp: 1_000, difference: 0, arrival: 4_000));
        Assert.Equal(3_000u, peer.DelayMicros);

        peer.OnPacket(Packet(PacketType.State, timestamp: 10_000, difference: 0, arrival: 9_000));
        Assert.Equal(unchecked((uint)-1_000), peer.DelayMicros);
    }

    [Theory]
    [InlineData(0u, false)]
    [InlineData(0x7FFF_FFFFu, false)]
    [InlineData(1u, true)]
    public void It_measures_when_its_difference_is_neither_of_the_two_empty_values(uint difference, bool measures)
    {
        var peer = new PeerTraits(ConnectionOptions.Default);

        peer.OnPacket(Packet(PacketType.State, 1, difference, 2));
        peer.OnPacket(Packet(PacketType.State, 1, 0, 3));

        Assert.Equal(measures, peer.Measures);
    }

    [Fact]
    public void One_extension_is_enough_to_know_that_it_reads_them()
    {
        var peer = new PeerTraits(ConnectionOptions.Default);
        peer.OnPacket(Packet(PacketType.State, 1, 0, 2));
        Assert.False(peer.SendsExtensions);

        peer.OnPacket(Packet(PacketType.State, 1, 0, 2, [0, 4, 1, 0, 0, 0]));
        peer.OnPacket(Packet(PacketType.State, 1, 0, 2));
        Assert.True(peer.SendsExtensions);
    }

    [Fact]
    public void Frames_need_both_ends()
    {
        var stream = new PeerTraits(ConnectionOptions.Default);
        stream.OnShown(Capabilities.OwnPeer | Capabilities.Frames);
        Assert.False(stream.UsesFrames);

        var frames = new PeerTraits(ConnectionOptions.Default with { Mode = DeliveryMode.Frames });
        Assert.False(frames.UsesFrames);
        frames.OnShown(Capabilities.OwnPeer | Capabilities.Frames);
        Assert.True(frames.UsesFrames);
    }
}
