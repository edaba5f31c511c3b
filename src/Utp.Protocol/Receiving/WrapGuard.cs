namespace Utp.Protocol;

/// <summary>
/// Protection against wrapped sequence numbers between our own peers (protocol.md §5.6, as PAWS of RFC 7323 §5): a packet whose
/// timestamp is more than half a sequence wrap, at most one second, behind the newest accepted is dropped before its
/// acknowledgement or data is used.
/// </summary>
internal struct WrapGuard
{
    private const int MaxAgeMicros = 1_000_000;

    // How much further the peer's clock may have come than ours since the newest: less than what makes a packet old, so that one of them cannot make the next ones old.
    private const long MaxAheadMicros = MaxAgeMicros / 2;

    // Half a wrap is 32,768 packets; its age is taken from marks every 8,192.
    private const int MarkPackets = 8_192;
    private const int Marks = 4;

    // Beyond this silence the 32-bit timestamps cannot be ordered any more.
    private const long MaxSilenceMicros = 30L * 60 * 1_000_000;

    private bool _hasNewest;
    private WireTimestamp _newest;
    private Instant _newestArrival;
    private int _packets;
    private int _marks;
    private MarkRing _ring;

    /// <summary>Whether the packet is too old to be believed.</summary>
    public readonly bool IsOld(WireTimestamp timestamp, Instant arrival)
    {
        if (!_hasNewest || arrival.Since(_newestArrival) > MaxSilenceMicros)
            return false;
        return timestamp.DistanceTo(_newest) > MaxAge;
    }

    /// <summary>
    /// A packet was accepted that moved something on: it acknowledged data, or brought what was missing next. Others, which are forged easily, teach nothing; and
    /// what is too far ahead teaches no more than the time that has passed here (note 0030).
    /// </summary>
    public void OnAdvanced(WireTimestamp timestamp, Instant arrival)
    {
        if (_hasNewest && arrival.Since(_newestArrival) is var elapsed && elapsed <= MaxSilenceMicros)
        {
            var ahead = _newest.DistanceTo(timestamp);
            if (ahead < 0)
                return;
            var most = Math.Max(0, elapsed) + MaxAheadMicros;
            if (ahead > most)
                timestamp = new WireTimestamp(unchecked(_newest.Micros + (uint)most));
        }

        _hasNewest = true;
        _newest = timestamp;
        _newestArrival = arrival;
    }

    /// <summary>The sequence moved by one packet in order.</summary>
    public void OnInOrder()
    {
        if (++_packets % MarkPackets != 0)
            return;
        _ring[_marks % Marks] = _newest;
        _marks++;
    }

    private readonly int MaxAge
    {
        get
        {
            if (_marks < Marks)
                return MaxAgeMicros;
            var halfWrap = _ring[_marks % Marks].DistanceTo(_newest);
            return halfWrap <= 0 ? MaxAgeMicros : Math.Min(MaxAgeMicros, halfWrap);
        }
    }

    [System.Runtime.CompilerServices.InlineArray(Marks)]
    private struct MarkRing
    {
        private WireTimestamp _first;
    }
}
