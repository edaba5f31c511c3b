using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Utp.Protocol;

namespace Utp.Messages;

/// <summary>
/// Opens a UDP port and accepts uTP connections on it. Sent to the manager (<c>system.Utp()</c>), which answers with
/// <see cref="Bound"/>, whose sender is the listener, or with <see cref="CommandFailed"/>. Each connection that is accepted then tells
/// <see cref="Handler"/> <see cref="Connected"/> and waits for <see cref="Register"/>.
/// </summary>
/// <param name="Handler">Hears <see cref="Connected"/> of each accepted connection; its death unbinds. Null: every ST_SYN is refused with ST_RESET, and the port serves <see cref="Connect"/> only.</param>
/// <param name="LocalAddress">
/// An <see cref="IPEndPoint"/>; port 0: any free one. <c>IPv6Any</c> takes IPv4 too (see <see cref="DualMode"/>). A listener on a wildcard address answers from the
/// address that was asked.
/// </param>
public sealed record Bind(IActorRef? Handler, EndPoint LocalAddress) : UtpCommand
{
    /// <summary>What accepted connections do differently from the configuration.</summary>
    public UtpOptions? Options { get; init; }

    /// <summary>Whether accepted connections start with reading suspended, each <see cref="ResumeReading"/> yielding one <see cref="Received"/>.</summary>
    public bool PullMode { get; init; }

    /// <summary>
    /// Whether <see cref="Handler"/> asks for each connection by <see cref="ResumeAccepting"/>, and hears <see cref="Connected"/> of none before. Connections that are open and not
    /// asked for wait, as in the backlog of a TCP socket: as many as may be half open (<see cref="Backlog"/>); of further ones the ST_SYN is dropped, so that their initiators try again.
    /// </summary>
    public bool PullAccepting { get; init; }

    /// <summary>How many connections may be half open, i.e. not confirmed by their initiator yet; null: as configured. Of further ones nothing is remembered until their answer is acknowledged.</summary>
    public int? Backlog { get; init; }

    /// <summary>How much strangers may take from this port; null: as configured. <see cref="Backlog"/> overrides its half-open limit.</summary>
    public EndpointLimits? Limits { get; init; }

    /// <summary>Hears <see cref="OutOfBandReceived"/> for each datagram that is not uTP; null: they are dropped. Its death ends that, not the listener.</summary>
    public IActorRef? OutOfBandHandler { get; init; }

    /// <summary>Whether an IPv6 wildcard socket also serves IPv4.</summary>
    public bool DualMode { get; init; } = true;

    /// <summary>
    /// A UDP socket of the user's own, bound already, to be used instead of a new one: it belongs to the listener from now on, which closes it, also
    /// when this command fails. <see cref="LocalAddress"/> is then not used.
    /// </summary>
    public Socket? Socket { get; init; }
}

/// <summary>
/// Ends a listener's accepting: a ST_SYN is refused with ST_RESET from now on, connections go on, the out-of-band handler hears no more.
/// Answered with <see cref="Unbound"/>: when the port is free, if the listener has no connections; at once, if it has. Then the socket is closed when the last one is gone; the
/// listener stops then, so watch it to learn that the port is free.
/// </summary>
public sealed record Unbind : UtpCommand
{
    /// <summary>The only one needed.</summary>
    public static readonly Unbind Instance = new();
}

/// <summary>
/// Sent to a listener that was bound with <see cref="Bind.PullAccepting"/>: its handler is to hear of so many connections more, of those that wait and those that come. Each
/// adds to what was asked before.
/// </summary>
/// <param name="BatchSize">At least 1.</param>
public sealed record ResumeAccepting(int BatchSize = 1) : UtpCommand;

/// <summary>Asks a listener for its address; answered with <see cref="Bound"/>, at any time.</summary>
public sealed record GetLocalAddress : UtpCommand
{
    /// <summary>The only one needed.</summary>
    public static readonly GetLocalAddress Instance = new();
}

/// <summary>A listener is bound. Its sender takes <see cref="Unbind"/>, <see cref="GetLocalAddress"/>, <see cref="SendOutOfBand"/> and <see cref="GetStatistics"/>.</summary>
/// <param name="LocalAddress">The address and the port.</param>
public sealed record Bound(IPEndPoint LocalAddress) : UtpEvent;

/// <summary>A listener accepts no more connections.</summary>
public sealed record Unbound : UtpEvent
{
    /// <summary>The only one needed.</summary>
    public static readonly Unbound Instance = new();
}

/// <summary>
/// A listener's socket has failed and does not come back. Told to the sender and the handler of its <see cref="Bind"/>; its connections end with <see cref="ErrorClosed"/>, and
/// the listener stops.
/// </summary>
/// <param name="LocalAddress">Where it was bound.</param>
/// <param name="Message">What happened and what to do, in one sentence.</param>
/// <param name="Exception">The socket's error, if there was one.</param>
public sealed record ListenerFailed(IPEndPoint LocalAddress, string Message, Exception? Exception = null) : UtpEvent, IDeadLetterSuppression;
