namespace Utp.Protocol;

/// <summary>
/// How large a datagram may be on this path, found with the data itself (RFC 8899; protocol.md §8). Starts at a size that
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

    private readonly int _ceiling;
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

    /// <summary>Starts at <paramref name="start"/>; <paramref name="ceiling"/> is what the route's first hop takes, or no more than start: no search.</summary>
    public MtuSearch(int start, int ceiling)
    {
        MaxDatagramBytes = start;
        _ceiling = _high = Math.Max(start, ceiling);
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
        // A size that the user fixed stays.
        if (found.DatagramBytes == 0 || _ceiling <= MaxDatagramBytes)
            return;
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

    /// <summary>The probe arrived: its size passes.</summary>
    public void OnProbeArrived()
    {
        MaxDatagramBytes = Math.Max(MaxDatagramBytes, _probing);
        (_probing, _attempts, _ceilingTried) = (0, 0, true);
        (_isFound, _hasNews) = (true, true);
    }

    /// <summary>The probe was lost, by its size or by chance.</summary>
    public void OnProbeLost()
    {
        if (++_attempts >= MaxAttempts)
        {
            _high = Math.Min(_high, Math.Max(MaxDatagramBytes, _probing - 1));
            _attempts = 0;
            _ceilingTried = true;
        }

        _probing = 0;
    }

    /// <summary>A packet of this size arrived.</summary>
    public void OnArrived(int datagramBytes)
    {
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
        var fullSizeVanishes = datagramBytes > Base
            && (consecutiveTimeouts >= TimeoutsOfBlackHole || (_lossesInARow >= LossesOfBlackHole && sent >= _firstLossInARow));

        // A path may be smaller than the base, and a last packet smaller than a full one: so in the end anything may be too large.
        var fallTo = consecutiveTimeouts >= TimeoutsOfSmallestBlackHole ? Smallest : fullSizeVanishes ? Base : 0;
        if (fallTo == 0)
            return false;
        _high = Math.Max(fallTo, MaxDatagramBytes - 1);
        MaxDatagramBytes = fallTo;
        (_lossesInARow, _attempts, _probing, _ceilingTried) = (0, 0, 0, true);
        _searchAgain = now.Plus(SearchAgainMicros);
        Forget();
        return true;
    }

    /// <summary>
    /// At most <paramref name="datagramBytes"/> pass; returns whether the size fell. The socket's own word (EMSGSIZE) is final. ICMP can be
    /// forged: it never takes the size below what passes nearly everywhere.
    /// </summary>
    public bool OnTooLarge(int datagramBytes, bool isCertain)
    {
        var passes = isCertain && datagramBytes < Base ? Smallest : Math.Max(Math.Min(Base, MaxDatagramBytes), datagramBytes);
        _high = Math.Min(_high, passes);
        (_attempts, _ceilingTried) = (0, true);
        if (passes >= MaxDatagramBytes)
            return false;
        MaxDatagramBytes = passes;
        Forget();
        return true;
    }

    private void Forget() => (_asked, _isFound, _hasNews) = (false, false, true);

    private readonly int Floor => MaxDatagramBytes > Base ? Base : Smallest;
}
