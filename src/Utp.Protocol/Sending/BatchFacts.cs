namespace Utp.Protocol;

/// <summary>What one batch of packets said, gathered for what is done once per batch. Owned by <see cref="AckReader"/>.</summary>
internal struct BatchFacts
{
    public long BytesInFlight;
    public long AckedBytes;
    public int AckedPackets;
    public Instant NewestFirstSent;
    public Instant NewestSent;
    public bool HasRttSample;
    public bool LeftEdgeMoved;
    public bool RoundStart;
    public bool WindowMoved;
    public bool OriginalAcked;
    public bool ProbeRepairedLoss;
    public bool OutgoingDelayKnown;
    public uint OutgoingDelay;
    public bool IncomingDelayKnown;
    public uint IncomingDelay;
    public WireTimestamp AckTimestamp;
    public uint AckTimestampDifference;
    public Instant AckArrival;

    // The smallest sample of the batch: what queued least on the way and in the socket's buffer.
    public void OnDelay(uint incoming, uint outgoing)
    {
        if (!IncomingDelayKnown || unchecked((int)(incoming - IncomingDelay)) < 0)
            (IncomingDelayKnown, IncomingDelay) = (true, incoming);
        if (outgoing is 0 or RttEstimator.NoTimestampDifference)
            return;
        if (!OutgoingDelayKnown || unchecked((int)(outgoing - OutgoingDelay)) < 0)
            (OutgoingDelayKnown, OutgoingDelay) = (true, outgoing);
    }
}
