using System.Text.Json.Nodes;
using Xunit;

namespace Utp.Protocol.Tests.Vectors;

/// <summary>docs/vectors/packets.json and malformed.json: parsed by what parses datagrams, and made again by what writes them.</summary>
public sealed class PacketVectorTests
{
    private static readonly Dictionary<string, Capabilities> Bits = new()
    {
        ["metadata"] = Capabilities.Metadata,
        ["frames"] = Capabilities.Frames,
        ["syn-payload"] = Capabilities.SynPayload,
        ["large-window"] = Capabilities.LargeWindow,
        ["ranges"] = Capabilities.SelectiveAckRanges,
        ["pieces"] = Capabilities.PacketPieces,
        ["stateless"] = Capabilities.Stateless,
    };

    public static TheoryData<string> Names => [.. VectorFiles.Packets.Select(static packet => packet.Name)];

    public static TheoryData<string> MalformedNames => [.. VectorFiles.Malformed.Select(static datagram => datagram.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_worked_packet_says_what_the_page_says(string name)
    {
        var vector = Find(name);
        var datagram = Convert.FromHexString(vector.Hex);
        Assert.True(ParsedPacket.TryParse(datagram, out var packet));
        var header = vector.Header;
        Assert.Equal(
            (header.Type, header.ConnectionId, header.Timestamp, header.TimestampDifference, header.WndSize, header.SeqNr, header.AckNr),
            ("ST_" + packet.Header.Type.ToString().ToUpperInvariant(), packet.Header.ConnectionId.Value, packet.Header.Timestamp.Micros,
                packet.Header.TimestampDifference, packet.Header.WndSize, packet.Header.SeqNr.Value, packet.Header.AckNr.Value));
        Assert.Equal(vector.Payload, Convert.ToHexStringLower(packet.Payload(datagram)));
        var kinds = vector.Extensions.Select(static extension => (string)extension["kind"]!).ToHashSet();
        Assert.Equal(kinds.Contains("selective-ack"), packet.SelectiveAckLength > 0);
        Assert.Equal(kinds.Contains("ranges"), packet.RangesLength > 0);
        Assert.Equal(kinds.Overlaps(["capabilities", "metadata", "frame"]), packet.HasExtension2);
        Assert.Equal(kinds.Contains("close-reason"), packet.PeerCloseReason >= 0);
        Assert.Equal(kinds.Contains("piece"), packet.HasPiece);
        Assert.Equal(kinds.Contains("tag"), packet.Tag != default);
        foreach (var extension in vector.Extensions)
            CheckMeaning(extension, packet, datagram);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_worked_packet_is_made_again_from_what_it_says(string name)
    {
        var vector = Find(name);
        var buffer = new byte[2_000];
        var chain = new ExtensionChain(buffer);
        foreach (var extension in vector.Extensions)
            Write(extension, vector.Header.AckNr, ref chain);
        var header = vector.Header;
        new PacketHeader(
            Enum.Parse<PacketType>(header.Type["ST_".Length..], ignoreCase: true), chain.First, new ConnectionId(header.ConnectionId), new WireTimestamp(header.Timestamp),
            header.TimestampDifference, header.WndSize, new SeqNr(header.SeqNr), new SeqNr(header.AckNr)).Write(buffer);
        Assert.Equal(vector.Hex, Convert.ToHexStringLower(buffer.AsSpan(0, chain.Length)) + vector.Payload);
    }

    [Theory]
    [MemberData(nameof(MalformedNames))]
    public void A_datagram_that_must_be_dropped_is_dropped(string name)
    {
        var vector = VectorFiles.Malformed.Single(datagram => datagram.Name == name);
        var datagram = Convert.FromHexString(vector.Hex);
        Assert.False(ParsedPacket.TryParse(datagram, out _));
        Assert.Equal(vector.Verdict == "malformed", PacketHeader.TryParse(datagram, out _));
    }

    [Fact]
    public void The_reset_of_the_vectors_is_what_answers_the_data_of_the_vectors()
    {
        var data = Wire.Packets.Parse(Convert.FromHexString(Find("data").Hex));
        var reset = new byte[PacketHeader.Length];
        ResetPacket.Write(data.Header, reset, new Instant(5_000_000));
        Assert.Equal(Find("reset-of-an-unknown-packet").Hex, Convert.ToHexStringLower(reset));
    }

    [Fact]
    public void Every_vector_names_a_section_of_the_page()
    {
        Assert.Contains("3.1", VectorFiles.Sections);
        Assert.All(VectorFiles.Packets, static vector => Assert.Contains(vector.Section, VectorFiles.Sections));
        Assert.All(VectorFiles.Malformed, static vector => Assert.Contains(vector.Section, VectorFiles.Sections));
        Assert.All(VectorFiles.Conversations, static vector => Assert.Contains(vector.Section, VectorFiles.Sections));
    }

    [Fact]
    public void Every_capability_that_there_is_has_a_name_in_the_vectors() =>
        Assert.Equal(Enum.GetValues<Capabilities>().Except([Capabilities.None, Capabilities.OwnPeer]).Order(), Bits.Values.Order());

    private static PacketVector Find(string name) => VectorFiles.Packets.Single(packet => packet.Name == name);

    private static void CheckMeaning(JsonObject extension, in ParsedPacket packet, byte[] datagram)
    {
        switch ((string)extension["kind"]!)
        {
            case "selective-ack":
                var mask = packet.SelectiveAck(datagram).ToArray();
                Assert.Equal((int)extension["bytes"]!, mask.Length);
                Assert.Equal(Ints(extension["received"]!), Enumerable.Range(0, mask.Length * 8).Where(bit => (mask[bit / 8] >> (bit % 8) & 1) != 0).Select(static bit => bit + 2));
                break;
            case "capabilities":
                Assert.Equal(CapabilitiesOf(extension), CapabilitiesExtension.Parse(packet.Extension2(datagram)));
                break;
            case "metadata":
                Assert.Equal((string)extension["data"]!, Convert.ToHexStringLower(packet.Extension2(datagram)));
                break;
            case "close-reason":
                Assert.Equal(((int)extension["code"]!, (bool)extension["not_read"]!), (packet.PeerCloseReason, packet.IsNotRead));
                break;
            case "piece":
                Assert.Equal(new PacketPiece((ushort)extension["offset"]!, (ushort)extension["packet_bytes"]!), packet.Piece);
                break;
            case "tag":
                Assert.Equal(PacketTag.Parse(TagOf(extension)), packet.Tag);
                break;
            default:
                // Frames and ranges are read by what puts them together; padding means nothing.
                break;
        }
    }

    private static void Write(JsonObject extension, ushort ackNr, ref ExtensionChain chain)
    {
        switch ((string)extension["kind"]!)
        {
            case "selective-ack":
                Waiting(Ints(extension["received"]!), ackNr).WriteMask(new SeqNr(ackNr).Next, chain.Add(ExtensionType.SelectiveAck, (int)extension["bytes"]!));
                break;
            case "ranges":
                var ranges = extension["ranges"]!.AsArray();
                var steps = ranges.SelectMany(static range => Enumerable.Range((int)range!["offset"]!, (int)range["length"]!));
                Waiting(steps, ackNr).WriteRanges(new SeqNr(ackNr).Next, chain.Add(ExtensionType.SelectiveAckRanges, ranges.Count * ReorderBuffer.BytesPerRange));
                break;
            case "capabilities":
                CapabilitiesExtension.Write(chain.Add(ExtensionType.CapabilitiesOrMetadata, CapabilitiesExtension.Length), CapabilitiesOf(extension));
                break;
            case "metadata":
                Copy(Convert.FromHexString((string)extension["data"]!), ExtensionType.CapabilitiesOrMetadata, ref chain);
                break;
            case "frame":
                var length = BitConverter.GetBytes(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)extension["frame_bytes"]!));
                Copy([FrameAssembler.Kind, .. length, .. Convert.FromHexString((string)extension["metadata"]!)], ExtensionType.CapabilitiesOrMetadata, ref chain);
                break;
            case "close-reason":
                var code = (int)extension["code"]!;
                Copy([(bool)extension["not_read"]! ? CloseNotice.NotReadFlag : (byte)0, 0, (byte)(code >> 8), (byte)code], ExtensionType.CloseReason, ref chain);
                break;
            case "piece":
                new PacketPiece((ushort)extension["offset"]!, (ushort)extension["packet_bytes"]!).Write(chain.Add(ExtensionType.PacketPiece, PacketPiece.Length));
                break;
            case "tag":
                Copy(TagOf(extension), ExtensionType.PacketTag, ref chain);
                break;
            case "unknown":
                Copy(Convert.FromHexString((string)extension["data"]!), (byte)extension["type"]!, ref chain);
                break;
            case var other:
                Assert.Fail($"An extension of the kind {other} is unknown to this test.");
                break;
        }
    }

    // The packets that wait beyond the missing one, as steps from ack_nr.
    private static ReorderBuffer Waiting(IEnumerable<int> steps, ushort ackNr)
    {
        var expected = new SeqNr(ackNr).Next;
        var waiting = new ReorderBuffer(4_096, budget: null);
        foreach (var step in steps)
            Assert.True(waiting.TryAdd(expected, new SeqNr(ackNr).Plus(step), PacketType.Data, default, hasExtension2: false, default));
        return waiting;
    }

    private static Capabilities CapabilitiesOf(JsonObject extension) =>
        extension["bits"]!.AsArray().Aggregate(Capabilities.OwnPeer, static (all, bit) => all | Bits[(string)bit!]);

    private static byte[] TagOf(JsonObject extension)
    {
        var data = new byte[PacketTag.HandshakeLength];
        new PacketTag((uint)extension["shown"]!, extension["asked"] is { } asked ? (uint)asked : 0).Write(data);
        return extension.ContainsKey("asked") ? data : data[..PacketTag.Length];
    }

    private static int[] Ints(JsonNode array) => [.. array.AsArray().Select(static item => (int)item!)];

    private static void Copy(byte[] data, byte type, ref ExtensionChain chain) => data.CopyTo(chain.Add(type, data.Length));
}
