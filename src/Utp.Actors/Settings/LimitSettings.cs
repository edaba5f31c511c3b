using Akka.Configuration;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>The limits of one listener: the configuration's, or those of its <see cref="Bind"/>, validated alike.</summary>
internal static class LimitSettings
{
    /// <exception cref="ConfigurationException">A limit is outside its range, as the message says.</exception>
    public static EndpointLimits Create(UtpSettings settings, Bind bind)
    {
        var limits = bind.Limits ?? settings.Limits;
        if (bind.Backlog is { } backlog)
            limits = limits with { MaxHalfOpen = backlog, MaxHalfOpenPerAddress = Math.Min(limits.MaxHalfOpenPerAddress, Math.Max(backlog, 1)) };
        SettingKeys.MaxConnections.Check(limits.MaxConnections, nameof(limits.MaxConnections));
        SettingKeys.MaxConnectionsPerAddress.Check(limits.MaxConnectionsPerAddress, nameof(limits.MaxConnectionsPerAddress));
        SettingKeys.MaxHalfOpen.Check(limits.MaxHalfOpen, bind.Backlog is null ? nameof(limits.MaxHalfOpen) : nameof(bind.Backlog));
        SettingKeys.MaxHalfOpenPerAddress.Check(limits.MaxHalfOpenPerAddress, nameof(limits.MaxHalfOpenPerAddress));
        SettingKeys.MaxResetsPerSecond.Check(limits.MaxResetsPerSecond, nameof(limits.MaxResetsPerSecond));
        SettingKeys.MaxResetsPerSecondPerAddress.Check(limits.MaxResetsPerSecondPerAddress, nameof(limits.MaxResetsPerSecondPerAddress));
        return limits;
    }
}
