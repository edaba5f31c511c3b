namespace Utp.Protocol;

/// <summary>
/// What our own system and ICMP say of the path. ICMP can be written by anybody, with any source and the right addresses and ports, so it is believed by what it
/// quotes, and then at once (note 0030). Owned by the connection.
/// </summary>
internal sealed class PathReports(Lifecycle life, Handshake handshake, OutstandingPackets packets, PathMtu mtu, LossRecovery losses, PacketWriter writer, WireClock clock, Closing closing)
{
    /// <summary>What our own system said of a send.</summary>
    public void OnOwnSystem(PathError error, int pathDatagramBytes, Instant now)
    {
        if (life.IsOver)
            return;
        if (error == PathError.TooLarge)
            mtu.OnFirstHop(pathDatagramBytes, now);
        else if (error == PathError.Unreachable && life.State == ConnectionState.SynSent)
            closing.FailAttempt(error, now);
    }

    /// <summary>The socket is gone.</summary>
    public void OnSocketFailure(string detail, Instant now)
    {
        if (!life.IsOver)
            closing.Fail(new CloseReason(CloseCause.SocketError, Detail: detail), reset: false, now);
    }

    /// <summary>An ICMP error other than "too big".</summary>
    public void OnIcmp(PathError error, ReadOnlySpan<byte> quoted, Instant now)
    {
        if (life.IsOver || error == PathError.TooLarge)
            return;
        if (handshake.Attempts is { } syn)
        {
            // Some systems quote eight bytes behind the IP header, and so nothing of ours (RFC 792): what they say is told when the time is over.
            if (quoted.Length < PacketHeader.Length)
                syn.OnUnproved(error);
            else if (PacketHeader.TryParse(quoted, out var header) && handshake.IsOurSyn(header))
                closing.FailAttempt(error, now);
        }
        else if (error == PathError.Refused && QuotesUnacknowledged(quoted, out _))
        {
            closing.OnPeerGone(now);
        }
    }

    /// <summary>ICMP "packet too big". What left after the quoted packet and is too large has met the same router.</summary>
    public void OnPacketTooBig(int pathDatagramBytes, ReadOnlySpan<byte> quoted, Instant now)
    {
        if (life.IsOver || !QuotesUnacknowledged(quoted, out var header) || header.Type != PacketType.Data)
            return;
        ref readonly var dropped = ref packets[header.SeqNr];
        if (dropped.DatagramBytes <= pathDatagramBytes)
            return;
        mtu.OnTooLarge(pathDatagramBytes, now);
        losses.OnTooLarge(dropped.TransmissionNumber, now);
    }

    // Id, seq_nr and the very stamp with which it left; of a packet that was sent more than once, the stamp of the first or the last.
    private bool QuotesUnacknowledged(ReadOnlySpan<byte> quoted, out PacketHeader header)
    {
        if (!PacketHeader.TryParse(quoted, out header) || header.ConnectionId != handshake.SendId)
            return false;
        switch (header.Type)
        {
            case PacketType.State:
                // The last one: nothing has come since, or the peer would not be gone.
                return header.SeqNr == packets.NextSeqNr && clock.IsStampOf(header.Timestamp, writer.LastStateSent, writer.LastStateSent);
            case PacketType.Data or PacketType.Fin when packets.Contains(header.SeqNr):
                ref readonly var packet = ref packets[header.SeqNr];
                return !packet.Sacked && packet.Transmissions > 0 && clock.IsStampOf(header.Timestamp, packet.FirstSent, packet.LastSent);
            case PacketType.Data:
                return header.SeqNr == packets.LeftEdge.Plus(-Handshake.QuestionDistance) && clock.IsStampOf(header.Timestamp, writer.LastStateSent, writer.LastStateSent);
            default:
                return false;
        }
    }
}
