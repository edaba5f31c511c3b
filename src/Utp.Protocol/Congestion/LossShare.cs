namespace Utp.Protocol;

/// <summary>
/// Counts which share of the sent bytes was lost, and says when it is so large that the sender must give way whatever the reason is: a quarter of
/// one round trip, or 8 % of the last 150 to 300 packets. A value; owned by <see cref="Lbe"/>.
/// </summary>
internal struct LossShare
{
    /// <summary>The share of a long count that no sender may go on losing.</summary>
    public const double LongShare = 0.08;

    private const double RoundShare = 0.25;
    private const int RoundLosses = 4;
    private const int RoundPackets = 20;
    private const int LongPackets = 150;
    private const double MaxShare = 0.5;

    // A queue that overflows loses in bursts: fewer packets than this part of the window tell no share.
    private const double WindowShare = 0.25;

    private double _roundAcked;
    private double _roundLost;
    private double _acked;
    private double _lost;

    /// <summary>The share that was lost when <see cref="IsExceeded"/> was last true; at most a half.</summary>
    public double Share { readonly get; private set; }

    /// <summary>Bytes arrived.</summary>
    public void OnAcked(long bytes)
    {
        _roundAcked += bytes;
        _acked += bytes;
    }

    /// <summary>Bytes were lost; negative: bytes that had been counted as lost arrived after all.</summary>
    public void OnLost(long bytes)
    {
        _roundLost = Math.Max(0, _roundLost + bytes);
        _lost = Math.Max(0, _lost + bytes);
    }

    /// <summary>A round trip has begun. The past counts half from twice the packets on that are enough.</summary>
    public void OnRoundStart(int packetBytes)
    {
        (_roundAcked, _roundLost) = (0, 0);
        if (_acked + _lost <= 2.0 * LongPackets * packetBytes)
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
        return true;
    }

    /// <summary>What was counted was made by a window that is gone.</summary>
    public void Restart() => _roundAcked = _roundLost = _acked = _lost = 0;
}
