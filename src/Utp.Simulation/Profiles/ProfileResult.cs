using System.Collections.Immutable;

namespace Utp.Simulation;

/// <summary>What one run of a profile has measured. The same profile, law and seed give the same, on every machine.</summary>
/// <param name="Profile">Of what.</param>
/// <param name="Law">With which law.</param>
/// <param name="Seed">With which seed.</param>
/// <param name="Values">What was measured; a metric that has no meaning for the profile is not there.</param>
/// <param name="Fingerprint">A hash over every delivered datagram (<see cref="SimulatedNetwork.Fingerprint"/>).</param>
public sealed record ProfileResult(
    Profile Profile, string Law, ulong Seed, ImmutableSortedDictionary<Metric, long> Values, ulong Fingerprint)
{
    /// <summary>The run over time, from its start to its end; empty unless it was asked for.</summary>
    public ImmutableArray<ProfileSample> Series { get; init; } = [];

    /// <summary>
    /// The median of each metric over several seeds; of an even number the lower one of the middle two, which was measured. With them
    /// <see cref="Metric.WorstSeed"/>, for transfers of a size.
    /// </summary>
    public static ImmutableSortedDictionary<Metric, long> Medians(IReadOnlyCollection<ProfileResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        var medians = results.SelectMany(static r => r.Values).GroupBy(static v => v.Key, static v => v.Value).ToImmutableSortedDictionary(
            static g => g.Key, static g => g.Order().ElementAt((g.Count() - 1) / 2));
        return results.Any(static r => r.Profile.Bytes == 0)
            ? medians
            : medians.Add(Metric.WorstSeed, results.Min(static r => r.Values[Metric.Goodput]) * 1_000_000 / Math.Max(1, medians[Metric.Goodput]));
    }

    /// <summary>One line for a snapshot: everything, in integers.</summary>
    public override string ToString() =>
        $"{Profile.Name} {Law} seed {Seed}: {string.Join(' ', Values.Select(static v => $"{v.Key}={v.Value}"))} {Fingerprint:x16}";
}

/// <summary>How a run stood at one moment.</summary>
/// <param name="AtMicros">When, µs of virtual time.</param>
/// <param name="WindowBytes">Congestion window of the first flow; 0 before it connects.</param>
/// <param name="QueueMicros">How long a datagram that came now would wait in the bottleneck's queue.</param>
/// <param name="ArrivedIPBytes">IP bytes of new data that have reached the receivers of all flows so far.</param>
public readonly record struct ProfileSample(long AtMicros, long WindowBytes, long QueueMicros, long ArrivedIPBytes);
