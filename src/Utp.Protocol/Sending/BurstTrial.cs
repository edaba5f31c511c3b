namespace Utp.Protocol;

/// <summary>
/// Whether long bursts are tried on a path. A loss may mean that a queue is shorter than a burst, so bursts are short for a number
/// of packets after it. That number doubles when long bursts are answered by a loss soon, and halves when they went well for long:
/// a queue of a few packets costs a handful of losses in all, and a loss for another reason costs little. Note 0018.
/// </summary>
internal struct BurstTrial
{
    private const int FewestPackets = 2_000;
    private const int MostPackets = 64_000;

    // Long bursts went well when they lasted for so many times the packets of the wait before them.
    private const int WentWell = 8;

    private int _wait;
    private int _packetsToWait;
    private long _packetsOfTrial;

    /// <summary>Whether bursts may be long.</summary>
    public readonly bool IsOn => _packetsToWait == 0;

    /// <summary>A packet left.</summary>
    public void OnSent()
    {
        if (_packetsToWait > 0)
            _packetsToWait--;
        else
            _packetsOfTrial++;
    }

    /// <summary>A packet was lost.</summary>
    public void OnLost()
    {
        if (_wait == 0)
            _wait = FewestPackets;
        else if (IsOn)
            _wait = _packetsOfTrial < (long)WentWell * _wait ? Math.Min(2 * _wait, MostPackets) : Math.Max(_wait / 2, FewestPackets);
        _packetsToWait = _wait;
        _packetsOfTrial = 0;
    }
}
