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
    private readonly bool? _pacing;

    // Connections of one listener mostly take the same way, so they share their options.
    private volatile ConnectionOptions _paced;
    private volatile ConnectionOptions _unpaced;

    private ConnectionSettings(ConnectionOptions options, bool? pacing, bool searchesPathMtu, TimeSpan registerTimeout)
    {
        _paced = options with { Pacing = true };
        _unpaced = options with { Pacing = false };
        _pacing = pacing;
        SearchesPathMtu = searchesPathMtu;
        RegisterTimeout = registerTimeout;
    }

    /// <summary>Whether larger datagrams are tried than the connection begins with.</summary>
    public bool SearchesPathMtu { get; }

    /// <summary>How long to wait for <see cref="Register"/>; zero: for ever.</summary>
    public TimeSpan RegisterTimeout { get; }

    /// <summary>The core's options for a connection; bursts need no spreading where there is no network.</summary>
    /// <param name="loopback">Whether the peer is on this machine.</param>
    /// <param name="mtuCeilingBytes">UDP payload that the route's first hop takes; 0: no search.</param>
    public ConnectionOptions For(bool loopback, int mtuCeilingBytes)
    {
        var isPaced = _pacing ?? !loopback;
        var options = isPaced ? _paced : _unpaced;
        if (options.MtuCeilingBytes == mtuCeilingBytes)
            return options;
        options = options with { MtuCeilingBytes = mtuCeilingBytes };
        if (isPaced)
            _paced = options;
        else
            _unpaced = options;
        return options;
    }

    /// <exception cref="ConfigurationException">An option is outside its range, as the message says.</exception>
    public static ConnectionSettings Create(UtpSettings settings, UtpOptions? options, TimeSpan? connectTimeout = null)
    {
        var connection = settings.Connection;
        if (connectTimeout is { } timeout)
            connection = connection with { ConnectTimeoutMicros = SettingKeys.ConnectTimeout.Check(timeout).Micros() };
        if (options is null)
            return new ConnectionSettings(connection, settings.Pacing, settings.MaxDatagramBytes == 0, settings.RegisterTimeout);

        var law = SettingKeys.CongestionControl.Check(options.CongestionControl ?? settings.CongestionControl);
        var targetDelay = SettingKeys.TargetDelay.Check(options.TargetDelay ?? settings.TargetDelay);
        var maxDatagramBytes = (int)SettingKeys.MaxDatagramSize.Check(options.MaxDatagramBytes ?? settings.MaxDatagramBytes);
        connection = connection with
        {
            CongestionControl = CongestionControls.Factory(law, targetDelay),
            Compatibility = SettingKeys.Compatibility.Check(options.Compatibility ?? connection.Compatibility),
            Mode = SettingKeys.Delivery.Check(options.Delivery ?? connection.Mode),
            DropUnsupportedMetadata = options.DropUnsupportedMetadata ?? connection.DropUnsupportedMetadata,
            MaxFrameBytes = (int)SettingKeys.MaxFrameSize.Check(options.MaxFrameBytes ?? connection.MaxFrameBytes),
            MaxDatagramBytes = maxDatagramBytes > 0 ? maxDatagramBytes : ConnectionOptions.Default.MaxDatagramBytes,
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
        return new ConnectionSettings(connection, options.Pacing ?? settings.Pacing, maxDatagramBytes == 0, registerTimeout);
    }

    private static long Micros(DurationKey key, TimeSpan? value, long configured) => value is { } given ? key.Check(given).Micros() : configured;
}
