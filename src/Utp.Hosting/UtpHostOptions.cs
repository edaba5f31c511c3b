using Utp.Actors;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Hosting;

/// <summary>
/// What a hosted program sets differently from <c>config/utp.hocon</c>, where units, defaults and ranges stand. Null: as configured elsewhere, or the default. A value
/// outside its range stops the host's start with an error that names key, value and range. A section of <c>IConfiguration</c> can be bound to it.
/// </summary>
public sealed class UtpHostOptions
{
    /// <summary>What connections are given, unless a <c>Bind</c> or <c>Connect</c> says otherwise.</summary>
    public UtpOptions? Connections { get; set; }

    /// <summary><c>utp.channel</c>: how datagrams reach the wire.</summary>
    public ChannelDriver? Channel { get; set; }

    /// <summary><c>utp.dispatcher</c>: a path in the configuration.</summary>
    public string? Dispatcher { get; set; }

    /// <summary><c>utp.socket.receive-buffer</c>, bytes.</summary>
    public int? SocketReceiveBufferBytes { get; set; }

    /// <summary><c>utp.socket.send-buffer</c>, bytes.</summary>
    public int? SocketSendBufferBytes { get; set; }

    /// <summary><c>utp.socket.receive-loops</c>: sockets that share a listener's port.</summary>
    public int? ReceiveLoops { get; set; }

    /// <summary><c>utp.socket.receive-memory</c>, bytes of one listener.</summary>
    public long? ReceiveMemoryBytes { get; set; }

    /// <summary><c>utp.reorder-memory</c>, bytes of all connections together.</summary>
    public long? ReorderMemoryBytes { get; set; }

    /// <summary><c>utp.unread-memory</c>, bytes of all connections together.</summary>
    public long? UnreadMemoryBytes { get; set; }

    /// <summary><c>utp.client-port</c>: whether connections whose <c>Connect</c> names no port share one.</summary>
    public ClientPort? ClientPort { get; set; }

    /// <summary><c>utp.connect-timeout</c>.</summary>
    public TimeSpan? ConnectTimeout { get; set; }

    /// <summary><c>utp.shutdown-flush-timeout</c>: how long the host's stop waits for connections to send what was written.</summary>
    public TimeSpan? ShutdownFlushTimeout { get; set; }

    /// <summary><c>utp.limits</c>, all of it: how much strangers may take from one listener.</summary>
    public EndpointLimits? Limits { get; set; }

    /// <summary>HOCON of any other key, written as below <c>utp { … }</c>. Where a property above says the same, the property holds.</summary>
    public string? Hocon { get; set; }

    /// <summary>Congestion control laws of the program's own, by the names that <c>utp.congestion-control</c> may have then.</summary>
    public IDictionary<string, Func<ICongestionControl>> CongestionControls { get; } = new Dictionary<string, Func<ICongestionControl>>();
}
