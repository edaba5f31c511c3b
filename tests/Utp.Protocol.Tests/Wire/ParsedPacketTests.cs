using CsCheck;
using Xunit;

namespace Utp.Protocol.Tests.Wire;

public sealed class ParsedPacketTests
{
    public static TheoryData<PacketType> Types => [PacketType.Data, PacketType.Fin, PacketType.State, PacketType.Reset, PacketType.Syn];

    /// <summary>A datagram whose header names the first of a chain of extensions, followed by payload.</summary>
    private static byte[] Chained(PacketType type, (byte Type, byte[] Data)[] extensions, byte[] payload)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < extensions.Length; i++)
        {
            bytes.Add(i + 1 < extensions.Length ? extensions[i + 1].Type : (byte)0);
            bytes.Add((byte)extensions[i].Data.Length);
            bytes.AddRange(extensions[i].Data);
        }

        bytes.AddRange(payload);
        return Packets.Bytes(Packets.Header(type, extension: extensions.Length == 0 ? (byte)0 : extensions[0].Type), [.. bytes]);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_plain_packet_is_header_and_payload(PacketType type)
    {
        var datagram = Chained(type, [], [1, 2, 3]);

        var packet = Packets.Parse(datagram);

        Assert.Equal(type, packet.Header.Type);
        Assert.False(packet.HasExtensions);
        Assert.False(packet.HasExtension2);
        Assert.Equal(-1, packet.PeerCloseReason);
        Assert.Empty(packet.SelectiveAck(datagram).ToArray());
        Assert.Empty(packet.Extension2(datagram).ToArray());
        Assert.Equal([1, 2, 3], packet.Payload(datagram).ToArray());
    }

    [Fact]
    public void All_known_extensions_are_found_in_any_order()
    {
        (byte, byte[])[] extensions = [(1, [0xA1, 0xA2, 0xA3, 0xA4]), (2, [0xB1, 0xB2]), (3, [0, 0, 0x12, 0x34])];
        foreach (var order in (int[][])[[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]])
        {
            var datagram = Chained(PacketType.Data, [.. order.Select(i => extensions[i])], [9]);

            var packet = Packets.Parse(datagram);

            Assert.Equal([0xA1, 0xA2, 0xA3, 0xA4], packet.SelectiveAck(datagram).ToArray());
            Assert.Equal([0xB1, 0xB2], packet.Extension2(datagram).ToArray());
            Assert.Equal(0x1234, packet.PeerCloseReason);
            Assert.Equal([9], packet.Payload(datagram).ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_truncation_of_every_packet_kind_is_parsed_or_refused_but_never_read_past(PacketType type)
    {
        byte[] payload = [1, 2, 3, 4, 5];
        (byte, byte[])[] extensions = [(1, new byte[8]), (7, new byte[3]), (2, new byte[8]), (3, [0, 0, 0, 1])];
        var whole = Chained(type, extensions, payload);
        var chainEnd = whole.Length - payload.Length;
        for (var length = 0; length < whole.Length; length++)
        {
            // An array of its own, so that a read beyond the end throws.
            var cut = whole[..length];
            var parsed = ParsedPacket.TryParse(cut, out var packet);

            Assert.Equal(length >= chainEnd, parsed);
            if (parsed)
                Assert.Equal(payload[..(length - chainEnd)], packet.Payload(cut).ToArray());
        }
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0, 1 })]
    [InlineData(new byte[] { 0, 255, 1, 2, 3 })]
    [InlineData(new byte[] { 2, 0 })]
    [InlineData(new byte[] { 2, 1, 9, 0 })]
    public void A_chain_that_runs_past_the_datagram_is_malformed(byte[] afterHeader) =>
        Assert.False(ParsedPacket.TryParse(Packets.Bytes(Packets.Header(PacketType.State, extension: 1), afterHeader), out _));

    /// <summary>Transmission answers a packet whose first extension it does not know in the header of before BEP 29 (findings/transmission-answers-in-version-0.sh).</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(255)]
    public void A_reset_of_version_0_that_answers_a_packet_of_ours_is_malformed(byte firstExtension)
    {
        byte[] answer = [0x01, firstExtension, 0x13, 0x89, .. new byte[14], 3, 0xD9, 0x3F, 0x5A, 0];
        Assert.Equal(23, answer.Length);

        Assert.False(ParsedPacket.TryParse(answer, out _));
    }

    [Fact]
    public void A_chain_whose_next_always_points_on_ends_with_the_datagram()
    {
        // Each extension is empty and names the next one: 1, 2, 1, 2, …
        for (var length = 0; length < 1_000; length++)
        {
            var afterHeader = new byte[length];
            for (var i = 0; i < length; i += 2)
                afterHeader[i] = (byte)(i % 4 == 0 ? 2 : 1);
            Assert.False(ParsedPacket.TryParse(Packets.Bytes(Packets.Header(PacketType.Data, extension: 1), afterHeader), out _));
        }
    }

    [Fact]
    public void Extensions_may_be_255_bytes_long_and_many()
    {
        var mask = Enumerable.Range(0, 255).Select(static i => (byte)i).ToArray();
        var datagram = Chained(PacketType.State, [(1, mask), (200, mask), (201, mask), (2, mask)], [5]);

        var packet = Packets.Parse(datagram);

        Assert.Equal(mask, packet.SelectiveAck(datagram).ToArray());
        Assert.Equal(mask, packet.Extension2(datagram).ToArray());
        Assert.Equal([5], packet.Payload(datagram).ToArray());
    }

    [Fact]
    public void An_unknown_extension_is_skipped_wherever_it_stands()
    {
        foreach (var unknown in Enumerable.Range(4, 252))
        {
            var datagram = Chained(PacketType.Data, [((byte)unknown, [1, 1, 1, 1]), (2, [7]), ((byte)unknown, [])], [8, 9]);

            var packet = Packets.Parse(datagram);

            Assert.True(packet.HasExtensions);
            Assert.Equal([7], packet.Extension2(datagram).ToArray());
            Assert.Equal([8, 9], packet.Payload(datagram).ToArray());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(252)]
    public void A_selective_ack_of_any_length_is_taken(int length)
    {
        var datagram = Chained(PacketType.State, [(1, new byte[length])], []);

        Assert.Equal(length, Packets.Parse(datagram).SelectiveAckLength);
    }

    [Fact]
    public void An_empty_extension_2_is_there_and_an_absent_one_is_not()
    {
        Assert.True(Packets.Parse(Chained(PacketType.Data, [(2, [])], [])).HasExtension2);
        Assert.False(Packets.Parse(Chained(PacketType.Data, [(1, [1])], [])).HasExtension2);
    }

    [Fact]
    public void Of_two_extensions_of_one_type_the_first_counts()
    {
        var datagram = Chained(PacketType.Data, [(2, [1]), (1, [2]), (3, [0, 0, 0, 3]), (2, [4, 4]), (1, [5, 5]), (3, [0, 0, 0, 6])], []);

        var packet = Packets.Parse(datagram);

        Assert.Equal([1], packet.Extension2(datagram).ToArray());
        Assert.Equal([2], packet.SelectiveAck(datagram).ToArray());
        Assert.Equal(3, packet.PeerCloseReason);
    }

    [Fact]
    public void A_close_reason_of_another_length_is_none()
    {
        Assert.Equal(-1, Packets.Parse(Chained(PacketType.Fin, [(3, [0, 1])], [])).PeerCloseReason);
        Assert.Equal(-1, Packets.Parse(Chained(PacketType.Fin, [(3, [0, 0, 0, 1, 0])], [])).PeerCloseReason);
        Assert.Equal(0, Packets.Parse(Chained(PacketType.Fin, [(3, [0, 0, 0, 0])], [])).PeerCloseReason);
    }

    [Fact]
    public void The_largest_datagram_is_parsed_and_a_larger_one_refused()
    {
        Assert.Equal(65_507 - 20, Packets.Parse(Packets.Bytes(Packets.Header(PacketType.Data), new byte[65_507 - 20])).PayloadLength);
        Assert.True(ParsedPacket.TryParse(Packets.Bytes(Packets.Header(PacketType.Data), new byte[65_535 - 20]), out _));
        Assert.False(ParsedPacket.TryParse(Packets.Bytes(Packets.Header(PacketType.Data), new byte[65_536 - 20]), out _));
    }

    [Fact]
    public void Random_bytes_of_every_length_to_100_never_throw()
    {
        // Half of them with a valid first byte, so that the chain is reached.
        Gen.Select(Gen.Bool, Gen.Byte[0, 4], Gen.Byte.Array[0, 100]).Sample(
            static (valid, type, bytes) =>
            {
                if (valid && bytes.Length > 0)
                    bytes[0] = (byte)((type << 4) | 1);
                UseEverything(bytes);
            },
            iter: 20_000);

        var random = new Random(1);
        for (var length = 0; length <= 100; length++)
        {
            var bytes = new byte[length];
            for (var i = 0; i < 200; i++)
            {
                random.NextBytes(bytes);
                if (length > 0 && i % 2 == 0)
                    bytes[0] = 0x21;
                UseEverything(bytes);
            }
        }
    }

    [Fact]
    public void Every_chain_survives_the_wire() =>
        Gen.Select(Gen.Byte[0, 4], Gen.Select(Gen.Byte[1, 255], Gen.Byte.Array[0, 255]).Array[0, 20], Gen.Byte.Array[0, 200]).Sample(
            static (type, extensions, payload) =>
            {
                var datagram = Chained((PacketType)type, extensions, payload);

                var packet = Packets.Parse(datagram);

                Assert.Equal(payload, packet.Payload(datagram).ToArray());
                Assert.Equal(extensions.FirstOrDefault(static one => one is { Item1: 1, Item2.Length: > 0 }).Item2 ?? [], packet.SelectiveAck(datagram).ToArray());
                Assert.Equal(extensions.Any(static one => one.Item1 == 2), packet.HasExtension2);
                Assert.Equal(extensions.FirstOrDefault(static one => one.Item1 == 2).Item2 ?? [], packet.Extension2(datagram).ToArray());
            });

    [Fact]
    public void What_the_chain_writer_writes_is_read_back()
    {
        var buffer = new byte[64];
        var chain = new ExtensionChain(buffer);
        chain.Add(ExtensionType.SelectiveAck, 4).Fill(0x11);
        chain.Add(ExtensionType.CapabilitiesOrMetadata, 0);
        chain.Add(ExtensionType.CloseReason, 4)[3] = 42;
        Packets.Header(PacketType.Fin, extension: chain.First).Write(buffer);
        var datagram = buffer[..chain.Length];

        var packet = Packets.Parse(datagram);

        Assert.Equal([0x11, 0x11, 0x11, 0x11], packet.SelectiveAck(datagram).ToArray());
        Assert.Equal(0, packet.Extension2Length);
        Assert.Equal(42, packet.PeerCloseReason);
        Assert.Equal(0, packet.PayloadLength);
    }

    private static void UseEverything(byte[] datagram)
    {
        if (!ParsedPacket.TryParse(datagram, out var packet))
            return;
        var used = PacketHeader.Length + packet.SelectiveAck(datagram).Length + packet.Extension2(datagram).Length + packet.Payload(datagram).Length;
        Assert.True(used <= datagram.Length);
        Assert.InRange(packet.PeerCloseReason, -1, ushort.MaxValue);
    }
}
