using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Microsoft.Extensions.Logging;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams;

/// <summary>What connections that are opened and those that are accepted have in common. May be shared by any number of connections.</summary>
public abstract record UtpConnectionOptions
{
    /// <summary>
    /// The actor system that runs the connections; it must outlive them, and its configuration (<c>utp { … }</c>) holds. Null: a small private one, which all that ask
    /// for none share; it starts with the first of them, ends soon after the last, and logs to <see cref="LoggerFactory"/>.
    /// </summary>
    public ActorSystem? ActorSystem { get; init; }

    /// <summary>
    /// Where the private actor system logs its warnings (category <c>Utp.Streams</c>), above all that the kernel grants small socket buffers, which each factory hears once. Null:
    /// nowhere. An <see cref="ActorSystem"/> of one's own has a log of its own. It must outlive the connections.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>
    /// What the connections do differently from the configuration: congestion control, windows, buffers, time-outs. Its <see cref="UtpOptions.Delivery"/> is set by the
    /// face that is asked for: bytes for streams; for messages frames, unless it says objects.
    /// </summary>
    public UtpOptions? Protocol { get; init; }

    /// <summary>
    /// How long a disposed connection may go on sending what was written, until the peer has acknowledged it; then it is aborted. 30 s by default; zero: it is aborted
    /// at once; <see cref="Timeout.InfiniteTimeSpan"/>: no limit but the protocol's own.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public TimeSpan Linger
    {
        get;
        init => field = value >= TimeSpan.Zero || value == Timeout.InfiniteTimeSpan
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Linger), value, "Linger is zero or more, or Timeout.InfiniteTimeSpan.");
    } = TimeSpan.FromSeconds(30);
}

/// <summary>How a connection is opened.</summary>
public sealed record UtpClientOptions : UtpConnectionOptions
{
    /// <summary>How long to try, over all addresses of the host; null: as configured (<c>utp.connect-timeout</c>, 5 s).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1 ms, or above an hour.</exception>
    public TimeSpan? ConnectTimeout
    {
        get;
        init => field = value is null || (value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromHours(1))
            ? value
            : throw new ArgumentOutOfRangeException(nameof(ConnectTimeout), value, "ConnectTimeout is from 1 ms to an hour.");
    }

    /// <summary>The local address and port; null: chosen by the system. Not together with <see cref="Socket"/>.</summary>
    public IPEndPoint? LocalEndPoint { get; init; }

    /// <summary>Whether the connection shares a port with others, if neither <see cref="LocalEndPoint"/> nor <see cref="Socket"/> says otherwise; null: as configured (<c>utp.client-port</c>, shared).</summary>
    public ClientPort? ClientPort { get; init; }

    /// <summary>A UDP socket of the user's own, bound already and not connected, for this connection. It is closed with the connection, also when that fails to open.</summary>
    public Socket? Socket { get; init; }

    /// <summary>
    /// The stream's first bytes, at most what one packet holds (1,170 bytes by default). They travel on the first packet where the peer takes that, which saves a round
    /// trip, and nothing is lost where it does not. They should be safe to repeat: see design note 0004. The memory must not change until the connection is closed.
    /// </summary>
    public ReadOnlyMemory<byte> InitialData { get; init; }
}

/// <summary>How a port is bound, and what the connections are like that it accepts.</summary>
public sealed record UtpListenerOptions : UtpConnectionOptions
{
    /// <summary>How many accepted connections may wait to be taken; further ones are reset at once. 512 by default, at least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int Backlog
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Backlog), value, "Backlog is at least 1.");
    } = 512;

    /// <summary>How many connections may be half open, i.e. not confirmed by their initiator yet; null: as configured.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1, or above 1,000,000.</exception>
    public int? HalfOpenBacklog
    {
        get;
        init => field = value is null or (>= 1 and <= 1_000_000)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(HalfOpenBacklog), value, "HalfOpenBacklog is from 1 to 1,000,000.");
    }

    /// <summary>How much strangers may take from this port; null: as configured.</summary>
    public EndpointLimits? Limits { get; init; }

    /// <summary>Whether an IPv6 wildcard address also serves IPv4.</summary>
    public bool DualMode { get; init; } = true;

    /// <summary>A UDP socket of the user's own, bound already and not connected, to be used instead of a new one. It belongs to the listener, also when binding fails.</summary>
    public Socket? Socket { get; init; }
}
