namespace Utp.BitTorrent;

/// <summary>A peer, as it looks to the choke algorithm.</summary>
/// <param name="Key">Its number.</param>
/// <param name="IsInterested">Whether it wants something.</param>
/// <param name="Rate">What it gives us, in bytes per second; while we have all, what it takes.</param>
/// <param name="IsSnubbing">Whether it has given nothing for long that it was asked for: then it gets an optimistic slot at most (BEP 3, "anti-snubbing").</param>
internal readonly record struct ChokeCandidate(int Key, bool IsInterested, double Rate, bool IsSnubbing);

/// <summary>
/// Whom to serve (BEP 3, "choking"): those that give most, and one at random for three rounds, so that newcomers can show what they give. A round is ten seconds, which
/// the caller counts. No two threads at the same time.
/// </summary>
internal sealed class Choker(int slots, Random random)
{
    public static readonly TimeSpan Round = TimeSpan.FromSeconds(10);

    private const int RoundsOfAnOptimistic = 3;

    private int _optimistic;
    private int _rounds;

    /// <summary>The peer that was chosen at random; 0: none.</summary>
    public int Optimistic => _optimistic;

    /// <summary>Decides anew. The set of those to be served, all of whom want something.</summary>
    /// <param name="peers">All of them.</param>
    /// <param name="isRound">Whether a round has passed; otherwise somebody came, went, or changed their mind, and free slots are filled without turning the random one.</param>
    public HashSet<int> Decide(IReadOnlyList<ChokeCandidate> peers, bool isRound)
    {
        var chosen = peers.Where(static peer => peer.IsInterested && !peer.IsSnubbing)
            .OrderByDescending(static peer => peer.Rate)
            .Take(slots - 1)
            .Select(static peer => peer.Key)
            .ToHashSet();
        var keeps = peers.Any(peer => peer.Key == _optimistic && peer.IsInterested) && !chosen.Contains(_optimistic);
        if (isRound && ++_rounds >= RoundsOfAnOptimistic)
            keeps = false;
        if (!keeps)
        {
            var others = peers.Where(peer => peer.IsInterested && !chosen.Contains(peer.Key) && peer.Key != _optimistic).Select(static peer => peer.Key).ToList();
            if (others.Count > 0)
                _optimistic = others[random.Next(others.Count)];
            else if (!peers.Any(peer => peer.Key == _optimistic && peer.IsInterested))
                _optimistic = 0;
            _rounds = 0;
        }

        if (_optimistic != 0)
            chosen.Add(_optimistic);
        return chosen;
    }
}
