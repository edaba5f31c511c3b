using System.Net;

namespace Utp.BitTorrent;

/// <summary>The extension handshake (BEP 10), and the metadata that a magnet link lacks (BEP 9): asked for, and given. Under the torrent's lock.</summary>
internal sealed class MetadataDesk(TorrentState state)
{
    private const byte OurMetadataId = 1;
    private const string Client = "utp-akka 0.1";

    private MetadataExchange? _exchange;

    /// <summary>The info dictionary, once it is whole and its hash is right; the session reads it, and begins.</summary>
    public byte[]? Result { get; private set; }

    public ExtensionHandshake OurHandshake(IPAddress peer) => new()
    {
        Metadata = OurMetadataId,
        Pex = state.PeerExchange.Number,
        Holepunch = state.Meetings.Number,
        Port = state.ListeningPort,
        MetadataSize = state.Metainfo?.InfoBytes.Length ?? 0,
        MaxRequests = Outbox.MaxBlocks,
        UploadOnly = state.IsComplete,
        Client = Client,
        YourAddress = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer,
    };

    public void OnExtended(Peer peer, byte id, ReadOnlySpan<byte> payload, double now)
    {
        if (id == 0)
        {
            if (!ExtensionHandshake.TryRead(payload.ToArray(), out var handshake, out var problem))
                throw new PeerDropException($"it sent {problem}");
            peer.Extensions = handshake;
            if (handshake.YourAddress is { } ours)
                state.Outside.Vote(peer.EndPoint.Address, ours);
            Ask(peer);
        }
        else if (id == OurMetadataId)
        {
            if (!MetadataMessage.TryRead(payload.ToArray(), out var message))
                throw new PeerDropException("it sent a message of ut_metadata that is none");
            OnMetadata(peer, message);
        }
        else if (id == PexDesk.OurId)
        {
            state.PeerExchange.OnMessage(peer, payload, now);
        }
        else if (id == HolepunchDesk.OurId)
        {
            state.Meetings.OnMessage(peer, payload, now);
        }
    }

    /// <summary>Once in a second: whoever is not busy is asked for what is missing.</summary>
    public void Tick()
    {
        foreach (var peer in state.Peers)
            Ask(peer);
    }

    private void OnMetadata(Peer peer, MetadataMessage message)
    {
        switch (message.Type)
        {
            case MetadataMessage.Kind.Request:
                Give(peer, message.Piece);
                break;
            case MetadataMessage.Kind.Data when _exchange is not null && Result is null && peer.AskedMetadata == message.Piece:
                peer.AskedMetadata = -1;
                if (!_exchange.Add(peer.Key, message.Piece, message.Data.Span))
                    peer.RefusesMetadata = true;
                Finish();
                Ask(peer);
                break;
            case MetadataMessage.Kind.Reject:
                peer.AskedMetadata = -1;
                peer.RefusesMetadata = true;
                break;
        }
    }

    private void Give(Peer peer, int piece)
    {
        if (peer.Extensions is not { Metadata: not 0 } extensions)
            return;
        var start = piece * MetadataExchange.PieceBytes;
        if (state.Metainfo is not { } metainfo || start >= metainfo.InfoBytes.Length)
        {
            PeerWire.Extended(peer.Outbox.Messages, extensions.Metadata, new MetadataMessage(MetadataMessage.Kind.Reject, piece, default).WriteHead());
            return;
        }

        var data = metainfo.InfoBytes.Span.Slice(start, Math.Min(MetadataExchange.PieceBytes, metainfo.InfoBytes.Length - start));
        PeerWire.Extended(peer.Outbox.Messages, extensions.Metadata, new MetadataMessage(MetadataMessage.Kind.Data, piece, default).WriteHead(metainfo.InfoBytes.Length), data);
    }

    private void Ask(Peer peer)
    {
        if (state.Metainfo is not null || Result is not null || peer.RefusesMetadata || peer.AskedMetadata >= 0 || peer.Extensions is not { Metadata: not 0, MetadataSize: > 0 } extensions)
            return;
        _exchange ??= new MetadataExchange(state.InfoHash, extensions.MetadataSize);
        if (extensions.MetadataSize != _exchange.Size || _exchange.Next() is not (>= 0 and var piece))
            return;
        peer.AskedMetadata = piece;
        PeerWire.Extended(peer.Outbox.Messages, extensions.Metadata, new MetadataMessage(MetadataMessage.Kind.Request, piece, default).WriteHead());
        peer.Outbox.Wake();
    }

    private void Finish()
    {
        Result = _exchange!.Result(out var isComplete);
        if (!isComplete || Result is not null)
            return;
        // It is wrong: with one giver it is known whose fault that is, with several each is asked no more than the others.
        var givers = _exchange.Givers.ToList();
        _exchange = null;
        foreach (var key in givers)
        {
            if (state.Find(key) is not { } peer)
                continue;
            if (givers.Count == 1)
            {
                state.Ban(peer.EndPoint);
                peer.Drop("it gave metadata that is wrong");
            }

            peer.RefusesMetadata = true;
        }
    }
}
