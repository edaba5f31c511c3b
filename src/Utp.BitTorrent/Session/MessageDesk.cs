namespace Utp.BitTorrent;

/// <summary>What follows from each message of a peer (BEP 3, 6, 10). Under the torrent's lock.</summary>
internal sealed class MessageDesk(TorrentState state)
{
    private const int MaxMessageBeforeMetadata = 1 << 20;
    private const int MinMaxMessage = 128 << 10;

    /// <summary>The longest message that is taken now: a bitfield's, or a block's.</summary>
    public int MaxMessage => state.Metainfo is { } metainfo ? Math.Max(MinMaxMessage, Bitfield.BytesFor(metainfo.PieceCount) + 1) : MaxMessageBeforeMetadata;

    /// <summary>Handles all messages that are there whole; gives how many bytes they were.</summary>
    /// <param name="peer">Who sent them.</param>
    /// <param name="bytes">What came.</param>
    /// <param name="now">Seconds of the session's clock.</param>
    /// <param name="complete">Takes pieces whose last block came: to be verified when the lock is free.</param>
    /// <param name="needed">How many bytes the message that is not there whole has; 0: not known yet.</param>
    /// <exception cref="PeerDropException">The peer does not keep to the protocol.</exception>
    public int Handle(Peer peer, ReadOnlySpan<byte> bytes, double now, List<PartialPiece> complete, out int needed)
    {
        var consumed = 0;
        peer.HeardAt = now;
        while (true)
        {
            switch (PeerWire.TryRead(bytes[consumed..], MaxMessage, out var message, out var length, out var problem))
            {
                case WireRead.Malformed:
                    throw new PeerDropException($"it sent {problem}");
                case WireRead.NeedMore:
                    needed = length;
                    state.Fetching.Fill(peer);
                    peer.Outbox.Wake();
                    return peer.Outbox.IsOverfull ? throw new PeerDropException("it asks, and does not read the answers") : consumed;
                default:
                    consumed += length;
                    Handle(peer, message, now, complete);
                    break;
            }
        }
    }

    private void Handle(Peer peer, in PeerMessage message, double now, List<PartialPiece> complete)
    {
        switch (message.Id)
        {
            case MessageId.Choke:
                state.Fetching.OnChoke(peer);
                break;
            case MessageId.Unchoke:
                peer.IsChoking = false;
                break;
            case MessageId.Interested or MessageId.NotInterested:
                state.Serving.OnInterest(peer, message.Id == MessageId.Interested);
                break;
            case MessageId.Have:
                OnHave(peer, message.Piece);
                break;
            case MessageId.Bitfield or MessageId.HaveAll or MessageId.HaveNone:
                OnPieces(peer, message);
                break;
            case MessageId.Request:
                state.Serving.OnRequest(peer, message.Block);
                break;
            case MessageId.Cancel:
                ServingDesk.OnCancel(peer, message.Block);
                break;
            case MessageId.Piece:
                state.Fetching.OnBlock(peer, message.Block, message.Payload, now, complete);
                break;
            case MessageId.Reject:
                state.Fetching.OnReject(peer, message.Block);
                break;
            case MessageId.AllowedFast when state.Metainfo is { } metainfo && (uint)message.Piece < (uint)metainfo.PieceCount:
                peer.GivesChoked.Add(message.Piece);
                break;
            case MessageId.Extended:
                state.Metadata.OnExtended(peer, message.ExtendedId, message.Payload, now);
                break;
            default:
                // Keep-alive, suggest, and the port of a DHT, which is not used.
                break;
        }
    }

    private void OnHave(Peer peer, int piece)
    {
        if (peer.Pieces is not { } pieces)
        {
            if (!peer.Early.Have(piece))
                throw new PeerDropException("it says too much before the metadata is known");
            return;
        }

        if ((uint)piece >= (uint)pieces.Length)
            throw new PeerDropException($"it has a piece {piece}, of {pieces.Length}");
        if (pieces.Set(piece))
            state.Fetching.OnHave(peer, piece);
    }

    private void OnPieces(Peer peer, in PeerMessage message)
    {
        if (message.Id != MessageId.Bitfield && !peer.Handshake.Fast)
            throw new PeerDropException("it uses the fast extension without having said so");
        if (peer.Pieces is null)
        {
            if (message.Id == MessageId.HaveAll)
                peer.Early.All();
            else if (message.Id == MessageId.Bitfield)
                peer.Early.Bits(message.Payload);
            return;
        }

        var pieces = new Bitfield(peer.Pieces.Length);
        if (message.Id == MessageId.HaveAll)
            pieces.SetAll();
        else if (message.Id == MessageId.Bitfield && !Bitfield.TryRead(message.Payload, pieces.Length, out pieces))
            throw new PeerDropException("its bitfield is not of this torrent");
        state.Fetching.OnPieces(peer, pieces);
    }
}
