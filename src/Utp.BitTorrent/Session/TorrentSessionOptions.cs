using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Microsoft.Extensions.Logging;
using Utp.Messages;

namespace Utp.BitTorrent;

/// <summary>Where a torrent is kept and how it is exchanged.</summary>
public sealed record TorrentSessionOptions
{
    /// <summary>The folder that its file or folder is in, or will be. Nothing outside of it is written.</summary>
    public required string Folder { get; init; }

    /// <summary>The UDP port for all peers, also for those that are connected to; 0: any free one. By default any, on all addresses.</summary>
    public IPEndPoint LocalEndPoint { get; init; } = new(IPAddress.IPv6Any, 0);

    /// <summary>A UDP socket of the user's own, bound already and not connected, in place of <see cref="LocalEndPoint"/>. It belongs to the session, also when that fails to start.</summary>
    public Socket? Socket { get; init; }

    /// <summary>Peers to begin with: an <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/> each. Those that cannot be reached are tried again, ever more seldom.</summary>
    public IReadOnlyList<EndPoint> Peers { get; init; } = [];

    /// <summary>Whether the torrent's trackers are told that we are here, and asked for peers; by default they are.</summary>
    public bool UseTrackers { get; init; } = true;

    /// <summary>Whether peers are told of each other and asked for others (BEP 11), as they are by default; never for private torrents (BEP 27).</summary>
    public bool UsePeerExchange { get; init; } = true;

    /// <summary>
    /// Whether a common peer is asked for a rendezvous with those that do not answer, as they may be behind a NAT, and arranges such meetings itself (BEP 55); by default it is so.
    /// </summary>
    public bool UseHolePunching { get; init; } = true;

    /// <summary>Whether all must be there already: then nothing is written, not even beside the files.</summary>
    public bool SeedOnly { get; init; }

    /// <summary>How many peers at the same time; 100 by default, at least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int MaxPeers
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MaxPeers), value, "MaxPeers is at least 1.");
    } = 100;

    /// <summary>How many of them from one address; 16 by default, at least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int MaxPeersPerAddress
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MaxPeersPerAddress), value, "MaxPeersPerAddress is at least 1.");
    } = 16;

    /// <summary>How many peers are served at the same time; 8 by default, at least 1. One of them is chosen at random, the others give most.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int UploadSlots
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(UploadSlots), value, "UploadSlots is at least 1.");
    } = 8;

    /// <summary>The actor system that runs the connections; null: a small private one.</summary>
    public ActorSystem? ActorSystem { get; init; }

    /// <summary>Where the private actor system logs its warnings; null: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>What the connections do differently from the configuration; null: nothing.</summary>
    public UtpOptions? Protocol { get; init; }

    /// <summary>Hears of bytes that were hashed when it is looked at what is there, on any thread and on several at the same time; null: nobody does.</summary>
    public Action<long>? OnChecked { get; init; }

    /// <summary>Hears what happens, on any thread, one after the other, in order. It must be quick, must not throw, and must not call the session. Null: nobody does.</summary>
    public Action<TorrentEvent>? OnEvent { get; init; }
}

/// <summary>Something that happened in a session.</summary>
public abstract record TorrentEvent
{
    private TorrentEvent()
    {
    }

    /// <summary>The metadata that a magnet link lacks has come.</summary>
    /// <param name="Metainfo">What it says.</param>
    public sealed record MetadataReceived(TorrentMetainfo Metainfo) : TorrentEvent;

    /// <summary>A peer is connected, and has the same torrent.</summary>
    /// <param name="EndPoint">Where it is.</param>
    public sealed record PeerUp(IPEndPoint EndPoint) : TorrentEvent;

    /// <summary>A peer is connected no more.</summary>
    /// <param name="EndPoint">Where it was.</param>
    /// <param name="Reason">Why, in a few words.</param>
    public sealed record PeerDown(IPEndPoint EndPoint, string Reason) : TorrentEvent;

    /// <summary>A peer gave wrong data, which is proved: it is not spoken to any more.</summary>
    /// <param name="EndPoint">Where it was.</param>
    public sealed record PeerBanned(IPEndPoint EndPoint) : TorrentEvent;

    /// <summary>A peer does not answer, and a common peer could not bring us together (BEP 55); it is tried again later.</summary>
    /// <param name="EndPoint">Where it is.</param>
    /// <param name="Reason">Why, in a few words.</param>
    public sealed record MeetingFailed(IPEndPoint EndPoint, string Reason) : TorrentEvent;

    /// <summary>A tracker did not answer, or refused; it is asked again later.</summary>
    /// <param name="Tracker">Its URL.</param>
    /// <param name="Reason">Why, in a few words.</param>
    public sealed record TrackerFailed(string Tracker, string Reason) : TorrentEvent;

    /// <summary>A piece was verified and is on the disk.</summary>
    /// <param name="Piece">Its number.</param>
    public sealed record PieceVerified(int Piece) : TorrentEvent;
}

/// <summary>How far a session is.</summary>
/// <param name="TotalBytes">Of all files; 0 until the metadata is known.</param>
/// <param name="VerifiedBytes">Of all pieces that are there.</param>
/// <param name="Pieces">How many pieces there are.</param>
/// <param name="VerifiedPieces">How many of them are there.</param>
/// <param name="Peers">Connected ones.</param>
/// <param name="Seeds">Those of them that have everything.</param>
/// <param name="Banned">Peers that are not spoken to any more.</param>
/// <param name="DownloadedBytes">Of blocks that came and were needed.</param>
/// <param name="UploadedBytes">Of blocks that were given.</param>
/// <param name="WastedBytes">Of blocks that came twice, unasked or wrong.</param>
/// <param name="DownloadRate">Bytes per second, over some seconds.</param>
/// <param name="UploadRate">Bytes per second, over some seconds.</param>
public readonly record struct TorrentProgress(
    long TotalBytes, long VerifiedBytes, int Pieces, int VerifiedPieces, int Peers, int Seeds, int Banned,
    long DownloadedBytes, long UploadedBytes, long WastedBytes, double DownloadRate, double UploadRate)
{
    /// <summary>Whether everything is there.</summary>
    public bool IsComplete => Pieces > 0 && VerifiedPieces == Pieces;
}
