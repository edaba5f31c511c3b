using System.Net;

namespace Utp.BitTorrent;

/// <summary>
/// Where peers are that may be connected to, and when it is their turn: at once, and after each failure later, with a random part so that many who lost one peer do not come back
/// in step. Knows no clock. No two threads at the same time.
/// </summary>
internal sealed class PeerBook(Random random)
{
    private const int MaxKnown = 2_000;
    private const int MaxFailures = 5;
    private const double FirstPause = 2;
    private const double LongestPause = 300;

    private readonly Dictionary<EndPoint, Entry> _known = [];

    private sealed class Entry(bool isNamed)
    {
        public bool IsNamed => isNamed;

        public double NotBefore { get; set; }

        public int Failures { get; set; }

        public bool IsBusy { get; set; }
    }

    public int Count => _known.Count;

    /// <summary>Whether it is to be connected to. A book that is full takes nobody in.</summary>
    /// <param name="endPoint">Where it is.</param>
    /// <param name="isNamed">Whether the user names it: then it is tried for ever. Of whom others name what does not answer several times is forgotten.</param>
    public bool Add(EndPoint endPoint, bool isNamed) => _known.Count < MaxKnown && _known.TryAdd(endPoint, new Entry(isNamed));

    /// <summary>The next one whose turn it is, which is busy from then on; null: nobody.</summary>
    public EndPoint? Next(double now)
    {
        foreach (var (endPoint, entry) in _known)
        {
            if (entry.IsBusy || entry.NotBefore > now)
                continue;
            entry.IsBusy = true;
            return endPoint;
        }

        return null;
    }

    /// <summary>The connection is over.</summary>
    /// <param name="endPoint">Of whom.</param>
    /// <param name="wasUp">Whether it was useful: then the pauses begin anew.</param>
    /// <param name="now">Seconds.</param>
    public void OnEnded(EndPoint endPoint, bool wasUp, double now)
    {
        if (!_known.TryGetValue(endPoint, out var entry))
            return;
        entry.IsBusy = false;
        entry.Failures = wasUp ? 0 : entry.Failures + 1;
        if (!entry.IsNamed && entry.Failures >= MaxFailures)
        {
            _known.Remove(endPoint);
            return;
        }

        var pause = Math.Min(LongestPause, FirstPause * Math.Pow(2, Math.Min(entry.Failures, 10)));
        entry.NotBefore = now + (pause * (0.5 + (random.NextDouble() / 2)));
    }

    public void Remove(EndPoint endPoint) => _known.Remove(endPoint);
}
