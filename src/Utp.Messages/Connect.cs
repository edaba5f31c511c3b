using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Utp.Protocol;

namespace Utp.Messages;

/// <summary>Which port a <see cref="Connect"/> that names none goes through.</summary>
public enum ClientPort
{
    /// <summary>One for all such connections of the actor system with the same IP version: one socket and one descriptor, however many there are.</summary>
    Shared,

    /// <summary>One of its own. A peer whose port is served by several threads (<c>utp.socket.receive-loops</c>) spreads connections by our ports.</summary>
    Own,
}

/// <summary>
/// Opens a connection. Sent to the manager (<c>system.Utp()</c>). Its sender hears <see cref="Connected"/>, whose sender is the connection
/// and waits for <see cref="Register"/>, or <see cref="CommandFailed"/> with the cause. The death of the sender before that cancels the attempt.
/// </summary>
/// <param name="RemoteAddress">An <see cref="IPEndPoint"/>, or a <see cref="DnsEndPoint"/>, whose addresses are tried side by side, one more every 250 ms (RFC 8305): the first to connect is the connection.</param>
public sealed record Connect(EndPoint RemoteAddress) : UtpCommand
{
    /// <summary>Opens a connection to a host by name or address.</summary>
    public Connect(string host, int port)
        : this(IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port))
    {
    }

    /// <summary>A bound listener (the sender of <see cref="Bound"/>) through whose port the connection goes, as hole punching needs it; null: see <see cref="ClientPort"/>.</summary>
    public IActorRef? Listener { get; init; }

    /// <summary>The local <see cref="IPEndPoint"/> of the connection's own port; null: chosen by the system. Not together with <see cref="Listener"/>.</summary>
    public EndPoint? LocalAddress { get; init; }

    /// <summary>A UDP socket of the user's own, bound already, for this connection: see <see cref="Bind.Socket"/>. Not together with <see cref="Listener"/>.</summary>
    public Socket? Socket { get; init; }

    /// <summary>Which port the connection goes through, if neither <see cref="Listener"/>, <see cref="LocalAddress"/> nor <see cref="Socket"/> says so; null: as configured.</summary>
    public ClientPort? ClientPort { get; init; }

    /// <summary>How long to try, over all addresses; null: as configured.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What this connection does differently from the configuration.</summary>
    public UtpOptions? Options { get; init; }

    /// <summary>Whether the connection starts with reading suspended, each <see cref="ResumeReading"/> yielding one <see cref="Received"/>.</summary>
    public bool PullMode { get; init; }

    /// <summary>
    /// The stream's first bytes. They travel on the ST_SYN where the peer takes that and its name has one address, and nothing is lost where it does not. The memory
    /// belongs to the connection as that of a <see cref="Write"/> does.
    /// </summary>
    public ReadOnlyMemory<byte> InitialData { get; init; }

    /// <summary>
    /// The trace that the connection belongs to: that of the activity in which this command was made, unless another one is set. The spans <c>utp.connect</c> and
    /// <c>utp.close</c> join it, when somebody listens to the activity source <c>Utp</c>.
    /// </summary>
    public ActivityContext TraceContext { get; init; } = Activity.Current?.Context ?? default;

    /// <summary>Cancels the attempt: <see cref="CommandFailed"/> with <see cref="FailureCause.Cancelled"/>. Without effect once connected.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>A connection is open. Told by the connection to the sender of <see cref="Connect"/>, or to the handler of <see cref="Bind"/>.</summary>
/// <param name="RemoteAddress">The peer.</param>
/// <param name="LocalAddress">Our address as the peer sees it, before any NAT.</param>
public sealed record Connected(IPEndPoint RemoteAddress, IPEndPoint LocalAddress) : UtpEvent
{
    /// <summary>What the peer can do beyond BEP 29: whether it takes metadata and frames.</summary>
    public Capabilities PeerCapabilities { get; init; }
}

/// <summary>
/// Names the actor that hears everything of a connection from now on, and lets received data flow. A connection that nobody registers for
/// within the register time-out (configuration) is aborted. The handler's death aborts the connection.
/// </summary>
/// <param name="Handler">Hears <see cref="Received"/> and <see cref="ConnectionClosed"/>.</param>
/// <param name="KeepOpenOnPeerClosed">
/// Whether the connection stays open for writing when the peer has closed its direction: the handler then hears <see cref="PeerClosed"/> at once and
/// closes when it is done; it hears so after its own <see cref="ConfirmedClose"/>, too, while its data may still be on its way. Otherwise what was written is
/// flushed, the connection closes, and <see cref="PeerClosed"/> comes last.
/// </param>
/// <param name="UseResumeWriting">
/// Whether, after a write failed because the buffer is full, all further writes fail too until <see cref="ResumeWriting"/>, so that nothing
/// overtakes the failed one. Meant for one writer.
/// </param>
public sealed record Register(IActorRef Handler, bool KeepOpenOnPeerClosed = false, bool UseResumeWriting = true) : UtpCommand;
