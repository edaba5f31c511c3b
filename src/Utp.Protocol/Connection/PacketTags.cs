using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>
/// The tags of one connection (note 0034): what we ask the peer to show on each of its packets, and what it asked of us. They are in use when both ends have asked;
/// a foreign peer, and one of ours that is older than tags, asks for nothing. Owned by the connection.
/// </summary>
/// <param name="asked">What we ask for, random; 0: nothing.</param>
internal sealed class PacketTags(uint asked)
{
    private uint _shown;

    /// <summary>Whether each packet must carry one, in both directions.</summary>
    public bool InUse => _shown != 0;

    /// <summary>Bytes that they take of each packet that we send.</summary>
    public int Bytes => InUse ? 2 + PacketTag.Length : 0;

    /// <summary>Bytes that the handshake's form takes; toward a peer that may not know of tags, too.</summary>
    public int HandshakeBytes => asked != 0 ? 2 + PacketTag.HandshakeLength : 0;

    /// <summary>The peer's ST_SYN, answer or stateless confirmation, which showed our capabilities.</summary>
    public void OnHandshake(in PacketTag peer)
    {
        if (asked != 0)
            _shown = peer.Asked;
    }

    /// <summary>Whether the packet's sender knows what we asked for, or need not.</summary>
    public bool Fit(in ParsedPacket packet) => !InUse || Proves(packet);

    /// <summary>Whether an answer may be meant for our ST_SYN: one that speaks of tags shows ours.</summary>
    public bool FitAnswer(in ParsedPacket packet) => asked == 0 || packet.Tag == default || packet.Tag.Shown == asked;

    /// <summary>Whether the packet's sender knows what we asked for.</summary>
    public bool Proves(in ParsedPacket packet) => InUse && packet.Tag.Shown == asked;

    /// <summary>Begins the chain of a packet.</summary>
    public ExtensionChain BeginChain(Span<byte> buffer)
    {
        var chain = new ExtensionChain(buffer);
        if (InUse)
            BinaryPrimitives.WriteUInt32BigEndian(chain.Add(ExtensionType.PacketTag, PacketTag.Length), _shown);
        return chain;
    }

    /// <summary>Asks for ours, behind the capabilities of a ST_SYN, an answer or a stateless confirmation, and shows the peer's if it has asked.</summary>
    public void WriteHandshake(ref ExtensionChain chain)
    {
        if (asked != 0)
            new PacketTag(_shown, asked).Write(chain.Add(ExtensionType.PacketTag, PacketTag.HandshakeLength));
    }
}
