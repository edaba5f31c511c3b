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
    // RFC 8200 §5: 1,280 bytes less the headers of IPv6 and UDP. To a peer that takes no pieces a lost probe goes again as it is, and no router fragments it, so
    // nothing is probed that a path may not carry.
    private const int EveryIPv6PathBytes = 1_232;

    // Connections of one listener mostly take the same way, so they share their options.
    private volatile ConnectionOptions _overIPv4;
    private volatile ConnectionOptions _overIPv6;

    private ConnectionSettings(ConnectionOptions options, bool searchesPathMtu, TimeSpan registerTimeout)
    {
        _overIPv4 = options;
        _overIPv6 = options with { MtuForeignCeilingBytes = EveryIPv6PathBytes };
        SearchesPathMtu = searchesPathMtu;
        RegisterTimeout = registerTimeout;
    }

    /// <summary>Whether larger datagrams are tried than the connection begins with.</summary>
    public bool SearchesPathMtu { get; }

    /// <summary>What a listener says of itself when it remembers nothing of a ST_SYN.</summary>
    public StatelessAnswer StatelessAnswer => new(
        _overIPv4.Compatibility == PeerCompatibility.NodeUtp ? Capabilities.None : UtpConnection.CapabilitiesOf(_overIPv4), (uint)_overIPv4.InitialReceiveWindowBytes);

    /// <summary>How long to wait for <see cref="Register"/>; zero: for ever.</summary>
    public TimeSpan RegisterTimeout { get; }

    /// <summary>The core's options for a connection.</summary>
    /// <param name="mtuCeilingBytes">UDP payload that the route's first hop takes; 0: no search.</param>
    /// <param name="overIPv6">Whether the peer has an IPv6 address.</param>
    public ConnectionOptions For(int mtuCeilingBytes, bool overIPv6 = false)
    {
        var options = overIPv6 ? _overIPv6 : _overIPv4;
        if (options.MtuCeilingBytes == mtuCeilingBytes)
            return options;
        options = options with { MtuCeilingBytes = mtuCeilingBytes };
        if (overIPv6)
            _overIPv6 = options;
        else
            _overIPv4 = options;
        return options;
    }

    /// <exception cref="ConfigurationException">An option is outside its range, as the message says.</exception>
    public static ConnectionSettings Create(UtpSettings settings, UtpOptions? options, TimeSpan? connectTimeout = null)
    {
        var choice = settings.Choice;
        var core = settings.Connection;
        if (options is not null)
        {
            choice = ConnectionTable.Rows.Aggregate(choice, (taken, row) => row.Take(options, taken));
            core = UtpSettings.CoreOf(choice, settings.Laws);
        }

        if (connectTimeout is { } timeout)
            core = core with { ConnectTimeoutMicros = SettingKeys.ConnectTimeout.Check(timeout, "Timeout").Micros() };
        return new ConnectionSettings(core, choice.MaxDatagramBytes == 0, choice.RegisterTimeout);
    }
}
