namespace Utp.BitTorrent;

/// <summary>Whom we serve, and with what. Under the torrent's lock.</summary>
internal sealed class ServingDesk(TorrentState state, Choker choker)
{
    private const int MaxBlockBytes = 128 << 10;
    private const int FewPieces = 10;

    private double _roundAt;

    /// <summary>A peer with few pieces may have some while it is choked, so that it has something to give (BEP 6).</summary>
    public void OfferAllowedFast(Peer peer)
    {
        if (!peer.Handshake.Fast || state.Metainfo is not { } metainfo)
            return;
        foreach (var piece in AllowedFastSet.Of(peer.EndPoint.Address, state.InfoHash, metainfo.PieceCount))
        {
            peer.MayHaveChoked.Add(piece);
            PeerWire.OfPiece(peer.Outbox.Messages, MessageId.AllowedFast, piece);
        }
    }

    public void OnInterest(Peer peer, bool isInterested)
    {
        if (peer.IsInterested == isInterested)
            return;
        peer.IsInterested = isInterested;
        Decide(isRound: false);
    }

    public void OnRequest(Peer peer, BlockRange block)
    {
        if (state.Metainfo is not { } metainfo || (uint)block.Piece >= (uint)metainfo.PieceCount || block.Length is <= 0 or > MaxBlockBytes || block.Offset < 0
            || block.Offset > metainfo.SizeOf(block.Piece) - block.Length)
            throw new PeerDropException($"it asks for a block that is none (piece {block.Piece}, {block.Length} bytes from {block.Offset})");
        // What was asked before a choke arrived is honest.
        if ((peer.AmChoking && !MayHave(peer, block)) || !state.Have![block.Piece] || !peer.Outbox.TryAdd(block))
            Reject(peer, block);
        peer.Outbox.Wake();
    }

    public static void OnCancel(Peer peer, BlockRange block)
    {
        // BEP 6: either the block comes, or a reject.
        if (peer.Outbox.Remove(block))
            Reject(peer, block);
    }

    /// <summary>Once in a second.</summary>
    public void Tick(double now)
    {
        if (now - _roundAt < Choker.Round.TotalSeconds)
            return;
        _roundAt = now;
        Decide(isRound: true, now);
    }

    /// <summary>Decides whom to serve, and tells those for whom that changes.</summary>
    public void Decide(bool isRound, double? now = null)
    {
        var candidates = state.Peers
            .Select(peer => new ChokeCandidate(peer.Key, peer.IsInterested, (state.IsComplete ? peer.Up : peer.Down).At(now ?? 0), peer.IsSnubbing && !state.IsComplete))
            .ToList();
        var served = choker.Decide(candidates, isRound);
        foreach (var peer in state.Peers)
        {
            if (served.Contains(peer.Key) != peer.AmChoking)
                continue;
            peer.AmChoking = !peer.AmChoking;
            PeerWire.Simple(peer.Outbox.Messages, peer.AmChoking ? MessageId.Choke : MessageId.Unchoke);
            if (peer.AmChoking)
            {
                foreach (var block in peer.Outbox.Clear(block => MayHave(peer, block)))
                    Reject(peer, block);
            }

            peer.Outbox.Wake();
        }
    }

    private static bool MayHave(Peer peer, BlockRange block) => peer.MayHaveChoked.Contains(block.Piece) && peer.Pieces is { Count: < FewPieces };

    private static void Reject(Peer peer, BlockRange block)
    {
        if (peer.Handshake.Fast)
            PeerWire.OfBlock(peer.Outbox.Messages, MessageId.Reject, block);
    }
}
