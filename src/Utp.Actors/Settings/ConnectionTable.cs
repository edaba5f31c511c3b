using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>What a connection is given, while it is put together from configuration and options.</summary>
internal sealed record ConnectionChoice
{
    /// <summary>What the core is given; its congestion control and the size of its datagrams follow from what is below.</summary>
    public required ConnectionOptions Core { get; init; }

    /// <summary>The name of the congestion control law.</summary>
    public string Law { get; init; } = "";

    /// <summary>The law's target; zero: its own.</summary>
    public TimeSpan TargetDelay { get; init; }

    /// <summary>Bytes of UDP payload; 0: what the path is found to carry.</summary>
    public int MaxDatagramBytes { get; init; }

    /// <summary>How long to wait for <see cref="Register"/>; zero: for ever.</summary>
    public TimeSpan RegisterTimeout { get; init; }
}

/// <summary>Every setting of a connection, one row each: the configuration is read, a command's options are taken, and the documentation is written by these rows.</summary>
internal static class ConnectionTable
{
    public static IReadOnlyList<SettingRow<ConnectionChoice, UtpOptions>> Rows { get; } =
    [
        Word(SettingKeys.CongestionControl, static (c, v) => c with { Law = v }, nameof(UtpOptions.CongestionControl), static o => o.CongestionControl),
        Row(SettingKeys.TargetDelay, static (c, v) => c with { TargetDelay = v }, nameof(UtpOptions.TargetDelay), static o => o.TargetDelay),
        Row(SettingKeys.MaxDatagramSize, static (c, v) => c with { MaxDatagramBytes = (int)v }, nameof(UtpOptions.MaxDatagramBytes), static o => o.MaxDatagramBytes),
        Row(
            SettingKeys.RegisterTimeout, static (c, v) => c with { RegisterTimeout = v }, nameof(UtpOptions.RegisterTimeout),
            static o => o.RegisterTimeout == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : o.RegisterTimeout),
        Core(SettingKeys.Compatibility, static (c, v) => c with { Compatibility = v }, nameof(UtpOptions.Compatibility), static o => o.Compatibility),
        Core(SettingKeys.Delivery, static (c, v) => c with { Mode = v }, nameof(UtpOptions.Delivery), static o => o.Delivery),
        Core(SettingKeys.DropUnsupportedMetadata, static (c, v) => c with { DropUnsupportedMetadata = v }, nameof(UtpOptions.DropUnsupportedMetadata), static o => o.DropUnsupportedMetadata),
        Core(SettingKeys.MaxFrameSize, static (c, v) => c with { MaxFrameBytes = (int)v }, nameof(UtpOptions.MaxFrameBytes), static o => o.MaxFrameBytes),
        Core(SettingKeys.Pacing, static (c, v) => c with { Pacing = v }, nameof(UtpOptions.Pacing), static o => o.Pacing),
        Core(SettingKeys.SendBuffer, static (c, v) => c with { SendBufferBytes = (int)v }, nameof(UtpOptions.SendBufferBytes), static o => o.SendBufferBytes),
        Core(
            SettingKeys.InitialReceiveWindow, static (c, v) => c with { InitialReceiveWindowBytes = (int)v }, nameof(UtpOptions.InitialReceiveWindowBytes),
            static o => o.InitialReceiveWindowBytes),
        Core(SettingKeys.MaxReceiveWindow, static (c, v) => c with { MaxReceiveWindowBytes = (int)v }, nameof(UtpOptions.MaxReceiveWindowBytes), static o => o.MaxReceiveWindowBytes),
        Core(SettingKeys.AcceptUnconfirmed, static (c, v) => c with { AcceptUnconfirmed = v }, nameof(UtpOptions.AcceptUnconfirmed), static o => o.AcceptUnconfirmed),
        Core(SettingKeys.HalfOpenTimeout, static (c, v) => c with { HalfOpenTimeoutMicros = v.Micros() }, nameof(UtpOptions.HalfOpenTimeout), static o => o.HalfOpenTimeout),
        Core(SettingKeys.KeepAlive, static (c, v) => c with { KeepAliveMicros = v.Micros() }, nameof(UtpOptions.KeepAlive), static o => o.KeepAlive),
        Core(SettingKeys.IdleTimeout, static (c, v) => c with { IdleTimeoutMicros = v.Micros() }, nameof(UtpOptions.IdleTimeout), static o => o.IdleTimeout),
        Core(SettingKeys.MaxTimeouts, static (c, v) => c with { MaxTimeouts = v }, nameof(UtpOptions.MaxTimeouts), static o => o.MaxTimeouts),
        Core(SettingKeys.DelayedAck, static (c, v) => c with { DelayedAck = v }, nameof(UtpOptions.DelayedAck), static o => o.DelayedAck),
        Core(SettingKeys.CoalesceSmallWrites, static (c, v) => c with { CoalesceSmallWrites = v }, nameof(UtpOptions.CoalesceSmallWrites), static o => o.CoalesceSmallWrites),

        // These belong to the host, or to the command itself.
        Core(SettingKeys.ConnectTimeout, static (c, v) => c with { ConnectTimeoutMicros = v.Micros() }),
        Core(SettingKeys.TimeWait, static (c, v) => c with { TimeWaitMicros = v.Micros() }),
        Core(SettingKeys.InitialRto, static (c, v) => c with { InitialRtoMicros = v.Micros() }),
        Core(SettingKeys.MinRto, static (c, v) => c with { MinRtoMicros = v.Micros() }),
        Core(SettingKeys.MinRtoOwnPeer, static (c, v) => c with { MinRtoOwnPeerMicros = v.Micros() }),
        Core(SettingKeys.MaxRto, static (c, v) => c with { MaxRtoMicros = v.Micros() }),
        Core(SettingKeys.MaxForeignPacketsInFlight, static (c, v) => c with { MaxForeignPacketsInFlight = v }),
        Core(SettingKeys.MaxOwnPacketsInFlight, static (c, v) => c with { MaxOwnPacketsInFlight = v }),
    ];

    private static SettingRow<ConnectionChoice, UtpOptions> Core<T>(
        SettingKey<T> key, Func<ConnectionOptions, T, ConnectionOptions> keep, string option = "", Func<UtpOptions, T?>? give = null)
        where T : struct => Row(key, (choice, value) => choice with { Core = keep(choice.Core, value) }, option, give);

    private static SettingRow<ConnectionChoice, UtpOptions> Row<T>(
        SettingKey<T> key, Func<ConnectionChoice, T, ConnectionChoice> keep, string option, Func<UtpOptions, T?>? give)
        where T : struct => new SettingRow<ConnectionChoice, UtpOptions, T>(key, keep, option, give is null ? null : (UtpOptions given, out T value) =>
        {
            var maybe = give(given);
            value = maybe.GetValueOrDefault();
            return maybe.HasValue;
        });

    private static SettingRow<ConnectionChoice, UtpOptions> Word(
        SettingKey<string> key, Func<ConnectionChoice, string, ConnectionChoice> keep, string option, Func<UtpOptions, string?> give) =>
        new SettingRow<ConnectionChoice, UtpOptions, string>(key, keep, option, (UtpOptions given, out string value) =>
        {
            value = give(given) ?? "";
            return give(given) is not null;
        });
}
