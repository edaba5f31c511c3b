using System.Buffers.Binary;
using Utp.Links.Router;

namespace Utp.Network.Tests.Bench;

/// <summary>What the router writes into packets. Needs no link.</summary>
public sealed class RouterPacketTests
{
    [Fact]
    public void A_packet_that_is_cut_has_all_its_bytes_in_parts_of_right_headers()
    {
        using var pool = new PacketPool(2_048, 1 << 20);
        var slot = pool.Take();
        Udp4(pool, slot, 1_400);
        var whole = pool.Packet(slot).ToArray();
        var parts = new List<int>();

        Assert.True(Fragmenter.Cut(pool, slot, 576, parts));

        var together = new byte[whole.Length - 20];
        foreach (var part in parts)
        {
            var packet = pool.Packet(part);
            Assert.True(packet.Length <= 576);
            Assert.Equal(0, Checksum.Of(packet[..20]));
            Assert.Equal(packet.Length, BinaryPrimitives.ReadUInt16BigEndian(packet[2..]));
            var flags = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
            Assert.Equal(part != parts[^1], (flags & 0x2000) != 0);
            packet[20..].CopyTo(together.AsSpan((flags & 0x1fff) * 8));
        }

        Assert.Equal(whole[20..], together);
    }

    [Fact]
    public void A_translated_packet_has_right_checksums_and_comes_back_as_it_went()
    {
        using var pool = new PacketPool(2_048, 1 << 20);
        var slot = pool.Take();
        Udp4(pool, slot, 200);
        var original = pool.Packet(slot).ToArray();
        var translation = new AddressTranslation();

        Assert.True(translation.Leave(pool.Packet(slot)));

        var outside = pool.Packet(slot).ToArray();
        Assert.Equal([10, 77, 1, 100], outside[12..16]);
        Assert.NotEqual(original[20..22], outside[20..22]);
        AssertChecksums(outside);
        // An answer: to where it seemed to come from.
        outside[12..16].CopyTo(outside, 16);
        outside[20..22].CopyTo(outside, 22);
        FixChecksums(outside);
        var answer = outside.ToArray();
        Assert.True(translation.Enter(answer));
        Assert.Equal([10, 77, 1, 1], answer[16..20]);
        Assert.Equal(original[20..22], answer[22..24]);
        AssertChecksums(answer);

        translation.Rebind();
        Assert.False(translation.Enter(outside));
    }

    [Fact]
    public void What_is_due_comes_in_order_and_ties_in_the_order_of_adding()
    {
        var agenda = new Agenda();
        var times = Enumerable.Range(0, 1_000).Select(static i => (long)(i * 7919 % 97)).ToArray();
        for (var i = 0; i < times.Length; i++)
            agenda.Add(times[i], null!, DueKind.Arrives, i);

        var taken = Enumerable.Range(0, times.Length).Select(_ => agenda.Take()).ToArray();

        Assert.Equal(times.Select(static (time, i) => (time, i)).OrderBy(static t => t.time).ThenBy(static t => t.i).Select(static t => t.i), taken.Select(static due => due.Slot));
        Assert.Equal(long.MaxValue, agenda.NextNanos);
    }

    [Theory]
    [InlineData(50, 500)]
    [InlineData(99, 990)]
    [InlineData(100, 1_000)]
    public void A_histogram_tells_percentiles(double percent, double micros)
    {
        var histogram = new DelayHistogram();
        for (var i = 1; i <= 1_000; i++)
            histogram.Add((i * 1_000) - 1);

        Assert.Equal(micros, histogram.Percentile(percent), 1.0);
    }

    private static void Udp4(PacketPool pool, int slot, int bytes)
    {
        pool.Length(slot) = bytes;
        var packet = pool.Packet(slot);
        for (var i = 0; i < bytes; i++)
            packet[i] = (byte)(i * 31);
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)bytes);
        packet[6..8].Clear();
        (packet[8], packet[9]) = (64, FlowKey.Udp);
        ((byte[])[10, 77, 1, 1, 10, 77, 2, 1]).CopyTo(packet[12..]);
        BinaryPrimitives.WriteUInt16BigEndian(packet[24..], (ushort)(bytes - 20));
        FixChecksums(packet);
    }

    private static void FixChecksums(Span<byte> packet)
    {
        packet[10..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], Checksum.Of(packet[..20]));
        packet[26..28].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(packet[26..], Checksum.Of(packet[20..], PseudoHeader(packet)));
    }

    private static void AssertChecksums(ReadOnlySpan<byte> packet)
    {
        Assert.Equal(0, Checksum.Of(packet[..20]));
        Assert.Equal(0, Checksum.Of(packet[20..], PseudoHeader(packet)));
    }

    private static uint PseudoHeader(ReadOnlySpan<byte> packet) => (uint)(ushort)~Checksum.Of(packet[12..20]) + FlowKey.Udp + (uint)(packet.Length - 20);
}
