using Akka.Actor.Setup;
using Akka.Configuration;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// Adds congestion control laws of the user's to those that <c>utp.congestion-control</c> and <see cref="Messages.UtpOptions.CongestionControl"/> may
/// name: handed to <c>ActorSystem.Create</c> with the system's other setups.
/// </summary>
/// <param name="laws">Name → what makes one connection's instance. Called on a connection's thread, once for each connection.</param>
public sealed class UtpCongestionControlSetup(IReadOnlyDictionary<string, Func<ICongestionControl>> laws) : Setup
{
    /// <summary>Name → what makes one connection's instance. A name of the library's own law replaces that law.</summary>
    public IReadOnlyDictionary<string, Func<ICongestionControl>> Laws { get; } = laws;
}

/// <summary>The congestion control laws by name: the library's, and those of a <see cref="UtpCongestionControlSetup"/>.</summary>
internal sealed class CongestionControls(IReadOnlyDictionary<string, Func<ICongestionControl>> own)
{
    private static readonly string[] Library = ["lbe", "ledbat", "ledbat++", "cubic"];

    /// <summary>The library's own, and no other.</summary>
    public static CongestionControls Default { get; } = new(new Dictionary<string, Func<ICongestionControl>>());

    /// <summary>The names that may be configured.</summary>
    public IReadOnlyList<string> Names { get; } = [.. Library.Union(own.Keys, StringComparer.Ordinal)];

    /// <summary>The value of an option, once it is found allowed.</summary>
    /// <exception cref="ConfigurationException">There is no such law; the message names those that there are.</exception>
    public string Check(string name) => Names.Contains(name, StringComparer.Ordinal)
        ? name
        : throw new ConfigurationException($"{SettingKeys.CongestionControl.Name} = {(name.Length == 0 ? "\"\"" : name)} is not allowed: it must be one of {string.Join(", ", Names)}.");

    /// <summary>
    /// What makes one connection's instance of the law <paramref name="name"/>, which is one of <see cref="Names"/>. A <paramref name="targetDelay"/> of zero is the
    /// law's own.
    /// </summary>
    public Func<ICongestionControl> Factory(string name, TimeSpan targetDelay)
    {
        if (own.TryGetValue(name, out var factory))
            return factory;
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
