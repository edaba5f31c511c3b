using System.Buffers;
using System.Runtime.InteropServices;
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
/// Reads nothing more, permanently: what has arrived and was not told is dropped, what still comes is not acknowledged, and the peer's writes fail, at once if it is one of ours,
/// otherwise when our direction is closed. Our own direction goes on.
/// </summary>
/// <param name="Code">A close reason for the peer; null: <see cref="Protocol.CloseCodes.NotRead"/>.</param>
public sealed record StopReading(ushort? Code = null) : UtpCommand, IDeadLetterSuppression
{
    /// <summary>Without a code.</summary>
    public static readonly StopReading Instance = new();

    /// <summary>Whether something was told (<see cref="Received"/>), and nobody will read it: the peer hears so even if it sends nothing more.</summary>
    public bool LeavesUnread { get; init; }
}

/// <summary>
/// Aborts our direction alone, as QUIC's RESET_STREAM: writes that have not left are dropped, those that the peer has not acknowledged fail, and the peer, when it has read what
/// came, hears that this is not all (<see cref="Protocol.CloseCause.CutOff"/>). Its own direction goes on, as after <see cref="ConfirmedClose"/>. A peer that is not of this
/// implementation would take our end for a proper one: for it this is <see cref="Abort"/>.
/// </summary>
/// <param name="Code">A close reason for the peer; null: <see cref="Protocol.CloseCodes.CutOff"/>.</param>
public sealed record AbortWriting(ushort? Code = null) : UtpCommand, IDeadLetterSuppression
{
    /// <summary>Without a code.</summary>
    public static readonly AbortWriting Instance = new();
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
/// <remarks>
/// A handler that has read them may give the memory back with <see cref="Release"/>, so that the next delivery uses it again and nothing is left to the
/// garbage collector. That is never a duty: memory that is kept, or passed on, belongs to the handler.
/// </remarks>
/// <param name="Data">The bytes. The memory is the handler's from now on: nothing else uses it.</param>
/// <param name="Metadata">The metadata of object and frame mode; empty for none.</param>
public sealed record Received(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Metadata = default) : UtpEvent
{
    private ArrayPool<byte>? _pool;

    /// <summary>Where <see cref="Release"/> puts the array of <see cref="Data"/>; null: nowhere.</summary>
    public ArrayPool<byte>? Pool
    {
        init => _pool = value;
    }

    /// <summary>Gives the memory of <see cref="Data"/> back: it must not be touched any more, by anybody. Any thread; a second call does nothing.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _pool, null) is { } pool && MemoryMarshal.TryGetArray(Data, out var segment) && segment.Array is { Length: > 0 } array)
            pool.Return(array);
    }
}
