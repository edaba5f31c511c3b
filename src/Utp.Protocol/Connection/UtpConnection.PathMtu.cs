namespace Utp.Protocol;

// Path MTU search with the data itself (protocol.md §8): which packet is a probe, and what its fate says.
public sealed partial class UtpConnection
{
    // Any type that no implementation reads; skipped as unknown (BEP 29 "extension").
    private const byte PaddingExtension = 0xFE;
    private const int MaxPaddingBytes = byte.MaxValue;

    /// <summary>
    /// Begins with the size that another connection to the same address found, as far as this peer is trusted to take it; <c>default</c> is
    /// ignored. Call once, before the first poll.
    /// </summary>
    public void SuggestPathSize(PathSize found)
    {
        _mtu.Suggest(found);
        if (State != ConnectionState.SynSent)
            _mtu.UseSuggestion();
    }

    /// <summary>What this connection found out about its path since the last call, for others to the same address (<see cref="PathSizeCache"/>).</summary>
    /// <param name="found">The size; <c>default</c>: it fell, and what was told before holds no more.</param>
    public bool PollPathSize(out PathSize found) => _mtu.TryTakeNews(out found);

    /// <summary>
    /// What the route's first hop takes, for an acceptor that was made without it (<see cref="ConnectionOptions.MtuCeilingBytes"/> of 0): asking the system is work that is
    /// not done before the peer's address is confirmed. Call once, when it is.
    /// </summary>
    public void SetMtuCeiling(int bytes)
    {
        _mtu.Begin(bytes);
        _mtu.UseSuggestion();
    }

    private int NextMtuProbe(in NextWrite next, int bytes, int room, long window)
    {
        if (State == ConnectionState.SynReceived || bytes < room || InRecovery || _undecidedTimeout > 0)
            return 0;
        var probe = _mtu.NextProbe(_now);
        if (probe == 0 || IsOwnPeer)
            return probe;
        var payload = probe - (MaxPayload + _mtu.HeaderBytes - room);
        var available = next.IsMessage ? next.BytesLeft : _sendBuffer.UnsentBytes;
        return payload <= Math.Min(available, window) && _packets.BytesInFlight + payload <= _congestion.WindowBytes ? probe : 0;
    }

    /// <summary>
    /// Handles what ICMP said about a datagram that did not fit ("fragmentation needed", "packet too big"). Anybody may have written it: it counts only if it
    /// quotes a packet of ours that is on its way and larger than what is said to pass (RFC 8899 §4.6.1; note 0030). What left after that packet and is too large has met the
    /// same router.
    /// </summary>
    /// <param name="pathDatagramBytes">Bytes of UDP payload that pass, as it says; 0: it does not say.</param>
    /// <param name="quoted">The beginning of the datagram's UDP payload, as it quotes it; borrowed until the call returns.</param>
    /// <param name="now">The time.</param>
    public void HandlePacketTooBig(int pathDatagramBytes, ReadOnlySpan<byte> quoted, Instant now)
    {
        BeginInput(now);
        if (IsOver || !PacketHeader.TryParse(quoted, out var header) || header.Type != PacketType.Data || !QuotesUnacknowledged(quoted))
            return;
        ref readonly var dropped = ref _packets[header.SeqNr];
        if (dropped.DatagramBytes <= pathDatagramBytes)
            return;
        _mtu.OnTooLarge(pathDatagramBytes, _now);
        SendLargeOnesAgain(dropped.TransmissionNumber);
    }

    // Dropped by their size, which is no congestion. A window's worth at most, and once per change of the path: nothing as large leaves afterwards.
    private void SendLargeOnesAgain(long fromTransmission)
    {
        for (var seqNr = _packets.LeftEdge; _packets.Contains(seqNr); seqNr = seqNr.Next)
        {
            ref var packet = ref _packets[seqNr];
            if (!packet.InFlight || packet.TransmissionNumber < fromTransmission || packet.DatagramBytes <= _mtu.MaxDatagramBytes)
                continue;
            _counters.PacketsLost++;
            _trace?.OnLost(new LostTrace(_now, seqNr, packet.Payload.Length, LossCause.TooLarge));
            _packets.Queue(seqNr);
            if (packet.IsMtuProbe)
                _mtu.ForgetProbe(ref packet);
            _retransmitNow = true;
        }
    }

    // Fills up with extensions that everybody skips, behind extension 1 (protocol.md §3).
    private static void Pad(ref ExtensionChain chain, int length)
    {
        if (chain.First == ExtensionType.None)
            chain.Add(ExtensionType.SelectiveAck, 4).Clear();
        while (length - chain.Length >= 2)
            chain.Add(PaddingExtension, Math.Min(MaxPaddingBytes, length - chain.Length - 2)).Clear();
    }
}
