namespace Utp.Protocol;

// What ICMP says. Anybody can write it, with any source and the right addresses and ports, so it is believed by what it quotes, and then at once (note 0030).
public sealed partial class UtpConnection
{
    private Instant _lastStateSent = Instant.Never;

    /// <summary>
    /// Handles an ICMP error other than "too big", which goes to <see cref="HandlePacketTooBig"/>. It counts only if it quotes a packet that we sent and that
    /// is not acknowledged: then a closed port ends the connection at once, because the peer's process is gone.
    /// </summary>
    /// <param name="error">What it says.</param>
    /// <param name="quoted">The beginning of the datagram's UDP payload, as it quotes it; borrowed until the call returns.</param>
    /// <param name="now">The time.</param>
    public void HandleIcmpError(PathError error, ReadOnlySpan<byte> quoted, Instant now)
    {
        BeginInput(now);
        if (IsOver || error == PathError.TooLarge)
            return;
        if (_synSent is { } syn)
        {
            // Some systems quote eight bytes behind the IP header, and so nothing of ours (RFC 792): what they say is told when the time is over.
            if (quoted.Length < PacketHeader.Length)
                syn.Unproved ??= error;
            else if (QuotesOurSyn(quoted, syn))
                FailConnect(error);
        }
        else if (error == PathError.Refused && QuotesUnacknowledged(quoted))
        {
            OnPeerGone();
        }
    }

    private static CloseReason ReasonOf(PathError error) => error == PathError.Refused
        ? new CloseReason(CloseCause.Refused, Detail: "The peer's host answers that the port is closed.")
        : new CloseReason(CloseCause.Unreachable, Detail: "No route to the peer's network or host.");

    private void FailConnect(PathError error) => Fail(ReasonOf(error), reset: false);

    private void OnPeerGone()
    {
        if (OnlyOurFinIsUnacknowledged)
            EnterTimeWait();
        else
            Fail(new CloseReason(CloseCause.Reset, Detail: "The peer's host answers that the port is closed: its process is gone."), reset: false);
    }

    // Id, seq_nr, and a stamp of the time in which we tried.
    private bool QuotesOurSyn(ReadOnlySpan<byte> quoted, SynSentData syn) =>
        PacketHeader.TryParse(quoted, out var header) && header.Type == PacketType.Syn
        && ((syn.FirstSent && header.ConnectionId == _seed.ReceiveId && header.SeqNr == _seed.InitialSeqNr)
            || (syn.FallbackSent && header.ConnectionId == _seed.FallbackReceiveId && header.SeqNr == _seed.FallbackSeqNr))
        && IsStampOf(header.Timestamp, syn.FirstAttempt, syn.LastSent);

    // Id, seq_nr and the very stamp with which it left; of a packet that was sent more than once, a stamp between the first and the last.
    private bool QuotesUnacknowledged(ReadOnlySpan<byte> quoted)
    {
        if (!PacketHeader.TryParse(quoted, out var header) || header.ConnectionId != SendId)
            return false;
        switch (header.Type)
        {
            case PacketType.State:
                // The last one: nothing has come since, or the peer would not be gone.
                return header.SeqNr == _packets.NextSeqNr && IsStampOf(header.Timestamp, _lastStateSent, _lastStateSent);
            case PacketType.Data or PacketType.Fin when _packets.Contains(header.SeqNr):
                ref readonly var packet = ref _packets[header.SeqNr];
                return !packet.Sacked && packet.Transmissions > 0 && IsStampOf(header.Timestamp, packet.FirstSent, packet.LastSent);
            case PacketType.Data:
                return header.SeqNr == _packets.LeftEdge.Plus(-QuestionDistance) && IsStampOf(header.Timestamp, _lastStateSent, _lastStateSent);
            default:
                return false;
        }
    }

    private bool IsStampOf(WireTimestamp stamp, Instant first, Instant last) =>
        first != Instant.Never && (stamp == _clock.Stamp(first) || stamp == _clock.Stamp(last));
}
