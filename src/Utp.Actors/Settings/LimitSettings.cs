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
        {
            SettingKeys.MaxHalfOpen.Check(backlog, nameof(bind.Backlog));
            limits = limits with { MaxHalfOpen = backlog, MaxHalfOpenPerAddress = Math.Min(limits.MaxHalfOpenPerAddress, backlog) };
        }

        return LimitTable.Rows.Aggregate(limits, (taken, row) => row.Take(limits, taken));
    }
}
