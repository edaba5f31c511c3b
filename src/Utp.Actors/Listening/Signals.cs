using System.Net;
using Akka.Actor;
using Akka.Event;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

// What the actors of one port tell each other. None of it is per packet.

/// <summary>To a listener: datagrams may be waiting.</summary>
internal sealed class Readable : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly Readable Instance = new();
}

/// <summary>To a listener, and from it to a connection that waits: the socket may take datagrams again.</summary>
internal sealed class Writable : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly Writable Instance = new();
}

/// <summary>To a connection: its deadline has passed.</summary>
internal sealed class DeadlineExpired : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly DeadlineExpired Instance = new();
}

/// <summary>To a listener, and from it to its connections: the socket has failed and does not come back.</summary>
internal sealed record ChannelFailed(Exception Cause) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>To a listener, and from it to the connections with that peer: what our own kernel said.</summary>
/// <param name="Remote">The peer.</param>
/// <param name="Error">What was said.</param>
/// <param name="PathDatagramBytes">Too large: bytes of UDP payload that pass; 0: unknown.</param>
internal sealed record PathErrorReport(UdpEndPoint Remote, PathError Error, int PathDatagramBytes) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>To the connection of which it speaks: what ICMP said.</summary>
/// <param name="Error">What it says.</param>
/// <param name="PathDatagramBytes">Too large: bytes of UDP payload that pass; 0: unknown.</param>
/// <param name="Quoted">The beginning of the datagram, as it quotes it: that tells the connection whether it is true.</param>
internal sealed record IcmpReport(PathError Error, int PathDatagramBytes, byte[] Quoted) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>To a listener: what ICMP said of some datagram to a peer, without quoting any of it.</summary>
/// <param name="Remote">The peer.</param>
/// <param name="Error">What it says.</param>
internal sealed record UnquotedErrorReport(UdpEndPoint Remote, PathError Error) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>From a connection: what it found out about the size of datagrams to an address.</summary>
internal sealed record PathSizeReport(UInt128 Address, PathSize Size) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>From a connection: the socket would block; tell <see cref="Writable"/> in turn.</summary>
internal sealed record WaitsForWritable(ConnectionHandle Handle) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>From an accepted connection: it is open, and its handler may hear of it.</summary>
internal sealed record AcceptWaits(ConnectionHandle Handle) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>To an accepted connection: its handler has asked for it.</summary>
internal sealed class AcceptGranted : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly AcceptGranted Instance = new();
}

/// <summary>To an accepted connection: the port is given up, and nobody has heard of a connection that is still half open.</summary>
internal sealed class DropHalfOpen : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly DropHalfOpen Instance = new();
}

/// <summary>From a connection: it has left the table, and needs nothing any more.</summary>
internal sealed record ConnectionOver(ConnectionHandle Handle) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>From a connection to itself, behind the last that anybody told it: nothing that holds memory is left in its mailbox.</summary>
internal sealed class StopConnection : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly StopConnection Instance = new();
}

/// <summary>To a connection: the handler of <see cref="Bind"/> is gone.</summary>
internal sealed record OwnerGone(IActorRef Owner) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>To a listener: its <see cref="OpenQueue"/> is not empty.</summary>
internal sealed class OpensWaiting : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly OpensWaiting Instance = new();
}

/// <summary>To a listener: open a connection to one address.</summary>
/// <param name="Connect">The user's command.</param>
/// <param name="Remote">The address to try.</param>
/// <param name="Settings">With the time-out that is left for this address.</param>
/// <param name="Commander">Who hears <see cref="Connected"/>.</param>
/// <param name="Manager">In whose name a failure is told.</param>
/// <param name="Attempt">Who follows it and answers for it; null: nobody does, and the commander hears of a failure at once.</param>
/// <param name="Try">Which of the attempt's tries it is.</param>
/// <param name="IsRace">Whether other addresses are tried beside it: then the attempt says which connection the commander hears of.</param>
internal sealed record OpenConnection(
    Connect Connect, IPEndPoint Remote, ConnectionSettings Settings, IActorRef Commander, IActorRef Manager, IActorRef? Attempt = null, int Try = 0, bool IsRace = false)
    : INoSerializationVerificationNeeded
{
    /// <summary>Tells whoever waits that the address did not lead to a connection.</summary>
    public void Fail(in Failure failure, IActorRef sender)
    {
        if (Attempt is not null)
            Attempt.Tell(new OpenFailed(Try, failure), sender);
        else
            Commander.Tell(new CommandFailed(Connect, failure.Cause, failure.Message, failure.Exception), Manager);
    }
}

/// <summary>To an attempt: the address did not lead to a connection, or its port could not be opened.</summary>
internal sealed record OpenFailed(int Try, Failure Failure) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>To an attempt: there is a connection, and the commander has heard of it.</summary>
internal sealed record OpenSucceeded(int Try) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>To an attempt that tries several addresses: there is a connection, which waits for <see cref="OpenWon"/>.</summary>
internal sealed record OpenReady(int Try) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>To a connection that was first of those that are tried: the commander may hear of it.</summary>
internal sealed class OpenWon : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly OpenWon Instance = new();
}

/// <summary>To an attempt: the connection that tries; it takes <see cref="CancelOpen"/>.</summary>
internal sealed record OpenStarted(int Try, IActorRef Connection) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>To a connection that tries: give up.</summary>
internal sealed class CancelOpen : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly CancelOpen Instance = new();
}

/// <summary>To the manager from a port that outgoing connections share: it has none left, or its socket has failed.</summary>
internal sealed class ClientPortIdle : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly ClientPortIdle Instance = new();
}

/// <summary>To the manager from a port that outgoing connections share: it takes no more, and this one is to go through another.</summary>
internal sealed record ClientPortFull(OpenConnection Open) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>To a listener: stop when no connection is left, whoever asked for the port.</summary>
internal sealed class ReleasePort : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly ReleasePort Instance = new();
}

/// <summary>To the manager, its listeners, attempts and connections, when the system shuts down: accept nothing new.</summary>
internal sealed class ShutdownUnbind : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly ShutdownUnbind Instance = new();
}

/// <summary>To the manager, its listeners and connections, when the system shuts down: send what was written, then close.</summary>
internal sealed class ShutdownFlush : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly ShutdownFlush Instance = new();
}
