namespace Utp.BitTorrent;

/// <summary>
/// Peers tell each other whom they are connected to (BEP 11): at once when somebody is known, then once in a minute what has changed. Not for private torrents (BEP 27). Under the torrent's lock.
/// </summary>
internal sealed class PexDesk(TorrentState state)
{
    /// <summary>The number by which we are sent its messages.</summary>
    public const byte OurId = 2;

    private const double Interval = 60;
    private const double HastyInterval = 45;
    private const int MaxHasty = 3;
    private const int MaxTold = 50;

    private bool IsOff => !state.Options.UsePeerExchange || state.Metainfo?.IsPrivate == true;

    /// <summary>The number to announce; 0: it is not spoken.</summary>
    public byte Number => IsOff ? (byte)0 : OurId;

    public void OnMessage(Peer peer, ReadOnlySpan<byte> payload, double now)
    {
        if (IsOff)
            return;
        if (!PexMessage.TryRead(payload.ToArray(), out var message))
            throw new PeerDropException("it sent a message of ut_pex that is none");
        var memory = peer.Pex;
        if (now - memory.HeardAt < HastyInterval && ++memory.Hasty > MaxHasty)
            throw new PeerDropException("it speaks of other peers all the time");
        memory.HeardAt = now;
        foreach (var gone in message.Dropped)
            memory.Forget(gone);
        foreach (var other in message.Added)
        {
            if (!AddressScope.IsShared(other.EndPoint.Address, peer.EndPoint.Address))
                continue;
            memory.Introduce(other);
            // BEP 21: who gives nothing and takes nothing from us is not needed.
            if (!(state.IsComplete && (other.Flags & PexFlags.UploadOnly) != 0))
                state.Find(new FoundPeer(other.EndPoint, IsMeeting: false));
        }
    }

    /// <summary>Once in a second.</summary>
    public void Tick(double now)
    {
        if (IsOff)
            return;
        foreach (var peer in state.Peers)
        {
            if (peer.Extensions is { Pex: not 0 } && now >= peer.Pex.NotBefore)
                Tell(peer, now);
        }
    }

    private void Tell(Peer peer, double now)
    {
        var told = peer.Pex.Told;
        var present = state.Peers
            .Where(other => other != peer && !other.Dropped.IsCompleted && AddressScope.IsShared(other.EndPoint.Address, peer.EndPoint.Address))
            .GroupBy(static other => other.EndPoint)
            .ToDictionary(static group => group.Key, static group => group.First());
        var gone = told.Where(endPoint => !present.ContainsKey(endPoint)).Take(MaxTold).ToList();
        var added = present.Where(other => !told.Contains(other.Key)).Take(MaxTold).Select(static other => new PexPeer(other.Key, FlagsOf(other.Value))).ToList();
        if (gone.Count == 0 && added.Count == 0)
            return;
        told.ExceptWith(gone);
        told.UnionWith(added.Select(static other => other.EndPoint));
        peer.Pex.NotBefore = now + Interval;
        PeerWire.Extended(peer.Outbox.Messages, peer.Extensions!.Pex, new PexMessage(added, gone).Write());
        peer.Outbox.Wake();
    }

    private static PexFlags FlagsOf(Peer peer) => PexFlags.Utp
        | (peer.HasAll || peer.Extensions?.UploadOnly == true ? PexFlags.UploadOnly : PexFlags.None)
        | (peer.Extensions is { Holepunch: not 0 } ? PexFlags.Holepunch : PexFlags.None)
        | (peer.IsOurs ? PexFlags.Reachable : PexFlags.None);
}
