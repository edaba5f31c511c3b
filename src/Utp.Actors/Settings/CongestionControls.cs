using Utp.Protocol;

namespace Utp.Actors;

/// <summary>The congestion control laws by name: <c>utp.congestion-control</c>.</summary>
internal static class CongestionControls
{
    /// <summary>The names that may be configured.</summary>
    public static IReadOnlyList<string> Names { get; } = ["ledbat"];

    /// <summary>What makes one connection's instance of the law <paramref name="name"/>, which is one of <see cref="Names"/>.</summary>
    public static Func<ICongestionControl> Factory(string name, TimeSpan targetDelay)
    {
        switch (name)
        {
            case "ledbat":
                var options = LedbatOptions.Default with { TargetMicros = targetDelay.Micros() };
                return () => new Ledbat(options);
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, "No such congestion control law.");
        }
    }
}
