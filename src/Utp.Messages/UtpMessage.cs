using Akka.Actor;

namespace Utp.Messages;

/// <summary>
/// What is sent to and received from the uTP actors. All messages are immutable, but for the bytes that their payload
/// memory points to, and stay inside one process: they are never serialized.
/// </summary>
public abstract record UtpMessage : INoSerializationVerificationNeeded;

/// <summary>Something to do, sent to the manager, a listener or a connection. When it cannot be done its sender hears <see cref="CommandFailed"/>.</summary>
public abstract record UtpCommand : UtpMessage;

/// <summary>Something that happened, sent to a user.</summary>
public abstract record UtpEvent : UtpMessage;
