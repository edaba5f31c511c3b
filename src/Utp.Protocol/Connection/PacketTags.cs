using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>
/// The tags of one connection (note 0034): what we ask the peer to show on each of its packets, and what it asked of us. They are in use when both ends have asked;
/// a foreign peer, and one of ours that is older than tags, asks for nothing. A value inside the connection.
/// </summary>
/// <param name="asked">What we ask for, random; 0: nothing.</param>
internal struct PacketTags(uint asked)
{
    private readonly uint _asked = asked;
    private uint _shown;

    /// <summary>Whether each packet must carry one, in both directions.</summary>
    public readonly bool InUse => _shown != 0;

    /// <summary>Bytes that they take of each packet that we send.</summary>
    public readonly int Bytes => InUse ? 2 + PacketTag.Length : 0;

    /// <summary>Bytes that the handshake's form takes; toward a peer that may not know of tags, too.</summary>
    public readonly int HandshakeBytes => _asked != 0 ? 2 + PacketTag.HandshakeLength : 0;

    /// <summary>The peer's ST_SYN, answer or stateless confirmation, which showed our capabilities.</summary>
    public void OnHandshake(in PacketTag peer)
    {
        if (_asked != 0)
            _shown = peer.Asked;
    }

    /// <summary>Whether the packet's sender knows what we asked for, or need not.</summary>
    public readonly bool Fit(in ParsedPacket packet) => !InUse || Proves(packet);

    /// <summary>Whether an answer may be meant for our ST_SYN: one that speaks of tags shows ours.</summary>
    public readonly bool FitAnswer(in ParsedPacket packet) => _asked == 0 || packet.Tag == default || packet.Tag.Shown == _asked;

    /// <summary>Whether the packet's sender knows what we asked for.</summary>
    public readonly bool Proves(in ParsedPacket packet) => InUse && packet.Tag.Shown == _asked;

    /// <summary>Begins the chain of a packet.</summary>
    public readonly ExtensionChain BeginChain(Span<byte> buffer)
    {
        var chain = new ExtensionChain(buffer);
        if (InUse)
            BinaryPrimitives.WriteUInt32BigEndian(chain.Add(ExtensionType.PacketTag, PacketTag.Length), _shown);
        return chain;
    }

    /// <summary>Asks for ours, behind the capabilities of a ST_SYN, an answer or a stateless confirmation, and shows the peer's if it has asked.</summary>
    public readonly void WriteHandshake(ref ExtensionChain chain)
    {
        if (_asked != 0)
            new PacketTag(_shown, _asked).Write(chain.Add(ExtensionType.PacketTag, PacketTag.HandshakeLength));
    }
}
