using Akka.Configuration;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// What the connections of one command are given: the configuration with the command's options over it, validated, made once per command and shared by its
/// connections.
/// </summary>
internal sealed class ConnectionSettings
{
    private readonly ConnectionOptions _paced;
    private readonly ConnectionOptions _unpaced;
    private readonly bool? _pacing;

    private ConnectionSettings(ConnectionOptions options, bool? pacing, TimeSpan registerTimeout)
    {
        _paced = options with { Pacing = true };
        _unpaced = options with { Pacing = false };
        _pacing = pacing;
        RegisterTimeout = registerTimeout;
    }

    /// <summary>How long to wait for <see cref="Register"/>; zero: for ever.</summary>
    public TimeSpan RegisterTimeout { get; }

    /// <summary>The core's options for a connection; bursts need no spreading where there is no network.</summary>
    public ConnectionOptions For(bool loopback) => _pacing ?? !loopback ? _paced : _unpaced;

    /// <exception cref="ConfigurationException">An option is outside its range, as the message says.</exception>
    public static ConnectionSettings Create(UtpSettings settings, UtpOptions? options, TimeSpan? connectTimeout = null)
    {
        var connection = settings.Connection;
        if (connectTimeout is { } timeout)
            connection = connection with { ConnectTimeoutMicros = SettingKeys.ConnectTimeout.Check(timeout).Micros() };
        if (options is null)
            return new ConnectionSettings(connection, settings.Pacing, settings.RegisterTimeout);

        var law = SettingKeys.CongestionControl.Check(options.CongestionControl ?? settings.CongestionControl);
        var targetDelay = SettingKeys.TargetDelay.Check(options.TargetDelay ?? settings.TargetDelay);
        connection = connection with
        {
            CongestionControl = CongestionControls.Factory(law, targetDelay),
            Compatibility = SettingKeys.Compatibility.Check(options.Compatibility ?? connection.Compatibility),
            Mode = SettingKeys.Delivery.Check(options.Delivery ?? connection.Mode),
            DropUnsupportedMetadata = options.DropUnsupportedMetadata ?? connection.DropUnsupportedMetadata,
            MaxFrameBytes = (int)SettingKeys.MaxFrameSize.Check(options.MaxFrameBytes ?? connection.MaxFrameBytes),
            MaxDatagramBytes = (int)SettingKeys.MaxDatagramSize.Check(options.MaxDatagramBytes ?? connection.MaxDatagramBytes),
            SendBufferBytes = (int)SettingKeys.SendBuffer.Check(options.SendBufferBytes ?? connection.SendBufferBytes),
            InitialReceiveWindowBytes = (int)SettingKeys.InitialReceiveWindow.Check(options.InitialReceiveWindowBytes ?? connection.InitialReceiveWindowBytes),
            MaxReceiveWindowBytes = (int)SettingKeys.MaxReceiveWindow.Check(options.MaxReceiveWindowBytes ?? connection.MaxReceiveWindowBytes),
            HalfOpenTimeoutMicros = Micros(SettingKeys.HalfOpenTimeout, options.HalfOpenTimeout, connection.HalfOpenTimeoutMicros),
            KeepAliveMicros = Micros(SettingKeys.KeepAlive, options.KeepAlive, connection.KeepAliveMicros),
            IdleTimeoutMicros = Micros(SettingKeys.IdleTimeout, options.IdleTimeout, connection.IdleTimeoutMicros),
            MaxTimeouts = SettingKeys.MaxTimeouts.Check(options.MaxTimeouts ?? connection.MaxTimeouts),
            CoalesceSmallWrites = options.CoalesceSmallWrites ?? connection.CoalesceSmallWrites,
            DelayedAck = options.DelayedAck ?? connection.DelayedAck,
        };
        UtpSettings.CheckTogether(connection);
        var registerTimeout = options.RegisterTimeout switch
        {
            null => settings.RegisterTimeout,
            { } value when value == Timeout.InfiniteTimeSpan => TimeSpan.Zero,
            { } value => SettingKeys.RegisterTimeout.Check(value),
        };
        return new ConnectionSettings(connection, options.Pacing ?? settings.Pacing, registerTimeout);
    }

    private static long Micros(DurationKey key, TimeSpan? value, long configured) => value is { } given ? key.Check(given).Micros() : configured;
}
