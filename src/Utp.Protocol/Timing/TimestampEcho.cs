namespace Utp.Protocol;

/// <summary>
/// When the packet left that an acknowledgement answers. The peer writes the time that our packet took (timestamp_difference) and the time at
/// which it answers (timestamp), so one less the other is our own timestamp of that packet, plus the time that the peer held its answer. This is the echo
/// of RFC 7323, with which a needless retransmission is seen at once (the Eifel algorithm, RFC 3522). A value.
/// </summary>
/// <param name="IsKnown">Whether the peer measures.</param>
/// <param name="NotLaterThan">The answered packet left then, or earlier by the peer's holding time; our own clock.</param>
internal readonly record struct TimestampEcho(bool IsKnown, WireTimestamp NotLaterThan)
{
    /// <summary>The echo in this packet.</summary>
    public static TimestampEcho Of(in PacketHeader header) =>
        header.TimestampDifference is 0 or RttEstimator.NoTimestampDifference
            ? default
            : new TimestampEcho(true, new WireTimestamp(unchecked(header.Timestamp.Micros - header.TimestampDifference)));

    /// <summary>
    /// Whether the acknowledgement of a packet that was sent more than once answers something that left before its last transmission: then an earlier
    /// transmission arrived. An echo from before the first transmission is nonsense (a peer whose arithmetic is wrong), and shows nothing.
    /// </summary>
    public bool ShowsEarlierTransmission(in OutstandingPacket packet) =>
        IsKnown && NotLaterThan.DistanceTo(WireTimestamp.From(packet.LastSent)) > 0
        && WireTimestamp.From(packet.FirstSent).DistanceTo(NotLaterThan) >= 0;
}
