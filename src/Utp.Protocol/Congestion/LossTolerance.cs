namespace Utp.Protocol;

/// <summary>
/// Whether so much is lost that it must be congestion, although no queue shows: a fifth of a round, or 8 % of the last hundred packets.
/// Less is the weather of a radio link; more makes any sender a nuisance. If nearly nothing is lost any more when the window was reduced for
/// it, it was no weather, but a queue too short to show as a delay, or a policer: from then on every loss is congestion. A value; owned by the law.
/// </summary>
internal struct LossTolerance
{
    private const double RoundShare = 0.2;
    private const int RoundLosses = 4;
    private const int RoundPackets = 16;
    private const double LongShare = 0.08;
    private const int LongPackets = 100;
    private const double MaxShare = 0.5;

    // A queue that overflows loses in bursts: fewer packets than this part of the window tell no share.
    private const double WindowShare = 0.25;

    // The losses that are left are of the window that was too large when they are fewer than this part of them.
    private const double GoneShare = 0.25;

    private double _roundAcked;
    private double _roundLost;
    private double _acked;
    private double _lost;
    private bool _isOnTrial;

    /// <summary>The share that was lost when <see cref="IsExceeded"/> was last true; at most a half.</summary>
    public double Share { readonly get; private set; }

    /// <summary>Whether a single loss is congestion on this path.</summary>
    public bool IsCongestive { readonly get; private set; }

    /// <summary>Bytes arrived.</summary>
    public void OnAcked(long bytes)
    {
        _roundAcked += bytes;
        _acked += bytes;
    }

    /// <summary>Bytes were lost.</summary>
    public void OnLost(long bytes)
    {
        _roundLost += bytes;
        _lost += bytes;
    }

    /// <summary>A queue stood, and showed as a delay: it is not the losses that tell of congestion on this path.</summary>
    public void OnQueueSeen() => IsCongestive = _isOnTrial = false;

    /// <summary>A round has begun; the past counts half from twice the packets on that are enough.</summary>
    public void OnRoundStart(int packetBytes)
    {
        (_roundAcked, _roundLost) = (0, 0);
        var all = _acked + _lost;
        if (_isOnTrial && all >= (double)LongPackets * packetBytes)
        {
            _isOnTrial = false;
            IsCongestive = _lost < GoneShare * Share * all;
        }

        if (IsCongestive && all >= (double)LongPackets * packetBytes && _lost > LongShare * all)
            IsCongestive = false;
        if (all <= 2.0 * LongPackets * packetBytes)
            return;
        _acked /= 2;
        _lost /= 2;
    }

    /// <summary>Whether it is too much for a window of <paramref name="window"/> bytes; the counting then begins anew.</summary>
    public bool IsExceeded(int packetBytes, double window)
    {
        var enough = WindowShare * window;
        var round = _roundAcked + _roundLost;
        var all = _acked + _lost;
        if (round >= Math.Max(enough, (double)RoundPackets * packetBytes) && _roundLost >= (double)RoundLosses * packetBytes && _roundLost > RoundShare * round)
            Share = Math.Min(MaxShare, _roundLost / round);
        else if (all >= Math.Max(enough, (double)LongPackets * packetBytes) && _lost > LongShare * all)
            Share = Math.Min(MaxShare, _lost / all);
        else
            return false;
        Restart();
        _isOnTrial = true;
        return true;
    }

    /// <summary>What was counted was made by a window that is gone.</summary>
    public void Restart()
    {
        (_roundAcked, _roundLost) = (0, 0);
        (_acked, _lost) = (0, 0);
    }
}
