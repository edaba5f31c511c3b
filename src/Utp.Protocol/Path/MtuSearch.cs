namespace Utp.Protocol;

/// <summary>
/// How large a datagram may be on this path, found with the data itself (RFC 8899; protocol.md §8.1). Starts at a size that
/// passes nearly everywhere, asks for the ceiling first, then bisects; looks again every ten minutes; falls back when full-size
/// packets vanish. A lost probe says something about size and nothing about congestion. A value inside the connection.
/// </summary>
/// <remarks>Sizes are bytes of UDP payload. What is cut already keeps its bytes: what is larger than the path then goes in pieces, or without don't-fragment.</remarks>
internal struct MtuSearch
{
    /// <summary>What every IPv4 host must take (576) less the largest usual headers: the size after a black hole.</summary>
    public const int Smallest = 548;

    // RFC 8899 §5.1.2: BASE_PLPMTU, the size to fall back to first.
    private const int Base = 1_200;

    // RFC 8899 §5.1.2: MAX_PROBES; random loss must not end the search.
    private const int MaxAttempts = 3;

    // Bisection ends here: nobody notices the rest.
    private const int Granularity = 16;

    // RFC 8899 §5.1.1: PMTU_RAISE_TIMER.
    public const long SearchAgainMicros = 600_000_000;

    // Consecutive time-outs, or losses of full-size packets without one arriving, that mean a black hole.
    private const int TimeoutsOfBlackHole = 2;
    private const int TimeoutsOfSmallestBlackHole = 4;
    private const int LossesOfBlackHole = 8;

    // A full queue below the socket refuses what happens to come; one that refuses probes alone, again and again, refuses their size.
    private const int RefusalsOfProbe = 8;

    private readonly int _ceiling;
    private readonly bool _isFixed;

    // Whether something larger than the smallest arrived while the size was what it is; until then it is a guess.
    private bool _isProved;
    private int _refusals;
    private int _high;
    private int _attempts;
    private int _probing;
    private int _lossesInARow;
    private Instant _firstLossInARow;
    private bool _ceilingTried;
    private Instant _searchAgain;

    // What others may use: whether a probe was decided since the last fall, and whether it is known to those yet.
    private bool _asked;
    private bool _isFound;
    private bool _hasNews;

    /// <summary>
    /// Starts at <paramref name="start"/>, or with what the route's first hop takes if that is less: <paramref name="ceiling"/>. Without one (0) the
    /// user has fixed the size: nothing larger is tried.
    /// </summary>
    public MtuSearch(int start, int ceiling)
    {
        _isFixed = ceiling == 0;
        MaxDatagramBytes = _isFixed ? start : Math.Min(start, Math.Max(Smallest, ceiling));
        _ceiling = _high = Math.Max(MaxDatagramBytes, ceiling);
        _searchAgain = Instant.Never;
    }

    /// <summary>The largest size that is known to pass: that of the packets cut from now on.</summary>
    public int MaxDatagramBytes { get; private set; }

    /// <summary>The largest datagram that may ever be written: a probe of the ceiling.</summary>
    public readonly int LargestDatagramBytes => Math.Max(_ceiling, MaxDatagramBytes);

    /// <summary>Whether a datagram of this size goes with don't-fragment.</summary>
    public readonly bool DontFragment(int datagramBytes) => datagramBytes <= MaxDatagramBytes;

    /// <summary>Begins with what another connection found on this path; <paramref name="limit"/> is what the peer is trusted to take.</summary>
    public void Resume(PathSize found, int limit)
    {
        if (found.DatagramBytes == 0 || _isFixed)
            return;
        _isProved = true;
        MaxDatagramBytes = Math.Clamp(found.DatagramBytes, Smallest, Math.Min(_ceiling, limit));
        _high = Math.Clamp(found.NotAbove, MaxDatagramBytes, _ceiling);
        _ceilingTried = _high < _ceiling;
    }

    /// <summary>What was found since the last call, for other connections; <c>default</c>: what they were told holds no more.</summary>
    public bool TryTakeNews(out PathSize found)
    {
        found = _isFound ? new PathSize(MaxDatagramBytes, _high) : default;
        var hasNews = _hasNews;
        _hasNews = false;
        return hasNews;
    }

    /// <summary>The size to ask for now, 0 for none; <paramref name="limit"/> is what the peer is trusted to take.</summary>
    public int NextProbe(int limit, Instant now)
    {
        if (_probing > 0)
            return 0;
        if (now >= _searchAgain)
        {
            (_high, _attempts, _ceilingTried) = (_ceiling, 0, false);
            _searchAgain = Instant.Never;
        }

        var high = Math.Min(_high, limit);
        if (high - MaxDatagramBytes < (_ceilingTried ? Granularity : 1))
        {
            if (_searchAgain == Instant.Never && _ceiling > Smallest)
                _searchAgain = now.Plus(SearchAgainMicros);
            if (_asked)
                (_asked, _isFound, _hasNews) = (false, true, true);
            return 0;
        }

        // The ceiling first: nearly always it passes, and one round trip was the whole search.
        return _ceilingTried ? (MaxDatagramBytes + high + 1) / 2 : high;
    }

    /// <summary>A probe of <paramref name="bytes"/> left.</summary>
    public void OnProbeSent(int bytes) => (_probing, _asked) = (bytes, true);

    /// <summary>The socket did not take the probe: it was never sent.</summary>
    public void OnProbeTakenBack() => _probing = 0;

    /// <summary>A probe of <paramref name="bytes"/> is what the socket refused (would block), though nothing else may have filled it.</summary>
    public void OnProbeRefused(int bytes)
    {
        if (++_refusals >= RefusalsOfProbe)
            EndAttempts(bytes);
    }

    /// <summary>The probe arrived: its size passes.</summary>
    public void OnProbeArrived()
    {
        MaxDatagramBytes = Math.Max(MaxDatagramBytes, _probing);
        (_probing, _attempts, _refusals, _ceilingTried) = (0, 0, 0, true);
        (_isProved, _isFound, _hasNews) = (true, true, true);
    }

    /// <summary>The probe was lost, by its size or by chance.</summary>
    public void OnProbeLost()
    {
        if (++_attempts >= MaxAttempts)
            EndAttempts(_probing);
        (_probing, _refusals) = (0, 0);
    }

    /// <summary>A packet of this size arrived.</summary>
    public void OnArrived(int datagramBytes)
    {
        _isProved |= datagramBytes > Smallest;
        if (datagramBytes > Floor)
            _lossesInARow = 0;
    }

    /// <summary>A packet of this size, sent last at <paramref name="sent"/>, was lost; returns whether the size fell, because full-size packets vanish.</summary>
    public bool OnLost(int datagramBytes, Instant sent, int consecutiveTimeouts, Instant now)
    {
        if (datagramBytes <= Smallest || MaxDatagramBytes <= Smallest)
            return false;
        if (datagramBytes > Floor && _lossesInARow++ == 0)
            _firstLossInARow = now;

        // A full queue may drop a whole burst, which says nothing about size: what was sent since the first loss showed must vanish, too.
        var vanishes = _lossesInARow >= LossesOfBlackHole && sent >= _firstLossInARow;

        // A guess that nothing has confirmed is given up at the first time-out: to be wrong costs a round trip of smaller packets, and the search begins anew.
        if (consecutiveTimeouts > 0 && !_isProved)
        {
            Fall(Smallest, _ceiling, now);
            (_ceilingTried, _searchAgain) = (false, Instant.Never);
            return true;
        }

        // A path may be smaller than the base, and a last packet smaller than a full one: so in the end anything may be too large.
        var fallTo = consecutiveTimeouts >= TimeoutsOfSmallestBlackHole || (vanishes && datagramBytes <= Base) ? Smallest
            : datagramBytes > Base && (vanishes || consecutiveTimeouts >= TimeoutsOfBlackHole) ? Base
            : 0;
        if (fallTo == 0)
            return false;
        Fall(fallTo, Math.Max(fallTo, MaxDatagramBytes - 1), now);
        return true;
    }

    /// <summary>The socket has refused a datagram of this size for long (would block), though it said that it takes some; returns whether the size fell.</summary>
    public bool OnRefusedForLong(int datagramBytes, Instant now)
    {
        if (datagramBytes <= Smallest || MaxDatagramBytes <= Smallest)
            return false;
        Fall(Smallest, MaxDatagramBytes, now);
        return true;
    }

    /// <summary>The socket refused a datagram of so many bytes (EMSGSIZE), and its word is final; returns whether the size fell.</summary>
    public bool OnDoesNotFit(int datagramBytes, Instant now)
    {
        if (datagramBytes > MaxDatagramBytes)
        {
            EndAttempts(datagramBytes);
            return false;
        }

        Fall(datagramBytes > Base ? Base : Smallest, Math.Max(Smallest, datagramBytes - 1), now);
        return true;
    }

    /// <summary>Our own system says what the first hop takes; returns whether the size fell. Where it is larger than what is known to pass, it is asked for next.</summary>
    public bool OnFirstHop(int datagramBytes, Instant now)
    {
        var takes = Math.Max(Smallest, datagramBytes);
        if (takes < MaxDatagramBytes)
        {
            Fall(takes, takes, now);
            return true;
        }

        if (takes < _high)
            (_high, _attempts, _ceilingTried) = (takes, 0, false);
        return false;
    }

    /// <summary>
    /// At most <paramref name="datagramBytes"/> pass, as ICMP says that was proved (0: it names no size); returns whether the size fell. What no path may
    /// ask for counts as no size (RFC 8899 §4.6.1).
    /// </summary>
    public bool OnTooLarge(int datagramBytes, Instant now)
    {
        var passes = datagramBytes >= Smallest ? datagramBytes : MaxDatagramBytes > Base ? Base : Smallest;
        if (passes < MaxDatagramBytes)
        {
            Fall(passes, passes, now);
            return true;
        }

        // A size that it names is asked for next, and nearly always passes.
        (_high, _attempts, _ceilingTried) = (Math.Min(_high, passes), 0, datagramBytes < Smallest);
        return false;
    }

    // A size below what was known to pass; nothing above the second is tried before the search begins anew.
    private void Fall(int to, int notAbove, Instant now)
    {
        (MaxDatagramBytes, _high) = (to, Math.Max(to, Math.Min(notAbove, _ceiling)));
        (_lossesInARow, _attempts, _refusals, _probing, _ceilingTried, _isProved) = (0, 0, 0, 0, true, false);
        _searchAgain = now.Plus(SearchAgainMicros);
        (_asked, _isFound, _hasNews) = (false, false, true);
    }

    // So large a datagram does not pass.
    private void EndAttempts(int bytes)
    {
        _high = Math.Min(_high, Math.Max(MaxDatagramBytes, bytes - 1));
        (_attempts, _refusals, _ceilingTried) = (0, 0, true);
    }

    private readonly int Floor => MaxDatagramBytes > Base ? Base : Smallest;
}
