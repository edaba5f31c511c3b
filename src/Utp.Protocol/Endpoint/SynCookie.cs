namespace Utp.Protocol;

/// <summary>Both ends of a ST_SYN's way, as a <see cref="SynCookie"/> binds them.</summary>
/// <param name="Remote">The sender's address.</param>
/// <param name="Port">Its port.</param>
/// <param name="Local">Our own address, where the path tells it.</param>
public readonly record struct SynPath(UInt128 Remote, ushort Port, UInt128 Local);

/// <summary>What a stateless answer says of us.</summary>
/// <param name="Capabilities">To our own kind.</param>
/// <param name="WindowBytes">The receive window at the start.</param>
public readonly record struct StatelessAnswer(Capabilities Capabilities, uint WindowBytes)
{
    /// <summary>Bytes of the largest one.</summary>
    public const int LargestBytes = PacketHeader.Length + 2 + CapabilitiesExtension.Length + 2 + PacketTag.HandshakeLength;
}

/// <summary>What an answer that nothing is remembered of contains: all of it comes again with the packet that proves it.</summary>
/// <param name="SeqNr">Our first seq_nr.</param>
/// <param name="Tag">What our own peer is asked to show.</param>
/// <param name="ClockOffset">µs: of the connection's timestamps.</param>
internal readonly record struct Cookie(SeqNr SeqNr, uint Tag, uint ClockOffset);

/// <summary>
/// The seq_nr of an answer that nothing is remembered of (protocol.md §9.2, note 0033; as TCP's SYN cookies, RFC 4987 §3.6): a keyed hash over the path, the ids, the
/// ST_SYN's seq_nr and a slot of time. Who acknowledges it in a packet of seq_nr = ST_SYN's + 1 was sent it.
/// </summary>
internal sealed class SynCookie(ReadOnlySpan<byte> key)
{
    /// <summary>How long one is valid at least; at most twice as long.</summary>
    public const long SlotMicros = 8_000_000;

    private readonly SipHash _hash = new(key);

    /// <summary>What the answer contains.</summary>
    /// <param name="path">The ST_SYN's way.</param>
    /// <param name="synId">Its connection id.</param>
    /// <param name="synSeqNr">Its seq_nr.</param>
    /// <param name="ownPeer">Whether it showed our capabilities.</param>
    /// <param name="now">The time.</param>
    public Cookie Make(in SynPath path, ConnectionId synId, SeqNr synSeqNr, bool ownPeer, Instant now) =>
        Make(path, synId, synSeqNr, ownPeer, now.Micros / SlotMicros);

    /// <summary>Whether a packet proves that its sender got our answer to its ST_SYN.</summary>
    /// <param name="path">The packet's way.</param>
    /// <param name="header">Its header.</param>
    /// <param name="ownPeer">Whether it shows our capabilities.</param>
    /// <param name="now">The time.</param>
    /// <param name="cookie">What the answer contained.</param>
    public bool TryProve(in SynPath path, in PacketHeader header, bool ownPeer, Instant now, out Cookie cookie)
    {
        var slot = now.Micros / SlotMicros;
        var (id, synSeqNr, acknowledged) = (header.ConnectionId.Previous, header.SeqNr.Previous, header.AckNr.Next);
        cookie = Make(path, id, synSeqNr, ownPeer, slot);
        if (cookie.SeqNr == acknowledged)
            return true;
        cookie = Make(path, id, synSeqNr, ownPeer, slot - 1);
        return cookie.SeqNr == acknowledged;
    }

    private Cookie Make(in SynPath path, ConnectionId synId, SeqNr synSeqNr, bool ownPeer, long slot)
    {
        ReadOnlySpan<ulong> words =
        [
            (ulong)(path.Remote >> 64), (ulong)path.Remote, (ulong)(path.Local >> 64), (ulong)path.Local,
            ((ulong)path.Port << 48) | ((ulong)synId.Value << 32) | ((ulong)synSeqNr.Value << 16) | (ownPeer ? 1u : 0),
            (ulong)slot,
        ];
        var hash = _hash.Compute(words);
        return new Cookie(new SeqNr((ushort)hash), InitiatorIds.TagOf((uint)(hash >> 32)), (uint)_hash.Compute([hash]));
    }
}
