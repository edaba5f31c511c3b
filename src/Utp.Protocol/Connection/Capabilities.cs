using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>What an end of a connection can do beyond BEP 29 (protocol.md §3, "Capabilities").</summary>
[Flags]
public enum Capabilities
{
    /// <summary>A foreign peer, or one of ours that was asked to be plain.</summary>
    None = 0,

    /// <summary>Showed our magic: timestamps can be trusted for PAWS, the lower RTO floor holds.</summary>
    OwnPeer = 1,

    /// <summary>Takes metadata on ST_DATA (object mode).</summary>
    Metadata = 2,

    /// <summary>Takes frames (frame mode).</summary>
    Frames = 4,

    /// <summary>On ST_SYN: its payload will be delivered. In the answer: <i>this</i> payload was delivered.</summary>
    SynPayload = 8,

    /// <summary>Takes more than 900 packets in flight.</summary>
    LargeWindow = 16,

    /// <summary>Reads selective acknowledgement as ranges (extension 4).</summary>
    SelectiveAckRanges = 32,

    /// <summary>Puts packets together that arrive in pieces (extension 5), because the path has shrunk since they were cut.</summary>
    PacketPieces = 64,

    /// <summary>In the answer: nothing is remembered of the ST_SYN, so the initiator shows its own capabilities again until it is heard (note 0033).</summary>
    Stateless = 128,
}

/// <summary>The 8-byte extension 2 that carries <see cref="Capabilities"/>: magic(4), version(1), bits(3).</summary>
public static class CapabilitiesExtension
{
    /// <summary>Bytes of the extension's data.</summary>
    public const int Length = 8;

    // "uTPa". Old µTorrent sends eight zero bytes here, which is another magic and means none.
    private const uint Magic = 0x75545061;
    private const byte Version = 1;

    /// <summary>Reads the extension; <see cref="Capabilities.None"/> for another length, magic or version.</summary>
    public static Capabilities Parse(ReadOnlySpan<byte> data)
    {
        if (data.Length != Length || BinaryPrimitives.ReadUInt32BigEndian(data) != Magic || data[4] != Version)
            return Capabilities.None;
        var bits = (data[5] << 16) | (data[6] << 8) | data[7];
        return Capabilities.OwnPeer | (Capabilities)((bits << 1) & 0xFE);
    }

    /// <summary>Writes the extension's data to the first 8 bytes of <paramref name="destination"/>.</summary>
    public static void Write(Span<byte> destination, Capabilities capabilities)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Magic);
        destination[4] = Version;
        var bits = (int)capabilities >> 1;
        destination[5] = (byte)(bits >> 16);
        destination[6] = (byte)(bits >> 8);
        destination[7] = (byte)bits;
    }
}
