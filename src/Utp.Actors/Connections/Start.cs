using Akka.Actor;
using Utp.Messages;

namespace Utp.Actors;

/// <summary>The first message to a connection that answers a ST_SYN.</summary>
/// <param name="Handle">Its place in the listener's table.</param>
/// <param name="Settings">Of the listener's <see cref="Bind"/>.</param>
/// <param name="Handler">Who hears <see cref="Connected"/>.</param>
/// <param name="PullMode">Whether reading starts suspended.</param>
/// <param name="Batch">The ST_SYN first, or the packet that proves that its answer arrived.</param>
/// <param name="IsProved">Which of these it is.</param>
/// <param name="WaitsForAccept">Whether the handler hears of it only when it has asked (<see cref="AcceptGranted"/>).</param>
internal sealed record StartAcceptor(
    ConnectionHandle Handle, ConnectionSettings Settings, IActorRef Handler, bool PullMode, InboundBatch Batch, bool IsProved, bool WaitsForAccept) : INoSerializationVerificationNeeded;

/// <summary>The first message to a connection that sends a ST_SYN.</summary>
/// <param name="Handle">Its place in the listener's table.</param>
/// <param name="Open">What to open, and for whom.</param>
/// <param name="WindowLimit">What the socket's buffer leaves for the receive window, in bytes.</param>
internal sealed record StartInitiator(
    ConnectionHandle Handle, OpenConnection Open, long WindowLimit) : INoSerializationVerificationNeeded;
