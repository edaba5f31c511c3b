using Utp.Protocol;

namespace Utp.Actors;

/// <summary>Every limit of a listener, one row each: as <see cref="ConnectionTable"/>.</summary>
internal static class LimitTable
{
    public static IReadOnlyList<SettingRow<EndpointLimits, EndpointLimits>> Rows { get; } =
    [
        Row(SettingKeys.MaxConnections, static (l, v) => l with { MaxConnections = v }, nameof(EndpointLimits.MaxConnections), static l => l.MaxConnections),
        Row(
            SettingKeys.MaxConnectionsPerAddress, static (l, v) => l with { MaxConnectionsPerAddress = v }, nameof(EndpointLimits.MaxConnectionsPerAddress),
            static l => l.MaxConnectionsPerAddress),
        Row(SettingKeys.MaxHalfOpen, static (l, v) => l with { MaxHalfOpen = v }, nameof(EndpointLimits.MaxHalfOpen), static l => l.MaxHalfOpen),
        Row(
            SettingKeys.MaxHalfOpenPerAddress, static (l, v) => l with { MaxHalfOpenPerAddress = v }, nameof(EndpointLimits.MaxHalfOpenPerAddress), static l => l.MaxHalfOpenPerAddress),
        Row(SettingKeys.MaxResetsPerSecond, static (l, v) => l with { MaxResetsPerSecond = v }, nameof(EndpointLimits.MaxResetsPerSecond), static l => l.MaxResetsPerSecond),
        Row(
            SettingKeys.MaxResetsPerSecondPerAddress, static (l, v) => l with { MaxResetsPerSecondPerAddress = v }, nameof(EndpointLimits.MaxResetsPerSecondPerAddress),
            static l => l.MaxResetsPerSecondPerAddress),
        Row(SettingKeys.UnknownIsNotUtp, static (l, v) => l with { UnknownIsNotUtp = v }, nameof(EndpointLimits.UnknownIsNotUtp), static l => l.UnknownIsNotUtp),
    ];

    private static SettingRow<EndpointLimits, EndpointLimits> Row<T>(
        SettingKey<T> key, Func<EndpointLimits, T, EndpointLimits> keep, string option, Func<EndpointLimits, T> give) =>
        new SettingRow<EndpointLimits, EndpointLimits, T>(key, keep, option, (EndpointLimits given, out T value) =>
        {
            value = give(given);
            return true;
        });
}
