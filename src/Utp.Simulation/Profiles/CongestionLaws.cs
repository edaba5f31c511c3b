using System.Collections.Immutable;
using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>The laws that profiles can be run with, by the name that the law itself gives.</summary>
public static class CongestionLaws
{
    private static readonly ImmutableSortedDictionary<string, Func<ICongestionControl>> Factories = Register(
        static () => new Lbe(),
        static () => new Ledbat(),
        static () => new LedbatPlusPlus(),
        static () => new Cubic());

    /// <summary>The known names, sorted.</summary>
    public static IEnumerable<string> Names => Factories.Keys;

    /// <summary>What makes a law of this name, one for each connection; null for an unknown name.</summary>
    public static Func<ICongestionControl>? Find(string name) => Factories.GetValueOrDefault(name);

    private static ImmutableSortedDictionary<string, Func<ICongestionControl>> Register(params Func<ICongestionControl>[] factories) =>
        factories.ToImmutableSortedDictionary(static f => f().Name, static f => f, StringComparer.Ordinal);
}
