using System.Buffers.Binary;

namespace Utp.Links.Router;

/// <summary>
/// A NAT before the left host: what leaves has another address and port outside, and only what comes to the present one is let in. <see cref="Rebind"/> forgets all of them, as a box
/// does that restarts, or a phone that changes its network. UDP and TCP, both IP versions; checksums stay right. Owned by the router's thread.
/// </summary>
internal sealed class AddressTranslation
{
    private const int FirstPort = 20_000;
    private const int PortsPerLife = 1_000;
    private const int Lives = 40;
    private readonly Dictionary<(byte Protocol, ushort Port), ushort> _outside = [];
    private readonly Dictionary<(byte Protocol, ushort Port), ushort> _inside = [];
    private int _life;

    /// <summary>Every flow gets another address and port with its next packet from inside.</summary>
    public void Rebind()
    {
        _life++;
        _outside.Clear();
        _inside.Clear();
    }

    /// <summary>Writes the outside source over the inside one; false for what is neither UDP nor TCP, and passes as it is.</summary>
    public bool Leave(Span<byte> packet)
    {
        var flow = IPPacket.Flow(packet);
        if (flow.SourcePort == 0)
            return false;
        var key = (flow.Protocol, flow.SourcePort);
        if (!_outside.TryGetValue(key, out var port))
        {
            port = (ushort)(FirstPort + (_life % Lives * PortsPerLife) + (_outside.Count % PortsPerLife));
            _outside[key] = port;
            _inside[(flow.Protocol, port)] = flow.SourcePort;
        }

        Rewrite(packet, flow.Protocol, LastWord(packet, source: true), HostOutside(_life), portOffset: 0, port);
        return true;
    }

    /// <summary>Writes the inside destination over the outside one; false when nobody is known there: the packet is to be dropped.</summary>
    public bool Enter(Span<byte> packet)
    {
        var flow = IPPacket.Flow(packet);
        if (flow.DestinationPort == 0)
            return true;
        var address = LastWord(packet, source: false);
        if (BinaryPrimitives.ReadUInt16BigEndian(packet[address..]) != HostOutside(_life) || !_inside.TryGetValue((flow.Protocol, flow.DestinationPort), out var port))
            return false;
        Rewrite(packet, flow.Protocol, address, HostInside(packet), portOffset: 2, port);
        return true;
    }

    // The last 16 bits of the address tell hosts apart: 10.77.1.1 is 10.77.1.100 outside, then 10.77.1.101; of IPv6 likewise.
    private static ushort HostOutside(int life) => (ushort)(0x0164 + (life % Lives));

    private static ushort HostInside(ReadOnlySpan<byte> packet) => IPPacket.IsIPv6(packet) ? (ushort)1 : (ushort)0x0101;

    private static int LastWord(ReadOnlySpan<byte> packet, bool source) => (IPPacket.IsIPv6(packet), source) switch
    {
        (false, true) => 14,
        (false, false) => 18,
        (true, true) => 22,
        (true, false) => 38,
    };

    private static void Rewrite(Span<byte> packet, byte protocol, int addressOffset, ushort host, int portOffset, ushort port)
    {
        var headerBytes = IPPacket.HeaderBytes(packet);
        var transport = packet[headerBytes..];
        var checksum = transport.Slice(protocol == FlowKey.Tcp ? 16 : 6, 2);
        var address = packet.Slice(addressOffset, 2);
        var before = BinaryPrimitives.ReadUInt16BigEndian(address);
        // RFC 768: a UDP checksum of 0 is none, and stays none.
        Span<byte> none = [0, 0];
        var covers = protocol == FlowKey.Udp && checksum[0] == 0 && checksum[1] == 0 ? none : checksum;
        Checksum.Replace(address, host, covers);
        Checksum.Replace(transport.Slice(portOffset, 2), port, covers);
        if (IPPacket.IsIPv6(packet))
            return;
        // The header's own checksum covers the address, too.
        BinaryPrimitives.WriteUInt16BigEndian(address, before);
        Checksum.Replace(address, host, packet.Slice(10, 2));
    }
}
