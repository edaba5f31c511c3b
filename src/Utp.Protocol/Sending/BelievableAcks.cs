namespace Utp.Protocol;

/// <summary>
/// How many packets an ack_nr may lie behind the left edge and still be believed (note 0008). Owned by the connection.
/// </summary>
internal sealed class BelievableAcks(PeerTraits peer)
{
    private AckHorizon _repeated;
    private AckHorizon _delayed;

    /// <summary>The most packets that were ever outstanding, at least one.</summary>
    public int LargestFlight { get; private set; } = 1;

    /// <summary>
    /// How many: from those that repeat packets as they were, no older than what was acknowledged lately; from the others, than what may have been in flight, and a moment ago if
    /// nothing else proves them.
    /// </summary>
    public long OldestAck => peer.IsOwn ? LargestFlight
        : peer.SendsExtensions ? Math.Min(LargestFlight, 1 + _delayed.Packets)
        : LargestFlight + _repeated.Packets;

    /// <summary>So many packets are outstanding.</summary>
    public void OnFlight(int packets) => LargestFlight = Math.Max(LargestFlight, packets);

    /// <summary>A batch begins.</summary>
    /// <param name="leftEdge">What is not acknowledged yet begins there.</param>
    /// <param name="rttMicros">The round trip; 0: not known.</param>
    /// <param name="now">The time.</param>
    public void Note(SeqNr leftEdge, long rttMicros, Instant now)
    {
        _repeated.Note(leftEdge, now, AckHorizon.OfRepeatsMicros);
        _delayed.Note(leftEdge, now, AckHorizon.OfDelaysMicros(rttMicros));
    }

    /// <summary>Our sequence begins anew, elsewhere: the plain ST_SYN was answered.</summary>
    public void Restart()
    {
        _repeated = default;
        _delayed = default;
    }
}
