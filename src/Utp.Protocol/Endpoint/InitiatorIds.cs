using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>
/// Draws an initiator's two connection ids and initial seq_nrs from random bytes (protocol.md §1.4). A taken id is not
/// drawn anew, since the bytes are finite, but probed from on with a random odd stride, which visits every id once.
/// </summary>
internal static class InitiatorIds
{
    /// <summary>Random bytes that the caller must provide.</summary>
    public const int RandomBytes = 32;

    // With 10,000 connections to one remote port about one id in three is free; with so many probes none is found only when next to none is.
    private const int MaxProbes = 4_096;

    /// <summary>False when no free id was found for the path.</summary>
    public static bool TryDraw<TPath, TConnection>(
        ConnectionTable<TPath, TConnection> table, in TPath path, ReadOnlySpan<byte> random, out ConnectionSeed seed)
        where TPath : struct, IEquatable<TPath>
        where TConnection : class
    {
        seed = default;
        var stride = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(random) | 1);
        if (!TryProbe(table, path, new ConnectionId(BinaryPrimitives.ReadUInt16BigEndian(random[2..])), stride, null, out var id)
            || !TryProbe(table, path, new ConnectionId(BinaryPrimitives.ReadUInt16BigEndian(random[4..])), stride, id, out var fallback))
        {
            return false;
        }

        seed = new ConnectionSeed(
            id, new SeqNr(BinaryPrimitives.ReadUInt16BigEndian(random[6..])),
            fallback, new SeqNr(BinaryPrimitives.ReadUInt16BigEndian(random[8..])),
            TagOf(BinaryPrimitives.ReadUInt32BigEndian(random[12..])), BinaryPrimitives.ReadUInt32BigEndian(random[16..]));
        return true;
    }

    /// <summary>A tag of random bits: 0 stands for none.</summary>
    public static uint TagOf(uint random) => Math.Max(1, random);

    private static bool TryProbe<TPath, TConnection>(
        ConnectionTable<TPath, TConnection> table, in TPath path, ConnectionId start, ushort stride, ConnectionId? other, out ConnectionId id)
        where TPath : struct, IEquatable<TPath>
        where TConnection : class
    {
        id = start;
        for (var probe = 0; probe < MaxProbes; probe++)
        {
            if (table.IsFree(path, id) && !IsNextTo(id, other))
                return true;
            id = new ConnectionId((ushort)(id.Value + stride));
        }

        return false;
    }

    // The connection's own two ids keep the distance from each other that they keep from others'.
    private static bool IsNextTo(ConnectionId id, ConnectionId? other) =>
        other is { } taken && (ushort)(id.Value - taken.Value + 2) <= 4;
}
