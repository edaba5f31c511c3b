using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>
/// Extension 6, between our own peers: a packet shows the number that its receiver asked for at the handshake, which nobody knows who did not see that (note 0034).
/// On the wire shown(4), or, during the handshake, shown(4), asked(4), big-endian. 0 stands for none.
/// </summary>
/// <param name="Shown">What the receiver asked for; 0 in a ST_SYN, which is asked for nothing yet.</param>
/// <param name="Asked">What the sender asks to be shown from now on; 0 when the packet does not say.</param>
public readonly record struct PacketTag(uint Shown, uint Asked)
{
    /// <summary>Bytes of the extension's data on an ordinary packet.</summary>
    public const int Length = 4;

    /// <summary>Bytes of the extension's data on a ST_SYN and its answer.</summary>
    public const int HandshakeLength = 8;

    /// <summary>Reads the extension's data; of another length it says nothing.</summary>
    public static PacketTag Parse(ReadOnlySpan<byte> data) => data.Length switch
    {
        Length => new PacketTag(BinaryPrimitives.ReadUInt32BigEndian(data), 0),
        HandshakeLength => new PacketTag(BinaryPrimitives.ReadUInt32BigEndian(data), BinaryPrimitives.ReadUInt32BigEndian(data[Length..])),
        _ => default,
    };

    /// <summary>Writes the form of the handshake, 8 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Shown);
        BinaryPrimitives.WriteUInt32BigEndian(destination[Length..], Asked);
    }
}
