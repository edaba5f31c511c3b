namespace Utp.Protocol;

/// <summary>
/// How many packets an ack_nr may lie behind the left edge and still be believed (note 0008). Owned by the connection.
/// </summary>
internal sealed class BelievableAcks(PeerTraits peer)
{
    private AckHorizon _repeated = new(AckHorizon.OfRepeatsMicros);
    private AckHorizon _delayed = new(AckHorizon.OfDelaysMicros);

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
    public void Note(SeqNr leftEdge, Instant now)
    {
        _repeated.Note(leftEdge, now);
        _delayed.Note(leftEdge, now);
    }

    /// <summary>Our sequence begins anew, elsewhere: the plain ST_SYN was answered.</summary>
    public void Restart()
    {
        _repeated = new AckHorizon(AckHorizon.OfRepeatsMicros);
        _delayed = new AckHorizon(AckHorizon.OfDelaysMicros);
    }
}
