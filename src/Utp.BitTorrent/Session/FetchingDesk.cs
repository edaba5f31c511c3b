namespace Utp.BitTorrent;

/// <summary>What is asked of peers, and what they give. Under the torrent's lock.</summary>
internal sealed class FetchingDesk(TorrentState state)
{
    private const double SnubSeconds = 30;
    private const int MaxUnasked = 4_000;

    private readonly Suspicion _suspicion = new();
    private readonly List<BlockRange> _chosen = [];
    private readonly List<int> _others = [];
    private PiecePicker? _picker;

    public void Begin(TorrentMetainfo metainfo, Bitfield have) => _picker = new PiecePicker(metainfo, have, state.Random);

    public void AddPeer(Peer peer)
    {
        _picker?.AddPeer(peer.Pieces!);
        UpdateInterest(peer);
        Fill(peer);
    }

    public void RemovePeer(Peer peer)
    {
        if (_picker is null || peer.Pieces is null)
            return;
        ReleaseAll(peer);
        _picker.Forget(peer.Key);
        _picker.RemovePeer(peer.Pieces);
    }

    public void OnHave(Peer peer, int piece)
    {
        _picker!.AddPiece(piece);
        UpdateInterest(peer);
    }

    /// <summary>It says which pieces it has.</summary>
    public void OnPieces(Peer peer, Bitfield pieces)
    {
        _picker!.RemovePeer(peer.Pieces!);
        peer.Pieces = pieces;
        _picker.AddPeer(pieces);
        UpdateInterest(peer);
    }

    public void OnChoke(Peer peer)
    {
        peer.IsChoking = true;
        // BEP 6: with the fast extension each request is rejected by itself.
        if (!peer.Handshake.Fast)
            ReleaseAll(peer);
    }

    public void OnReject(Peer peer, BlockRange block)
    {
        if (!peer.Asked.Remove(block))
            return;
        _picker?.Release(peer.Key, block);
        // What it rejects although it allowed it would be asked again at once.
        if (peer.IsChoking)
            peer.GivesChoked.Remove(block.Piece);
    }

    /// <summary>A block came. A piece that is whole now is to be verified without the lock.</summary>
    public void OnBlock(Peer peer, BlockRange block, ReadOnlySpan<byte> bytes, double now, List<PartialPiece> complete)
    {
        peer.Asked.Remove(block);
        if (_picker is null)
            throw new PeerDropException("it gives a block before anybody could ask for one");
        _others.Clear();
        var arrival = _picker.OnBlock(peer.Key, block, bytes, _others);
        if (arrival is BlockArrival.Duplicate or BlockArrival.Unasked)
        {
            // What crossed our cancel, or a choke, is honest; there is a limit all the same.
            state.Wasted += bytes.Length;
            if (++peer.Unasked > MaxUnasked)
                throw new PeerDropException("it gives what nobody asked for");
            return;
        }

        state.Downloaded += bytes.Length;
        peer.OnBlock(bytes.Length, now);
        foreach (var other in _others)
        {
            if (state.Find(other) is not { } slower)
                continue;
            slower.Asked.Remove(block);
            PeerWire.OfBlock(slower.Outbox.Messages, MessageId.Cancel, block);
            Fill(slower);
            slower.Outbox.Wake();
        }

        if (arrival == BlockArrival.PieceComplete)
            complete.Add(_picker.Complete(block.Piece));
    }

    /// <summary>A piece was verified, and written if it is right. The peers to be banned.</summary>
    public List<Peer> OnChecked(PartialPiece piece, bool isRight)
    {
        List<int> guilty = [];
        if (isRight)
        {
            guilty = _suspicion.OnVerified(piece);
            _picker!.OnVerified(piece);
            state.Announce(piece.Index);
        }
        else
        {
            state.Wasted += piece.Size;
            if (_suspicion.OnFailed(piece) is not 0 and var giver)
                guilty.Add(giver);
            _picker!.OnFailed(piece);
            foreach (var peer in state.Peers)
                Fill(peer);
        }

        return [.. guilty.Select(state.Find).OfType<Peer>()];
    }

    /// <summary>A whole piece could not be verified or written, which is no peer's fault.</summary>
    public void OnUnchecked(PartialPiece piece) => _picker!.OnFailed(piece);

    /// <summary>Asks for as much as may wait at the peer.</summary>
    public void Fill(Peer peer)
    {
        if (_picker is null || !peer.AmInterested || peer.Pieces is not { } pieces || (peer.IsChoking && peer.GivesChoked.Count == 0))
            return;
        var count = peer.RequestLimit - peer.Asked.Count;
        // Not for each block: a quarter at a time is one message to the connection.
        if (count <= 0 || (count < peer.RequestLimit / 4 && peer.Asked.Count > 0))
            return;
        _chosen.Clear();
        _picker.Pick(peer.Key, pieces, peer.IsChoking ? peer.GivesChoked : null, count, _chosen);
        foreach (var block in _chosen)
        {
            peer.Asked.Add(block);
            PeerWire.OfBlock(peer.Outbox.Messages, MessageId.Request, block);
        }

        peer.Outbox.Wake();
    }

    public void UpdateInterest(Peer peer)
    {
        if (_picker is null || peer.Pieces is not { } pieces || _picker.IsInteresting(pieces) == peer.AmInterested)
            return;
        peer.AmInterested = !peer.AmInterested;
        PeerWire.Simple(peer.Outbox.Messages, peer.AmInterested ? MessageId.Interested : MessageId.NotInterested);
        peer.Outbox.Wake();
    }

    /// <summary>Once in a second: what a peer does not give is asked of others (BEP 3, "anti-snubbing").</summary>
    public void Tick(double now)
    {
        foreach (var peer in state.Peers)
        {
            if (peer.Asked.Count == 0)
            {
                peer.GaveAt = now;
            }
            else if (now - peer.GaveAt > SnubSeconds && !peer.IsSnubbing)
            {
                foreach (var block in peer.Asked)
                    PeerWire.OfBlock(peer.Outbox.Messages, MessageId.Cancel, block);
                ReleaseAll(peer);
                peer.OnSnub();
            }

            Fill(peer);
        }
    }

    /// <summary>Gives the memory of unfinished pieces back.</summary>
    public void Clear() => _picker?.Clear();

    private void ReleaseAll(Peer peer)
    {
        foreach (var block in peer.Asked)
            _picker?.Release(peer.Key, block);
        peer.Asked.Clear();
    }
}
