using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Akka.IO;

namespace Utp.Messages;

/// <summary>When a write's acknowledgement token is told back.</summary>
public enum AckWhen
{
    /// <summary>The connection has taken the write into its buffer.</summary>
    Accepted,

    /// <summary>The peer has acknowledged the write's last byte: its memory is the writer's again.</summary>
    Delivered,

    /// <summary>Both: it is told twice, first when the write is taken, then when it is delivered.</summary>
    AcceptedAndDelivered,
}

/// <summary>Data to send: a <see cref="Write"/>, several as one <see cref="CompoundWrite"/>, or a part of a file as <see cref="WriteFile"/>. One sender's writes keep their order.</summary>
public abstract record WriteCommand : UtpCommand
{
    /// <summary>Bytes of payload in all.</summary>
    public abstract long TotalBytes { get; }

    /// <summary>
    /// The write of a <see cref="ByteString"/>, without copying: one segment is a <see cref="Write"/>, several are a <see cref="CompoundWrite"/>, whose last
    /// part carries the acknowledgement.
    /// </summary>
    /// <param name="data">The bytes; the array behind them must not change until the write is delivered.</param>
    /// <param name="ack">Told back when <paramref name="ackWhen"/> says; null: nothing is.</param>
    /// <param name="ackWhen">When.</param>
    /// <param name="asOneMessage">Copies several segments into one: in frame and object mode each <see cref="Write"/> is a message of its own.</param>
    public static WriteCommand From(ByteString data, object? ack = null, AckWhen ackWhen = AckWhen.Accepted, bool asOneMessage = false)
    {
        ArgumentNullException.ThrowIfNull(data);
        var segments = data.ToSegments();
        if (segments.Count > 1 && asOneMessage)
            segments = [data.ToArray()];
        if (segments.Count <= 1)
            return new Write(segments.Count == 0 ? default : segments[0]) { Ack = ack, AckWhen = ackWhen };
        var writes = ImmutableArray.CreateBuilder<Write>(segments.Count);
        for (var i = 0; i < segments.Count; i++)
            writes.Add(new Write(segments[i]) { Ack = i == segments.Count - 1 ? ack : null, AckWhen = ackWhen });
        return new CompoundWrite(writes.MoveToImmutable());
    }
}

/// <summary>
/// Sends bytes to the peer. Told <see cref="CommandFailed"/> when it cannot be taken, or when the connection ends before the peer has acknowledged
/// it; nothing else is lost then.
/// </summary>
/// <remarks>
/// The memory of <paramref name="Data"/> and <see cref="Metadata"/> belongs to the connection from here on, and must not change, until the <see cref="AckWhen.Delivered"/>
/// acknowledgement, <see cref="CommandFailed"/> with this command, or <see cref="ConnectionClosed"/>. A writer that reuses its buffers therefore asks for
/// <see cref="AckWhen.Delivered"/>; <see cref="AckWhen.Accepted"/> says nothing about the memory.
/// </remarks>
/// <param name="Data">The bytes; may be empty. Not copied.</param>
public sealed record Write(ReadOnlyMemory<byte> Data) : WriteCommand
{
    /// <summary>Describes the payload to the peer, in object mode (up to 255 bytes) and frame mode (up to 250); empty for none. Not copied.</summary>
    public ReadOnlyMemory<byte> Metadata { get; init; }

    /// <summary>Any object; told back to the writer when <see cref="AckWhen"/> says. Null: no acknowledgement.</summary>
    public object? Ack { get; init; }

    /// <summary>When <see cref="Ack"/> is told.</summary>
    public AckWhen AckWhen { get; init; }

    /// <inheritdoc/>
    public override long TotalBytes => Data.Length;
}

/// <summary>
/// Sends a part of a file, read piece by piece as the send buffer has room, whatever its size; in byte mode only. Until its last byte is in the send buffer other writes fail
/// as if the buffer were full (<see cref="ResumeWriting"/> is answered behind it), and <see cref="Close"/> and <see cref="ConfirmedClose"/> wait for it.
/// </summary>
/// <remarks>
/// Told <see cref="CommandFailed"/> when the file cannot be read, or is shorter than said, or when the connection ends before the peer has acknowledged all of it: then a beginning
/// may have been sent. The file must not change until the acknowledgement.
/// </remarks>
/// <param name="Path">Of the file; opened when the connection takes the command, closed behind the last byte.</param>
/// <param name="Position">The first byte, from 0.</param>
/// <param name="Count">How many bytes.</param>
public sealed record WriteFile(string Path, long Position, long Count) : WriteCommand
{
    /// <summary>Any object; told back to the writer when <see cref="AckWhen"/> says. Null: no acknowledgement.</summary>
    public object? Ack { get; init; }

    /// <summary>When <see cref="Ack"/> is told: of the last byte.</summary>
    public AckWhen AckWhen { get; init; }

    /// <inheritdoc/>
    public override long TotalBytes => Count;
}

/// <summary>
/// Several writes with nothing of another sender between them. Taken as a whole or, with one <see cref="CommandFailed"/> for the compound, not at all; each
/// part keeps its own metadata and acknowledgement. When the connection ends early, each part that was not delivered fails by itself.
/// </summary>
public sealed record CompoundWrite : WriteCommand
{
    /// <summary>Several writes with nothing between them.</summary>
    /// <exception cref="ArgumentException">One of them is null.</exception>
    [OverloadResolutionPriority(1)]
    public CompoundWrite(ImmutableArray<Write> writes)
    {
        Writes = writes.IsDefault ? [] : writes;
        if (Writes.Contains(null!))
            throw new ArgumentException("A part of a compound write is null.", nameof(writes));
    }

    /// <summary>Several writes with nothing between them.</summary>
    /// <exception cref="ArgumentException">One of them is null.</exception>
    public CompoundWrite(params ReadOnlySpan<Write> writes)
        : this(ImmutableArray.Create(writes))
    {
    }

    /// <summary>The parts, in order.</summary>
    public ImmutableArray<Write> Writes { get; }

    /// <inheritdoc/>
    public override long TotalBytes
    {
        get
        {
            long total = 0;
            foreach (var write in Writes)
                total += write.Data.Length;
            return total;
        }
    }
}
