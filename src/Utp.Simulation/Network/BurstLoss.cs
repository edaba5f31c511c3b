using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>The state of a link that loses in bursts (Gilbert–Elliott). Owned by one <see cref="SimulatedLink"/>.</summary>
internal struct BurstLoss
{
    private bool _bad;
    private Instant _since;

    /// <summary>Moves the link's state on by one datagram, and says whether that one is lost.</summary>
    public bool Loses(BurstLossOptions? options, Prng random, Instant now)
    {
        if (options is null)
            return false;
        if (random.Chance(_bad ? options.Leave : options.Enter) || (_bad && now.Since(_since) >= options.MaxMicros))
            (_bad, _since) = (!_bad, now);
        return _bad && random.Chance(options.LossWhenBad);
    }
}
