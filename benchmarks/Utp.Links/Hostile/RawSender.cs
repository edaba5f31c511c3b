using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Utp.Links.Kernel;

namespace Utp.Links.Hostile;

/// <summary>
/// Sends IPv4 packets that are made whole, with any source, as many as sendmmsg(2) takes at once. Needs root. One thread.
/// </summary>
internal sealed unsafe class RawSender : IDisposable
{
    /// <summary>Packets of one system call.</summary>
    public const int Batch = 64;

    /// <summary>Bytes of an IP header without options.</summary>
    public const int IPHeaderBytes = 20;

    private const int UdpHeaderBytes = 8;
    private const int SlotBytes = 2_048;
    private const byte Udp = 17;
    private const byte Icmp = 1;

    private readonly int _socket;
    private readonly byte* _memory;
    private readonly MessageOfMany* _messages;
    private readonly IoVector* _vectors;
    private readonly byte* _names;
    private int _count;

    public RawSender()
    {
        _socket = LibC.Socket(LibC.AF_INET, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC, LibC.IPPROTO_RAW);
        if (_socket < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "A raw socket cannot be opened: is this root?");
        _memory = (byte*)NativeMemory.AllocZeroed(Batch * SlotBytes);
        _messages = (MessageOfMany*)NativeMemory.AllocZeroed(Batch, (nuint)sizeof(MessageOfMany));
        _vectors = (IoVector*)NativeMemory.AllocZeroed(Batch, (nuint)sizeof(IoVector));
        _names = (byte*)NativeMemory.AllocZeroed(Batch * 16);
    }

    /// <summary>Packets that the kernel has taken.</summary>
    public long Sent { get; private set; }

    /// <summary>Their bytes, IP headers included.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds a UDP datagram, and sends when there are enough of them.</summary>
    public void AddUdp(Host from, Host to, ReadOnlySpan<byte> payload)
    {
        var packet = Begin(from.Address, to.Address, Udp, UdpHeaderBytes + payload.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet, from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], to.Port);
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)packet.Length);
        // 0: no checksum (RFC 768).
        packet[6] = packet[7] = 0;
        payload.CopyTo(packet[UdpHeaderBytes..]);
        Done();
    }

    /// <summary>Adds the ICMP message that a datagram met a closed port, as if it came from <paramref name="reporter"/>.</summary>
    public void AddPortUnreachable(uint reporter, Host quotedFrom, Host quotedTo, ReadOnlySpan<byte> quoted)
    {
        var packet = Begin(reporter, quotedFrom.Address, Icmp, 8 + IPHeaderBytes + UdpHeaderBytes + quoted.Length);
        packet.Clear();
        (packet[0], packet[1]) = (3, 3);
        var ip = packet[8..];
        WriteIPHeader(ip, quotedFrom.Address, quotedTo.Address, Udp, ip.Length);
        var udp = ip[IPHeaderBytes..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, quotedFrom.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], quotedTo.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)udp.Length);
        quoted.CopyTo(udp[UdpHeaderBytes..]);
        uint sum = 0;
        for (var i = 0; i + 1 < packet.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(packet[i..]);
        if (packet.Length % 2 != 0)
            sum += (uint)(packet[^1] << 8);
        while (sum > ushort.MaxValue)
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)~sum);
        Done();
    }

    /// <summary>Sends what was added.</summary>
    public void Flush()
    {
        for (var done = 0; done < _count;)
        {
            var sent = LibC.SendMany(_socket, _messages + done, (uint)(_count - done), 0);
            if (sent <= 0)
                break;
            for (var i = done; i < done + sent; i++)
                Bytes += (long)_vectors[i].Length;
            Sent += sent;
            done += sent;
        }

        _count = 0;
    }

    /// <summary>Repeats <paramref name="add"/> at a rate until it is time, or told to stop.</summary>
    public void Run(double perSecond, TimeSpan duration, Action<RawSender> add, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var batch = Math.Clamp((int)(perSecond / 1_000), 1, Batch);
        for (long made = 0; clock.Elapsed < duration && !stop.IsCancellationRequested;)
        {
            if (made > perSecond * clock.Elapsed.TotalSeconds)
            {
                Thread.Sleep(made - (perSecond * clock.Elapsed.TotalSeconds) > perSecond / 1_000 ? 1 : 0);
                continue;
            }

            for (var i = 0; i < batch; i++)
                add(this);
            Flush();
            made += batch;
        }
    }

    public void Dispose()
    {
        _ = LibC.Close(_socket);
        NativeMemory.Free(_memory);
        NativeMemory.Free(_messages);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_names);
    }

    private Span<byte> Begin(uint from, uint to, byte protocol, int bytes)
    {
        var slot = new Span<byte>(_memory + (_count * SlotBytes), IPHeaderBytes + bytes);
        WriteIPHeader(slot, from, to, protocol, slot.Length);
        var name = new Span<byte>(_names + (_count * 16), 16);
        BinaryPrimitives.WriteUInt16LittleEndian(name, LibC.AF_INET);
        BinaryPrimitives.WriteUInt32BigEndian(name[4..], to);
        _vectors[_count] = new IoVector { Base = _memory + (_count * SlotBytes), Length = (nuint)slot.Length };
        _messages[_count].Header = new MessageHeader { Name = _names + (_count * 16), NameLength = 16, Vectors = _vectors + _count, VectorCount = 1 };
        return slot[IPHeaderBytes..];
    }

    private void Done()
    {
        if (++_count == Batch)
            Flush();
    }

    // The kernel fills in the checksum (raw(7), IP_HDRINCL).
    private static void WriteIPHeader(Span<byte> packet, uint from, uint to, byte protocol, int bytes)
    {
        packet[..IPHeaderBytes].Clear();
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)bytes);
        (packet[8], packet[9]) = (64, protocol);
        BinaryPrimitives.WriteUInt32BigEndian(packet[12..], from);
        BinaryPrimitives.WriteUInt32BigEndian(packet[16..], to);
    }
}

/// <summary>An IPv4 address, as a number, and a UDP port.</summary>
internal readonly record struct Host(uint Address, ushort Port)
{
    public static uint AddressOf(string text) => BinaryPrimitives.ReadUInt32BigEndian(System.Net.IPAddress.Parse(text).GetAddressBytes());
}
