using System.Buffers.Binary;

namespace Utp.Links.Router;

/// <summary>Cuts an IPv4 packet that may be cut (RFC 791 §3.2), also a fragment once more.</summary>
internal static class Fragmenter
{
    private const int BlockBytes = 8;
    private const ushort MoreFragments = 0x2000;
    private const ushort OffsetMask = 0x1fff;

    /// <summary>Makes the parts in slots of their own; the packet stays the caller's.</summary>
    /// <param name="pool">Where it lies, and where the parts will.</param>
    /// <param name="slot">The packet, longer than <paramref name="mtuBytes"/>.</param>
    /// <param name="mtuBytes">What a part may have.</param>
    /// <param name="parts">Gets their slots, in order.</param>
    /// <returns>False when the memory is used up; the parts so far are made.</returns>
    public static bool Cut(PacketPool pool, int slot, int mtuBytes, List<int> parts)
    {
        var packet = pool.Packet(slot);
        var headerBytes = IPPacket.HeaderBytes(packet);
        var flags = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        var step = (mtuBytes - headerBytes) / BlockBytes * BlockBytes;
        for (var from = headerBytes; from < packet.Length; from += step)
        {
            var part = pool.Take();
            if (part < 0)
                return false;
            var bytes = Math.Min(step, packet.Length - from);
            pool.Length(part) = headerBytes + bytes;
            var target = pool.Packet(part);
            packet[..headerBytes].CopyTo(target);
            packet.Slice(from, bytes).CopyTo(target[headerBytes..]);
            var more = from + bytes < packet.Length || (flags & MoreFragments) != 0;
            var offset = (flags & OffsetMask) + ((from - headerBytes) / BlockBytes);
            BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)target.Length);
            BinaryPrimitives.WriteUInt16BigEndian(target[6..], (ushort)(offset | (more ? MoreFragments : 0)));
            target[10..12].Clear();
            BinaryPrimitives.WriteUInt16BigEndian(target[10..], Checksum.Of(target[..headerBytes]));
            parts.Add(part);
        }

        return true;
    }
}
