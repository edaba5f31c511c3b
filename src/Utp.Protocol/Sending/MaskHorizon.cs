namespace Utp.Protocol;

/// <summary>
/// What a peer's selective acknowledgement cannot show. BEP 29 lets the mask be as short as 32 packets, and libutp's speaks of 30: what arrives
/// beyond it comes to light only as ack_nr moves on, however long ago it arrived. Such news tells neither a round trip nor that a time-out was
/// spurious; and an acknowledgement that repeats with an empty mask still says that something arrived. Owned by the connection.
/// </summary>
internal sealed class MaskHorizon
{
    private SeqNr _end;
    private Instant _arrival;

    /// <summary>Whether packets were outstanding beyond the peer's last mask.</summary>
    public bool Hides { get; private set; }

    /// <summary>A mask arrived, which ends before <paramref name="end"/> while packets are outstanding up to <paramref name="next"/>.</summary>
    public void OnMask(SeqNr end, SeqNr next, Instant arrival) => (Hides, _end, _arrival) = (next.IsAfter(end), end, arrival);

    /// <summary>A ST_STATE without a mask: nothing that has arrived is hidden.</summary>
    public void OnNoMask() => Hides = false;

    /// <summary>Whether the packet may have arrived before the last mask did, and only its acknowledgement is new.</summary>
    public bool MayHaveHidden(SeqNr seqNr, in OutstandingPacket packet) => Hides && !_end.IsAfter(seqNr) && packet.LastSent <= _arrival;

    /// <summary>Whether the last mask says of the packet that it has not arrived, and something beyond has.</summary>
    public bool Denies(SeqNr seqNr) => Hides && _end.IsAfter(seqNr);
}
