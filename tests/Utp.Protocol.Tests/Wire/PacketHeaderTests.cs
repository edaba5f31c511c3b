using CsCheck;
using Xunit;

namespace Utp.Protocol.Tests.Wire;

public sealed class PacketHeaderTests
{
    private static readonly Gen<PacketHeader> AnyHeader =
        from type in Gen.Byte[0, 4]
        from extension in Gen.Byte
        from id in Gen.UShort
        from timestamp in Gen.UInt
        from difference in Gen.UInt
        from wndSize in Gen.UInt
        from seqNr in Gen.UShort
        from ackNr in Gen.UShort
        select new PacketHeader(
            (PacketType)type, extension, new ConnectionId(id), new WireTimestamp(timestamp), difference, wndSize, new SeqNr(seqNr), new SeqNr(ackNr));

    /// <summary>BEP 29, "header format": each field where the diagram draws it, big-endian.</summary>
    [Theory]
    [InlineData(PacketType.Data, 0x01)]
    [InlineData(PacketType.Fin, 0x11)]
    [InlineData(PacketType.State, 0x21)]
    [InlineData(PacketType.Reset, 0x31)]
    [InlineData(PacketType.Syn, 0x41)]
    public void A_header_is_the_bytes_of_the_specification(PacketType type, byte typeAndVersion)
    {
        byte[] golden =
        [
            typeAndVersion, 0x02, 0xA1, 0xA2, // type, ver, extension, connection_id
            0xB1, 0xB2, 0xB3, 0xB4, // timestamp_microseconds
            0xC1, 0xC2, 0xC3, 0xC4, // timestamp_difference_microseconds
            0xD1, 0xD2, 0xD3, 0xD4, // wnd_size
            0xE1, 0xE2, 0xF1, 0xF2, // seq_nr, ack_nr
        ];
        var header = new PacketHeader(
            type, 2, new ConnectionId(0xA1A2), new WireTimestamp(0xB1B2B3B4), 0xC1C2C3C4, 0xD1D2D3D4, new SeqNr(0xE1E2), new SeqNr(0xF1F2));

        var written = new byte[PacketHeader.Length];
        header.Write(written);
        Assert.Equal(golden, written);

        Assert.True(PacketHeader.TryParse(golden, out var parsed));
        Assert.Equal(header, parsed);
    }

    [Fact]
    public void Every_header_survives_the_wire() =>
        AnyHeader.Sample(static header =>
        {
            var bytes = new byte[PacketHeader.Length];
            header.Write(bytes);
            Assert.True(PacketHeader.TryParse(bytes, out var parsed));
            Assert.Equal(header, parsed);
        });

    [Fact]
    public void Every_header_of_the_wire_survives_parsing() =>
        Gen.Byte.Array[PacketHeader.Length].Sample(static bytes =>
        {
            if (!PacketHeader.TryParse(bytes, out var header))
                return;
            var written = new byte[PacketHeader.Length];
            header.Write(written);
            Assert.Equal(bytes, written);
        });

    [Fact]
    public void Only_version_1_and_the_five_types_are_utp()
    {
        var bytes = new byte[PacketHeader.Length];
        for (var first = 0; first < 256; first++)
        {
            bytes[0] = (byte)first;
            var expected = (first & 0x0F) == 1 && first >> 4 <= 4;
            Assert.Equal(expected, PacketHeader.TryParse(bytes, out _));
        }
    }

    [Fact]
    public void A_header_that_is_cut_is_none()
    {
        var bytes = Packets.Bytes(PacketType.Data);
        for (var length = 0; length < PacketHeader.Length; length++)
            Assert.False(PacketHeader.TryParse(bytes.AsSpan(0, length), out _));
    }

    [Fact]
    public void Nothing_is_written_beyond_the_header()
    {
        var buffer = new byte[PacketHeader.Length + 1];
        buffer[^1] = 0x77;

        Packets.Header(PacketType.Data).Write(buffer);

        Assert.Equal(0x77, buffer[^1]);
    }

    [Fact]
    public void A_buffer_that_is_too_short_is_the_callers_mistake() =>
        Assert.Throws<ArgumentOutOfRangeException>(static () => Packets.Header(PacketType.Data).Write(new byte[19]));
}
