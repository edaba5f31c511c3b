namespace Utp.Protocol;

/// <summary>
/// The round trip of the path without queues: the smallest of ten minutes, or what a route that became longer shows. A delay that
/// stays the same to within half a target for twenty seconds, although this flow has given way, is no queue of others: theirs
/// come and go. A value; owned by the law.
/// </summary>
internal struct PathBase
{
    private const long BlockMicros = 5_000_000;
    private const int Blocks = 4;

    private DelayHistory _history;
    private Instant _blockEnd;
    private uint _blockSmallest;
    private uint _lowest;
    private uint _highest;
    private int _blocks;

    /// <summary>µs; 0 before the first sample.</summary>
    public readonly long Micros => _history.HasBase ? _history.Base : 0;

    /// <summary>
    /// A round trip was measured; <paramref name="hasGivenWay"/>: under a window that makes no queue worth the name. Returns
    /// whether the base was raised.
    /// </summary>
    public bool Add(uint rtt, bool hasGivenWay, long targetMicros, Instant now)
    {
        _history.Add(rtt, now);
        if (!hasGivenWay || rtt - _history.Base <= targetMicros)
        {
            _blocks = 0;
            BeginBlock(now);
            return false;
        }

        _blockSmallest = Math.Min(_blockSmallest, rtt);
        if (now < _blockEnd)
            return false;
        _lowest = _blocks == 0 ? _blockSmallest : Math.Min(_lowest, _blockSmallest);
        _highest = _blocks == 0 ? _blockSmallest : Math.Max(_highest, _blockSmallest);
        _blocks++;
        BeginBlock(now);
        if (_highest - _lowest > targetMicros / 2)
            _blocks = 0;
        if (_blocks < Blocks)
            return false;
        _blocks = 0;
        _history.Restart(_lowest, now);
        return true;
    }

    private void BeginBlock(Instant now)
    {
        _blockEnd = now.Plus(BlockMicros);
        _blockSmallest = uint.MaxValue;
    }
}
