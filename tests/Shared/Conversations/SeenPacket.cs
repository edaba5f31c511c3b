using System.Text;
using Utp.Protocol;

namespace Utp.Testing;

/// <summary>A datagram that the connection under test handed out.</summary>
public sealed class SeenPacket
{
    internal SeenPacket(byte[] datagram, Instant at, bool dontFragment)
    {
        Datagram = datagram;
        At = at;
        DontFragment = dontFragment;
        if (!ParsedPacket.TryParse(datagram, out var packet))
            throw new InvalidOperationException($"The connection sent a malformed packet: {Convert.ToHexString(datagram)}");
        Packet = packet;
    }

    public byte[] Datagram { get; }
    public ParsedPacket Packet { get; }
    public Instant At { get; }
    public bool DontFragment { get; }

    public PacketType Type => Packet.Header.Type;
    public int Seq => Packet.Header.SeqNr.Value;
    public int Ack => Packet.Header.AckNr.Value;
    public int Id => Packet.Header.ConnectionId.Value;
    public uint Window => Packet.Header.WndSize;
    public byte[] Payload => Packet.Payload(Datagram).ToArray();
    public string Text => Encoding.UTF8.GetString(Packet.Payload(Datagram));
    public byte[] SackBytes => Packet.SelectiveAck(Datagram).ToArray();

    /// <summary>The packets after ack_nr that the SACK says have arrived, as steps from ack_nr (2 or more).</summary>
    public int[] SackSteps => [.. SackBytes.SelectMany((mask, i) =>
        Enumerable.Range(0, 8).Where(bit => (mask >> bit & 1) != 0).Select(bit => (i * 8) + bit + 2))];

    /// <summary>The bytes of extension 2; null when there is none.</summary>
    public byte[]? Extension2 => Packet.HasExtension2 ? Packet.Extension2(Datagram).ToArray() : null;

    /// <summary>What extension 2 says of the sender, read as capabilities.</summary>
    public Capabilities Capabilities => CapabilitiesExtension.Parse(Packet.Extension2(Datagram));

    public override string ToString()
    {
        var text = new StringBuilder($"ST_{Type.ToString().ToUpperInvariant()} id={Id} seq={Seq} ack={Ack} wnd={Window}");
        if (SackBytes.Length > 0)
            text.Append($" sack[{SackBytes.Length}]=+{string.Join(",+", SackSteps)}");
        if (Extension2 is { } extension)
            text.Append($" ext2={Convert.ToHexString(extension)}");
        if (Packet.PeerCloseReason >= 0)
            text.Append($" reason={Packet.PeerCloseReason}");
        if (Packet.PayloadLength > 0)
            text.Append($" payload={Packet.PayloadLength}B");
        return text.ToString();
    }
}
