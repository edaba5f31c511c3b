using System.Net;

namespace Utp.BitTorrent;

/// <summary>Why a tracker is told.</summary>
internal enum AnnounceEvent
{
    /// <summary>The interval has passed.</summary>
    None = 0,
    Completed = 1,
    Started = 2,
    Stopped = 3,
}

/// <summary>What a tracker is told (BEP 3, BEP 15).</summary>
/// <param name="InfoHash">The torrent.</param>
/// <param name="PeerId">Who we are.</param>
/// <param name="Port">Where peers reach us.</param>
/// <param name="Uploaded">Bytes given in this session.</param>
/// <param name="Downloaded">Bytes that came in this session.</param>
/// <param name="Left">Bytes that are missing; 1 where that is not known yet.</param>
/// <param name="Event">Why.</param>
internal sealed record Announce(InfoHash InfoHash, PeerId PeerId, int Port, long Uploaded, long Downloaded, long Left, AnnounceEvent Event)
{
    /// <summary>Peers to ask for: none with the last announce.</summary>
    public int Wanted => Event == AnnounceEvent.Stopped ? 0 : 100;
}

/// <summary>What a tracker answers.</summary>
/// <param name="Interval">When it wants to be asked again.</param>
/// <param name="Peers">Peers of the torrent.</param>
internal sealed record AnnounceAnswer(TimeSpan Interval, IReadOnlyList<EndPoint> Peers);

/// <summary>A tracker did not answer, or refused; the message says why.</summary>
internal sealed class TrackerException(string message, Exception? inner = null) : Exception(message, inner);
