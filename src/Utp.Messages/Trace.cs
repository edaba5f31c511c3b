using Akka.Event;

namespace Utp.Messages;

/// <summary>What a record holds.</summary>
[Flags]
public enum TraceKinds
{
    /// <summary>What the protocol did: qlog, as JSON text sequences (<c>.sqlog</c>).</summary>
    Qlog = 1,

    /// <summary>What was sent and received: the beginning of each datagram, as pcapng.</summary>
    Pcapng = 2,

    /// <summary>Both.</summary>
    All = Qlog | Pcapng,
}

/// <summary>
/// Asks a connection to record what it does from now on, in files of a folder, until it ends or <see cref="StopTrace"/> comes. Answered with <see cref="TraceStarted"/>, or with
/// <see cref="CommandFailed"/> when nothing can be written there; the connection goes on in any case. What the disk does not take in time is dropped, and counted.
/// </summary>
/// <param name="Folder">Where; it is made if it is not there.</param>
public sealed record StartTrace(string Folder) : UtpCommand
{
    /// <summary>What is recorded.</summary>
    public TraceKinds Kinds { get; init; } = TraceKinds.All;
}

/// <summary>Asks a connection to record no more. Answered with <see cref="TraceStopped"/> when all is written.</summary>
public sealed record StopTrace : UtpCommand
{
    /// <summary>The only one needed.</summary>
    public static readonly StopTrace Instance = new();
}

/// <summary>A connection is recorded.</summary>
/// <param name="Name">The connection's name, as it stands in each packet's comment.</param>
/// <param name="Files">The first file of each kind; others follow when they are full.</param>
public sealed record TraceStarted(string Name, IReadOnlyList<string> Files) : UtpEvent, IDeadLetterSuppression;

/// <summary>A connection is recorded no more.</summary>
/// <param name="Dropped">Events and packets that are missing in the files, because they were written too slowly, or not at all.</param>
public sealed record TraceStopped(long Dropped) : UtpEvent, IDeadLetterSuppression;
