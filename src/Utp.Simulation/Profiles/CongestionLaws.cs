using System.Collections.Immutable;
using System.Globalization;
using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>
/// The laws that profiles can be run with: by the name that the law itself gives, and where a law has a target delay also with another one,
/// as <c>lbe@10ms</c>.
/// </summary>
public static class CongestionLaws
{
    private const int MaxTargetMillis = 1_000;

    private static readonly ImmutableSortedDictionary<string, Func<ICongestionControl>> Factories = Register(
        static () => new Lbe(),
        static () => new Ledbat(),
        static () => new LedbatPlusPlus(),
        static () => new Cubic());

    private static readonly ImmutableSortedDictionary<string, Func<long, ICongestionControl>> WithTarget =
        ImmutableSortedDictionary.CreateRange<string, Func<long, ICongestionControl>>(StringComparer.Ordinal,
        [
            new("lbe", static micros => new Lbe(LbeOptions.Default with { TargetMicros = micros })),
            new("ledbat", static micros => new Ledbat(LedbatOptions.Default with { TargetMicros = micros })),
            new("ledbat++", static micros => new LedbatPlusPlus(LedbatPlusPlusOptions.Default with { TargetMicros = micros })),
        ]);

    /// <summary>The known names, sorted.</summary>
    public static IEnumerable<string> Names => Factories.Keys;

    /// <summary>What makes a law of this name, one for each connection; null for an unknown name, or a target that is not 1ms to 1000ms.</summary>
    public static Func<ICongestionControl>? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var at = name.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
            return Factories.GetValueOrDefault(name);
        if (!name.EndsWith("ms", StringComparison.Ordinal) || !WithTarget.TryGetValue(name[..at], out var factory)
            || !int.TryParse(name.AsSpan(at + 1, name.Length - at - 3), NumberStyles.None, CultureInfo.InvariantCulture, out var millis)
            || millis is < 1 or > MaxTargetMillis)
            return null;
        return () => factory(millis * 1_000L);
    }

    private static ImmutableSortedDictionary<string, Func<ICongestionControl>> Register(params Func<ICongestionControl>[] factories) =>
        factories.ToImmutableSortedDictionary(static f => f().Name, static f => f, StringComparer.Ordinal);
}
