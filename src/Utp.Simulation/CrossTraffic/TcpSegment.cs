namespace Utp.Simulation;

/// <summary>
/// How the TCP model's datagrams look: as large on the wire as TCP's, with only what the model needs in them. UDP's header
/// of 8 bytes and 12 more stand for TCP's of 20.
/// </summary>
internal static class TcpSegment
{
    /// <summary>Data: its number (8 bytes), then padding, so that the IP packet has 1,500 bytes.</summary>
    public const int DataBytes = DataWireBytes - SimulatedNetwork.IPv4HeaderBytes;

    /// <summary>Bytes of a data segment's IP packet.</summary>
    public const int DataWireBytes = 1_500;

    /// <summary>Acknowledgement: the first segment that is missing (8 bytes), and by how much the one that caused it is later (4 bytes; −1: it is not).</summary>
    public const int AckBytes = 12;
}
