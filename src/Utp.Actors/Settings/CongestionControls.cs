using Utp.Protocol;

namespace Utp.Actors;

/// <summary>The congestion control laws by name: <c>utp.congestion-control</c>.</summary>
internal static class CongestionControls
{
    /// <summary>The names that may be configured.</summary>
    public static IReadOnlyList<string> Names { get; } = ["lbe", "ledbat", "ledbat++", "cubic"];

    /// <summary>
    /// What makes one connection's instance of the law <paramref name="name"/>, which is one of <see cref="Names"/>. A <paramref name="targetDelay"/> of zero is the
    /// law's own.
    /// </summary>
    public static Func<ICongestionControl> Factory(string name, TimeSpan targetDelay)
    {
        var isGiven = targetDelay != TimeSpan.Zero;
        switch (name)
        {
            case "lbe":
                var lbe = isGiven ? LbeOptions.Default with { TargetMicros = targetDelay.Micros() } : LbeOptions.Default;
                return () => new Lbe(lbe);
            case "ledbat":
                var ledbat = isGiven ? LedbatOptions.Default with { TargetMicros = targetDelay.Micros() } : LedbatOptions.Default;
                return () => new Ledbat(ledbat);
            case "ledbat++":
                var plusPlus = isGiven ? LedbatPlusPlusOptions.Default with { TargetMicros = targetDelay.Micros() } : LedbatPlusPlusOptions.Default;
                return () => new LedbatPlusPlus(plusPlus);
            case "cubic":
                return static () => new Cubic();
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, "No such congestion control law.");
        }
    }
}
