using Utp.Messages;

namespace Utp.Actors;

/// <summary>Of records: <c>utp.trace</c> and its kin.</summary>
/// <param name="Folder">Where every connection is recorded; null: none is, unless it is asked.</param>
/// <param name="Kinds">What of them.</param>
/// <param name="FileBytes">When a file is full, and another follows it.</param>
/// <param name="TotalBytes">What all files together may have; the oldest are deleted.</param>
/// <param name="SnapBytes">How much of a datagram's payload is kept.</param>
/// <param name="MemoryBytes">What may wait for the disk.</param>
internal sealed record TraceSettings(string? Folder, TraceKinds Kinds, long FileBytes, long TotalBytes, int SnapBytes, long MemoryBytes);
