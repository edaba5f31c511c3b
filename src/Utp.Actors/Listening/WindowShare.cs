using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// How much receive window each connection may have so that the socket's buffer holds what all of them invite (protocol.md §6.1). Starts with what the
/// kernel granted; when the kernel drops, shrinks toward an equal share, and grows back while it does not. One receive loop's alone.
/// </summary>
internal sealed class WindowShare
{
    // The kernel doubles the buffer, and charges 2,304 bytes for a datagram of 1,200: so it holds about its granted size in payload.
    // A quarter is left for what others send meanwhile.
    private const double UsableShare = 0.75;
    private const long SmallestBytes = 8 * 1_200;
    private const long CalmMicros = 5_000_000;

    // What was promised before is still on its way, and dropped, for a while: it must not be counted against the smaller window.
    private const long SettlingMicros = 100_000;

    // Where the peers segment, the kernel charges little more than the payload, and the buffer holds twice as much: that is tried first.
    private const int FirstShares = 2;

    private readonly long _usable;
    private long _drops;
    private Instant _lastChange;
    private bool _hasShrunk;

    public WindowShare(int grantedBytes, Instant now)
    {
        _usable = Math.Max((long)(grantedBytes * UsableShare), SmallestBytes);
        Bytes = _usable;
        _lastChange = now;
    }

    /// <summary>The limit for each connection's receive window.</summary>
    public long Bytes { get; private set; }

    /// <summary>Takes note of the kernel's count of drops; once per some batches.</summary>
    /// <param name="drops">Drops since the socket was opened.</param>
    /// <param name="active">Connections that received lately.</param>
    /// <param name="now">The time.</param>
    public void OnDrops(long drops, int active, Instant now)
    {
        if (drops > _drops)
        {
            if (!_hasShrunk || now.Since(_lastChange) >= SettlingMicros)
                Shrink(Math.Min(Math.Max(_usable / Math.Max(active, 1), SmallestBytes), _usable / 2), now);
        }
        else if (Bytes < _usable && now.Since(_lastChange) >= CalmMicros)
        {
            Bytes = Math.Min(Bytes * 2, _usable);
            _lastChange = now;
        }

        _drops = drops;
    }

    private void Shrink(long floor, Instant now)
    {
        Bytes = Bytes > FirstShares * floor ? FirstShares * floor : Math.Min(Bytes, Math.Max(Bytes / 2, floor));
        _lastChange = now;
        _hasShrunk = true;
    }
}
