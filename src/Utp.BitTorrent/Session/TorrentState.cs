using System.Net;
using System.Threading.Channels;

namespace Utp.BitTorrent;

/// <summary>
/// What one session knows: the torrent, which pieces are there, the peers. Everything here, and in the desks that work on it, happens in <see cref="Do{T}"/>, under one lock, which is never held while a
/// socket or a disk is waited for.
/// </summary>
internal sealed class TorrentState
{
    private const int MaxFound = 1_000;

    private readonly Dictionary<int, Peer> _peers = [];
    private readonly Dictionary<IPAddress, int> _bansByAddress = [];
    private readonly HashSet<IPEndPoint> _banned = [];
    private readonly TorrentSessionOptions _options;
    private readonly Channel<FoundPeer> _found = Channel.CreateBounded<FoundPeer>(new BoundedChannelOptions(MaxFound) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();
    private readonly Lock _publishing = new();
    private int _lastKey;

    public TorrentState(InfoHash infoHash, TorrentSessionOptions options, Random random)
    {
        (InfoHash, _options, Random, PeerId) = (infoHash, options, random, PeerId.Create(random));
        Serving = new ServingDesk(this, new Choker(options.UploadSlots, random));
        Fetching = new FetchingDesk(this);
        Metadata = new MetadataDesk(this);
        Incoming = new MessageDesk(this);
        PeerExchange = new PexDesk(this);
        Meetings = new HolepunchDesk(this);
    }

    public InfoHash InfoHash { get; }

    public PeerId PeerId { get; }

    public Random Random { get; }

    public ServingDesk Serving { get; }

    public FetchingDesk Fetching { get; }

    public MetadataDesk Metadata { get; }

    public MessageDesk Incoming { get; }

    public PexDesk PeerExchange { get; }

    public HolepunchDesk Meetings { get; }

    /// <summary>Our address, as peers see it.</summary>
    public OutsideAddress Outside { get; } = new();

    public TorrentSessionOptions Options => _options;

    /// <summary>The port that peers reach us at; 0 until it is bound.</summary>
    public int ListeningPort { get; set; }

    /// <summary>Peers that others have named, for the session to connect to; what nobody takes in time is passed over.</summary>
    public ChannelReader<FoundPeer> Found => _found.Reader;

    /// <summary>Null until it is known.</summary>
    public TorrentMetainfo? Metainfo { get; private set; }

    /// <summary>What is there; null until the metadata is known.</summary>
    public Bitfield? Have { get; private set; }

    public IReadOnlyCollection<Peer> Peers => _peers.Values;

    public bool IsComplete => Have?.IsComplete == true;

    public int Banned => _banned.Count;

    public long Downloaded { get; set; }

    public long Uploaded { get; set; }

    public long Wasted { get; set; }

    /// <summary>Events, in order; the session passes them on when the lock is free.</summary>
    public Queue<TorrentEvent> Events { get; } = new();

    /// <summary>Does something under the lock. What happened by it is told afterwards, without the lock.</summary>
    public T Do<T>(Func<T> action)
    {
        try
        {
            lock (_lock)
                return action();
        }
        finally
        {
            Publish();
        }
    }

    /// <inheritdoc cref="Do{T}"/>
    public void Do(Action action) => Do(() =>
    {
        action();
        return 0;
    });

    public Peer? Find(int key) => _peers.GetValueOrDefault(key);

    /// <summary>Somebody was named.</summary>
    public void Find(in FoundPeer found) => _found.Writer.TryWrite(found);

    public bool IsConnected(IPEndPoint endPoint) => _peers.Values.Any(peer => peer.EndPoint.Equals(endPoint));

    /// <summary>The metadata is known, and so is what is there.</summary>
    public void Begin(TorrentMetainfo metainfo, Bitfield have)
    {
        (Metainfo, Have) = (metainfo, have);
        Fetching.Begin(metainfo, have);
        foreach (var peer in _peers.Values)
        {
            if (!peer.Early.TryApply(metainfo.PieceCount, out var pieces))
                pieces = new Bitfield(metainfo.PieceCount);
            peer.Pieces = pieces;
            Fetching.AddPeer(peer);
            if (have.Count > 0)
                SayPieces(peer, isFirst: false);
        }
    }

    /// <summary>Why a peer is not taken; null: it is.</summary>
    public string? Refuses(IPEndPoint endPoint)
    {
        if (IsBanned(endPoint))
            return "it is banned";
        if (_peers.Count >= _options.MaxPeers)
            return "there are enough peers";
        return _peers.Values.Count(peer => peer.EndPoint.Address.Equals(endPoint.Address)) >= _options.MaxPeersPerAddress ? "there are enough peers of its address" : null;
    }

    public bool IsBanned(IPEndPoint endPoint) => _banned.Contains(endPoint) || (!IPAddress.IsLoopback(Plain(endPoint.Address)) && _bansByAddress.GetValueOrDefault(endPoint.Address) >= 3);

    /// <summary>It is not spoken to any more; after three, nobody of its address is.</summary>
    public void Ban(IPEndPoint endPoint)
    {
        if (!_banned.Add(endPoint))
            return;
        _bansByAddress[endPoint.Address] = _bansByAddress.GetValueOrDefault(endPoint.Address) + 1;
        Events.Enqueue(new TorrentEvent.PeerBanned(endPoint));
    }

    /// <summary>A peer whose handshake has come.</summary>
    /// <exception cref="PeerDropException">It is not taken.</exception>
    public Peer Add(IPEndPoint endPoint, Handshake handshake, bool isOurs, double now)
    {
        if (handshake.PeerId.Equals(PeerId))
            throw new PeerDropException("it is this session itself");
        var twin = _peers.Values.FirstOrDefault(other => other.Handshake.PeerId.Equals(handshake.PeerId) && !other.Dropped.IsCompleted);
        if (twin is not null && !Replaces(twin, endPoint, isOurs))
            throw new PeerDropException("it is connected already");
        if (Refuses(endPoint) is { } refused)
            throw new PeerDropException(refused);
        twin?.Drop("it is connected by another connection");
        var peer = new Peer(++_lastKey, endPoint, handshake, isOurs, now);
        if (Metainfo is not null)
            peer.Pieces = new Bitfield(Metainfo.PieceCount);
        _peers.Add(peer.Key, peer);
        Events.Enqueue(new TorrentEvent.PeerUp(endPoint));
        SayPieces(peer, isFirst: true);
        if (handshake.Extended)
            PeerWire.Extended(peer.Outbox.Messages, 0, Metadata.OurHandshake(endPoint.Address).Write());
        Serving.OfferAllowedFast(peer);
        peer.Outbox.Wake();
        return peer;
    }

    public void Remove(Peer peer, string reason)
    {
        if (!_peers.Remove(peer.Key))
            return;
        Fetching.RemovePeer(peer);
        Serving.Decide(isRound: false);
        Events.Enqueue(new TorrentEvent.PeerDown(peer.EndPoint, reason));
    }

    /// <summary>A piece is on the disk: everybody hears of it.</summary>
    public void Announce(int piece)
    {
        foreach (var peer in _peers.Values)
        {
            if (peer.Pieces is { } pieces && !pieces[piece])
                PeerWire.OfPiece(peer.Outbox.Messages, MessageId.Have, piece);
            Fetching.UpdateInterest(peer);
            peer.Outbox.Wake();
        }

        Events.Enqueue(new TorrentEvent.PieceVerified(piece));
    }

    // Two that connect to each other at the same time, as for hole punching, have two connections: both must keep the same one. Whose peer id is less keeps its own; clients of others compare
    // ports. Nobody else replaces a connection, as peer ids are no secret.
    private bool Replaces(Peer twin, IPEndPoint endPoint, bool isOurs)
    {
        if (twin.IsOurs == isOurs || !twin.EndPoint.Address.Equals(endPoint.Address))
            return false;
        var keepsOurs = twin.Handshake.PeerId.IsOfOurs
            ? PeerId.Span.SequenceCompareTo(twin.Handshake.PeerId.Span) < 0
            : ListeningPort < (isOurs ? endPoint : twin.EndPoint).Port;
        return isOurs == keepsOurs;
    }

    // BEP 6: with the fast extension exactly one of the three is the first message; without it a bitfield, or nothing.
    private void SayPieces(Peer peer, bool isFirst)
    {
        var output = peer.Outbox.Messages;
        if (!isFirst)
        {
            for (var piece = 0; piece < Have!.Length; piece++)
            {
                if (Have[piece])
                    PeerWire.OfPiece(output, MessageId.Have, piece);
            }
        }
        else if (peer.Handshake.Fast && IsComplete)
        {
            PeerWire.Simple(output, MessageId.HaveAll);
        }
        else if (peer.Handshake.Fast && (Have is null || Have.Count == 0))
        {
            PeerWire.Simple(output, MessageId.HaveNone);
        }
        else if (Have is { Count: > 0 })
        {
            PeerWire.Bitfield(output, Have);
        }

        peer.Outbox.Wake();
    }

    private void Publish()
    {
        // A look without the lock: whoever puts an event in comes here afterwards.
        if (Events.Count == 0)
            return;
        lock (_publishing)
        {
            while (true)
            {
                TorrentEvent? happened;
                lock (_lock)
                {
                    if (!Events.TryDequeue(out happened))
                        return;
                }

                _options.OnEvent?.Invoke(happened);
            }
        }
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
