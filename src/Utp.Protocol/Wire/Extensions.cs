namespace Utp.Protocol;

/// <summary>The extension types that this implementation reads or writes (BEP 29, "extension"; protocol.md §1.2).</summary>
public static class ExtensionType
{
    /// <summary>Ends the chain.</summary>
    public const byte None = 0;

    /// <summary>The selective acknowledgement bit mask.</summary>
    public const byte SelectiveAck = 1;

    /// <summary>8 bytes of capabilities on ST_SYN and its answer; metadata or a frame header on ST_DATA.</summary>
    public const byte CapabilitiesOrMetadata = 2;

    /// <summary>4 bytes of close reason on ST_FIN and ST_RESET: 0, 0, u16.</summary>
    public const byte CloseReason = 3;

    /// <summary>Selective acknowledgement as ranges, between our own peers: (offset, length) pairs of 16 bits from ack_nr.</summary>
    public const byte SelectiveAckRanges = 4;

    /// <summary>The payload is a piece of its packet, between our own peers: offset and length of 16 bits (<see cref="PacketPiece"/>).</summary>
    public const byte PacketPiece = 5;

    /// <summary>The packet shows what its receiver asked for, between our own peers: 4 or 8 bytes (<see cref="Utp.Protocol.PacketTag"/>).</summary>
    public const byte PacketTag = 6;
}
