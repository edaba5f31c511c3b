using System.Buffers;
using System.Net;
using CsCheck;

namespace Utp.BitTorrent.Tests.Wire;

public sealed class PeerWireTests
{
    private static readonly BlockRange Block = new(7, 16_384, 16_000);

    [Fact]
    public void A_message_is_read_as_it_was_written_however_it_is_cut()
    {
        var output = new ArrayBufferWriter<byte>();
        PeerWire.KeepAlive(output);
        PeerWire.Simple(output, MessageId.Unchoke);
        PeerWire.OfPiece(output, MessageId.Have, 5);
        PeerWire.OfBlock(output, MessageId.Request, Block);
        PeerWire.Extended(output, 3, "abc"u8, "de"u8);
        var bytes = output.WrittenSpan.ToArray();

        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var (seen, at) = (new List<string>(), 0);
            foreach (var end in new[] { cut, bytes.Length })
            {
                while (PeerWire.TryRead(bytes.AsSpan(at, end - at), 100, out var message, out var consumed, out _) == WireRead.Message)
                {
                    at += consumed;
                    seen.Add($"{message.Id} {message.Piece} {message.Offset} {message.Length} {message.ExtendedId} {System.Text.Encoding.ASCII.GetString(message.Payload)}");
                }
            }

            Assert.Equal(["KeepAlive 0 0 0 0 ", "Unchoke 0 0 0 0 ", "Have 5 0 0 0 ", "Request 7 16384 16000 0 ", "Extended 0 0 0 3 abcde"], seen);
        }
    }

    [Fact]
    public void A_block_stands_behind_its_header()
    {
        var bytes = new byte[PeerWire.PieceHeaderBytes + 3];
        PeerWire.PieceHeader(bytes, new BlockRange(1, 2, 3));
        "xyz"u8.CopyTo(bytes.AsSpan(PeerWire.PieceHeaderBytes));
        Assert.Equal(WireRead.Message, PeerWire.TryRead(bytes, 100, out var message, out _, out _));
        Assert.Equal(new BlockRange(1, 2, 3), message.Block);
        Assert.True(message.Payload.SequenceEqual("xyz"u8));
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 2, 0, 0 })] // choke with a body
    [InlineData(new byte[] { 0, 0, 0, 4, 4, 0, 0, 0 })] // have, short
    [InlineData(new byte[] { 0, 0, 0, 5, 6, 0, 0, 0, 1 })] // request, short
    [InlineData(new byte[] { 0, 0, 0, 5, 7, 0, 0, 0, 1 })] // piece, short
    [InlineData(new byte[] { 0, 0, 0, 1, 20 })] // extended without a number
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0, 0, 0, 101 })]
    public void What_breaks_the_protocol_is_malformed_and_says_how(byte[] bytes)
    {
        Assert.Equal(WireRead.Malformed, PeerWire.TryRead(bytes, 100, out _, out _, out var problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void A_number_from_the_future_is_passed_over()
    {
        Assert.Equal(WireRead.Message, PeerWire.TryRead([0, 0, 0, 3, 99, 1, 2], 100, out var message, out var consumed, out _));
        Assert.Equal(7, consumed);
        Assert.Equal(MessageId.KeepAlive, message.Id);
    }

    [Fact]
    public void Any_bytes_are_a_message_or_not_and_never_throw() => Gen.Byte.Array[0, 80].Sample(
        static bytes => PeerWire.TryRead(bytes, 60, out _, out var consumed, out _) != WireRead.Message || consumed <= bytes.Length, iter: 5_000);

    [Fact]
    public void A_handshake_says_which_extensions_are_known()
    {
        var bytes = new byte[Handshake.Length];
        var ours = new Handshake(new InfoHash(new byte[20]), PeerId.Create(new Random(1)), Fast: true, Extended: true);
        ours.Write(bytes);
        Assert.True(Handshake.TryRead(bytes, out var read));
        Assert.Equal(ours, read);
        bytes[5] ^= 1;
        Assert.False(Handshake.TryRead(bytes, out _));
        Assert.False(Handshake.TryRead(bytes.AsSpan(0, 67), out _));
    }

    [Fact]
    public void An_extension_handshake_comes_back_as_it_was_written()
    {
        var ours = new ExtensionHandshake { Metadata = 2, MetadataSize = 1_234, MaxRequests = 500, UploadOnly = true, Client = "x 1", YourAddress = IPAddress.Parse("10.1.2.3") };
        Assert.True(ExtensionHandshake.TryRead(ours.Write(), out var read, out _));
        Assert.Equal(ours, read);
    }

    [Theory]
    [InlineData("de", 0, 0, 250)]
    [InlineData("d1:md11:ut_metadatai300eee", 0, 0, 250)]
    [InlineData("d13:metadata_sizei999999999e4:reqqi-5ee", 0, 0, 250)]
    [InlineData("d1:md11:ut_metadatai3ee13:metadata_sizei10e4:reqqi2ee", 3, 10, 2)]
    public void Figures_beyond_reason_count_as_not_said(string text, int metadata, int size, int requests)
    {
        Assert.True(ExtensionHandshake.TryRead(System.Text.Encoding.Latin1.GetBytes(text), out var read, out _));
        Assert.Equal((metadata, size, requests), (read.Metadata, read.MetadataSize, read.MaxRequests));
    }

    [Fact]
    public void A_bitfield_counts_what_it_has()
    {
        Assert.True(Bitfield.TryRead([0b1010_0000, 0b1000_0000], 9, out var field));
        Assert.Equal(3, field.Count);
        Assert.True(field[0] && field[2] && field[8] && !field[1]);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF }, 9)]
    [InlineData(new byte[] { 0xFF, 0xFF, 0 }, 9)]
    [InlineData(new byte[] { 0xFF, 0b1100_0000 }, 9)]
    public void A_bitfield_of_a_wrong_length_or_beyond_the_last_piece_is_refused(byte[] bytes, int length) => Assert.False(Bitfield.TryRead(bytes, length, out _));

    // The example of BEP 6.
    [Fact]
    public void The_allowed_fast_set_is_that_of_bep_6()
    {
        var hash = new InfoHash(Enumerable.Repeat((byte)0xAA, 20).ToArray());
        Assert.Equal([1059, 431, 808, 1217, 287, 376, 1188], AllowedFastSet.Of(IPAddress.Parse("80.4.4.200"), hash, 1313, 7));
        Assert.Equal([1059, 431, 808, 1217, 287, 376, 1188, 353, 508], AllowedFastSet.Of(IPAddress.Parse("80.4.4.200"), hash, 1313, 9));
        Assert.Equal(3, AllowedFastSet.Of(IPAddress.Parse("80.4.4.200"), hash, 3).Count);
        Assert.Empty(AllowedFastSet.Of(IPAddress.IPv6Loopback, hash, 1313));
    }
}
