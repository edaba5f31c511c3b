namespace Utp.Protocol;

/// <summary>
/// What the peer has shown of itself: its capabilities with the handshake (protocol.md §3), and the rest with each believable packet. Owned by the connection.
/// </summary>
internal sealed class PeerTraits(ConnectionOptions options, WireClock clock = default)
{
    /// <summary>What it has shown; none before the handshake.</summary>
    public Capabilities Capabilities { get; private set; }

    /// <summary>Whether it sends extensions, and so reads them.</summary>
    public bool SendsExtensions { get; private set; }

    /// <summary>Whether it acknowledges selectively.</summary>
    public bool SendsSelectiveAck { get; private set; }

    /// <summary>
    /// Whether it measures delays. The npm utp, which measures nothing, delivers a duplicate of the packet that it took last in place of one that is to come:
    /// there a needless retransmission does harm, and the time-out is seldom needless (docs/interop.md).
    /// </summary>
    public bool Measures { get; private set; }

    /// <summary>Whether a ST_DATA or ST_FIN of it has come.</summary>
    public bool HasSpoken { get; private set; }

    /// <summary>How long its last packet took, by both clocks: what timestamp_difference says.</summary>
    public uint DelayMicros { get; private set; }

    /// <summary>Whether it runs this library.</summary>
    public bool IsOwn => Has(Capabilities.OwnPeer);

    /// <summary>Whether it takes, and sends, more packets than BEP 29's mask shows.</summary>
    public bool TakesLargeWindow => Has(Capabilities.LargeWindow);

    /// <summary>Whether selective acknowledgements are ranges, in both directions.</summary>
    public bool UsesRanges => Has(Capabilities.SelectiveAckRanges);

    /// <summary>Whether packets may come, and go, in pieces (design note 0013).</summary>
    public bool SendsPieces => Has(Capabilities.PacketPieces);

    /// <summary>Frames need both ends; otherwise a connection that was asked for frames is a stream.</summary>
    public bool UsesFrames => Has(Capabilities.Frames) && options.Mode == DeliveryMode.Frames;

    /// <summary>Whether the user said that it is the npm utp, which knows no extension.</summary>
    public bool IsNodeUtp => options.Compatibility == PeerCompatibility.NodeUtp;

    /// <summary>Whether it has shown this.</summary>
    public bool Has(Capabilities capability) => (Capabilities & capability) != 0;

    /// <summary>The handshake shows its capabilities.</summary>
    public void OnShown(Capabilities shown) => Capabilities = shown;

    /// <summary>Its ST_SYN arrived.</summary>
    public void OnSyn(in InboundPacket syn)
    {
        SendsExtensions = syn.Packet.HasExtensions;
        NoteDelay(syn);
    }

    /// <summary>A believable packet arrived, whatever it carries.</summary>
    public void OnPacket(in InboundPacket inbound)
    {
        SendsExtensions |= inbound.Packet.HasExtensions;
        Measures |= inbound.Packet.Header.TimestampDifference is not (0 or RttEstimator.NoTimestampDifference);
        NoteDelay(inbound);
    }

    /// <summary>An acknowledgement named packets beyond a gap.</summary>
    public void OnSelectiveAck() => SendsSelectiveAck = true;

    /// <summary>A ST_DATA or ST_FIN came.</summary>
    public void OnSequenced() => HasSpoken = true;

    private void NoteDelay(in InboundPacket inbound) =>
        DelayMicros = inbound.Packet.Header.Timestamp.MicrosUntil(clock.Stamp(inbound.Arrival));
}
