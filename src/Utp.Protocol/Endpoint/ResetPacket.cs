namespace Utp.Protocol;

/// <summary>
/// The ST_RESET that answers a packet of no connection, or a refused ST_SYN (protocol.md §4.6). Its acknowledgement is
/// exact, so that a peer can tell it from a blind forgery (RFC 5961 §3.2).
/// </summary>
internal static class ResetPacket
{
    /// <summary>Writes 20 bytes.</summary>
    public static void Write(in PacketHeader question, Span<byte> destination, Instant now)
    {
        var timestamp = WireTimestamp.From(now);

        // A ST_STATE carries the seq_nr that comes next; every other packet its own.
        var lastSent = question.Type == PacketType.State ? question.SeqNr.Previous : question.SeqNr;
        new PacketHeader(
            PacketType.Reset, ExtensionType.None, question.ConnectionId, timestamp,
            question.Timestamp.MicrosUntil(timestamp), WndSize: 0, question.AckNr.Next, lastSent).Write(destination);
    }
}
