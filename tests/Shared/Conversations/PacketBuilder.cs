using System.Collections.Immutable;
using System.Text;
using Utp.Protocol;

namespace Utp.Testing;

/// <summary>
/// A packet made by hand. What a test leaves out (ids, numbers, clocks) is filled in by its <see cref="Conversation"/>,
/// so that a test states only what it is about. Nothing is checked: absurd packets are welcome.
/// </summary>
public sealed record PacketBuilder(PacketType Type)
{
    /// <summary>The raw first byte, for packets of unknown type or version.</summary>
    public byte? FirstByte { get; init; }

    public ushort? ConnectionIdValue { get; init; }
    public ushort? SeqNrValue { get; init; }
    public ushort? AckNrValue { get; init; }
    public uint? TimestampValue { get; init; }
    public uint? TimestampDifferenceValue { get; init; }
    public uint? WndSizeValue { get; init; }
    public ImmutableArray<(byte Type, byte[] Data)> Extensions { get; init; } = [];
    public ReadOnlyMemory<byte> PayloadBytes { get; init; }

    /// <summary>Cut (or padded with zeros) to this many bytes at the end.</summary>
    public int? CutTo { get; init; }

    public static PacketBuilder Syn() => new(PacketType.Syn);

    public static PacketBuilder State() => new(PacketType.State);

    public static PacketBuilder Data(string payload) => new(PacketType.Data) { PayloadBytes = Encoding.UTF8.GetBytes(payload) };

    public static PacketBuilder Data(ReadOnlyMemory<byte> payload) => new(PacketType.Data) { PayloadBytes = payload };

    public static PacketBuilder Fin() => new(PacketType.Fin);

    public static PacketBuilder Reset() => new(PacketType.Reset);

    public PacketBuilder Id(int connectionId) => this with { ConnectionIdValue = (ushort)connectionId };

    public PacketBuilder Seq(int seqNr) => this with { SeqNrValue = (ushort)seqNr };

    public PacketBuilder Ack(int ackNr) => this with { AckNrValue = (ushort)ackNr };

    public PacketBuilder Window(long bytes) => this with { WndSizeValue = (uint)bytes };

    /// <summary>The sender's clock; otherwise the conversation's idea of the peer's clock.</summary>
    public PacketBuilder SentAt(uint timestampMicros) => this with { TimestampValue = timestampMicros };

    /// <summary>The delay that the peer measured; 0 or 0x7fffffff: none.</summary>
    public PacketBuilder Measured(uint differenceMicros) => this with { TimestampDifferenceValue = differenceMicros };

    public PacketBuilder Payload(ReadOnlyMemory<byte> payload) => this with { PayloadBytes = payload };

    public PacketBuilder Payload(string payload) => this with { PayloadBytes = Encoding.UTF8.GetBytes(payload) };

    /// <summary>Appends an extension to the chain.</summary>
    public PacketBuilder Extension(byte type, params byte[] data) => this with { Extensions = Extensions.Add((type, data)) };

    /// <summary>A SACK bit mask as raw bytes.</summary>
    public PacketBuilder SackBytes(params byte[] mask) => Extension(ExtensionType.SelectiveAck, mask);

    /// <summary>
    /// A SACK bit mask of <paramref name="bytes"/> bytes that says which of the packets after ack_nr have arrived: bit 0 is
    /// ack_nr + 2, so <paramref name="steps"/> are 2 or more (BEP 29, "selective ACK").
    /// </summary>
    public PacketBuilder Sack(int bytes, params int[] steps)
    {
        var mask = new byte[bytes];
        foreach (var step in steps)
            mask[(step - 2) / 8] |= (byte)(1 << ((step - 2) % 8));
        return SackBytes(mask);
    }

    /// <summary>Our own capabilities, in extension 2.</summary>
    public PacketBuilder Capable(Capabilities capabilities)
    {
        var data = new byte[CapabilitiesExtension.Length];
        CapabilitiesExtension.Write(data, capabilities);
        return Extension(ExtensionType.CapabilitiesOrMetadata, data);
    }

    /// <summary>What the receiver asked for, in extension 6; and, if <paramref name="asked"/> is given, what the sender asks for.</summary>
    public PacketBuilder Tag(uint shown, uint? asked = null)
    {
        var data = new byte[PacketTag.HandshakeLength];
        new PacketTag(shown, asked ?? 0).Write(data);
        return Extension(ExtensionType.PacketTag, asked is null ? data[..PacketTag.Length] : data);
    }

    /// <summary>Metadata (or a frame header), in extension 2.</summary>
    public PacketBuilder Metadata(params byte[] metadata) => Extension(ExtensionType.CapabilitiesOrMetadata, metadata);

    /// <summary>A close reason, in extension 3.</summary>
    public PacketBuilder Reason(ushort code) => Extension(ExtensionType.CloseReason, 0, 0, (byte)(code >> 8), (byte)code);

    /// <summary>Cuts the datagram to <paramref name="bytes"/> bytes, or pads it with zeros.</summary>
    public PacketBuilder Cut(int bytes) => this with { CutTo = bytes };

    /// <summary>The datagram; what was left out is 0.</summary>
    public byte[] Build()
    {
        var extensionBytes = Extensions.Sum(e => 2 + e.Data.Length);
        var datagram = new byte[PacketHeader.Length + extensionBytes + PayloadBytes.Length];
        new PacketHeader(
            Type,
            Extensions.IsEmpty ? ExtensionType.None : Extensions[0].Type,
            new ConnectionId(ConnectionIdValue ?? 0),
            new WireTimestamp(TimestampValue ?? 0),
            TimestampDifferenceValue ?? 0,
            WndSizeValue ?? 0,
            new SeqNr(SeqNrValue ?? 0),
            new SeqNr(AckNrValue ?? 0)).Write(datagram);
        if (FirstByte is { } first)
            datagram[0] = first;

        var offset = PacketHeader.Length;
        for (var i = 0; i < Extensions.Length; i++)
        {
            datagram[offset] = i + 1 < Extensions.Length ? Extensions[i + 1].Type : ExtensionType.None;
            datagram[offset + 1] = (byte)Extensions[i].Data.Length;
            Extensions[i].Data.CopyTo(datagram, offset + 2);
            offset += 2 + Extensions[i].Data.Length;
        }

        PayloadBytes.Span.CopyTo(datagram.AsSpan(offset));
        if (CutTo is { } length)
            Array.Resize(ref datagram, length);
        return datagram;
    }
}
