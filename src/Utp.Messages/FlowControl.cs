using Akka.Event;

namespace Utp.Messages;

/// <summary>Stops <see cref="Received"/>. Data stays in the receive window, which closes when it is full, so that the peer stops too.</summary>
public sealed record SuspendReading : UtpCommand, IDeadLetterSuppression
{
    /// <summary>The only one needed.</summary>
    public static readonly SuspendReading Instance = new();
}

/// <summary>Lets received data flow again; in pull mode it yields one <see cref="Received"/>.</summary>
public sealed record ResumeReading : UtpCommand, IDeadLetterSuppression
{
    /// <summary>The only one needed.</summary>
    public static readonly ResumeReading Instance = new();
}

/// <summary>
/// After a write failed because the buffer was full: asks for writing again. Answered with <see cref="WritingResumed"/> when there is room for a write as large
/// as the one that failed. One may ask at a time; another asker hears <see cref="CommandFailed"/>.
/// </summary>
public sealed record ResumeWriting : UtpCommand, IDeadLetterSuppression
{
    /// <summary>The only one needed.</summary>
    public static readonly ResumeWriting Instance = new();
}

/// <summary>Writes are taken again.</summary>
public sealed record WritingResumed : UtpEvent
{
    /// <summary>The only one needed.</summary>
    public static readonly WritingResumed Instance = new();
}

/// <summary>Bytes from the peer, in order. In object and frame mode one message, with its metadata.</summary>
/// <param name="Data">The bytes. The memory is the handler's from now on: nothing else uses it.</param>
/// <param name="Metadata">The metadata of object and frame mode; empty for none.</param>
public sealed record Received(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Metadata = default) : UtpEvent;
