namespace Utp.Protocol.Tests.Congestion;

/// <summary>
/// One bottleneck as a formula, a round trip at a time: what of the window exceeds the path's own volume stands in the
/// queue, what exceeds the queue is lost. Enough to ask a law where it settles; whole transfers are Utp.Simulation's.
/// </summary>
internal sealed class FluidPath(ICongestionControl law, long bytesPerSecond, long baseRttMicros, long queueBytes = long.MaxValue)
{
    private const int BatchesPerRound = 10;

    public Instant Now { get; private set; } = new(1_000_000_000);

    /// <summary>Added to every measured delay: the clocks' offset.</summary>
    public uint ClockOffset { get; set; } = 0xFFFF_F000;

    /// <summary>Our own traffic comes on top of this queue.</summary>
    public long OtherQueueBytes { get; set; }

    public long BaseRttMicros { get; set; } = baseRttMicros;

    /// <summary>Whether the peer reports delays.</summary>
    public bool PeerMeasures { get; set; } = true;

    public long QueueMicros { get; private set; }

    public long MinRttMicros { get; private set; }

    public int Losses { get; private set; }

    /// <summary>The handshake, which meets an empty queue.</summary>
    public void Handshake()
    {
        MinRttMicros = BaseRttMicros;
        Acknowledge(0, BaseRttMicros, windowLimited: false, roundStart: true);
    }

    /// <summary>One round trip with a full window.</summary>
    public void Round(bool windowLimited = true)
    {
        var window = law.WindowBytes;
        var volume = bytesPerSecond * BaseRttMicros / 1_000_000;
        var queue = OtherQueueBytes + Math.Max(0, window - volume);
        if (queue > queueBytes)
        {
            Losses++;
            law.OnLoss(new LossSample(Now, queue - queueBytes, window, NewEpisode: true));
            queue = queueBytes;
        }

        QueueMicros = queue * 1_000_000 / bytesPerSecond;
        var rtt = BaseRttMicros + QueueMicros;
        MinRttMicros = MinRttMicros == 0 ? rtt : Math.Min(MinRttMicros, rtt);
        for (var batch = 0; batch < BatchesPerRound; batch++)
        {
            Now = Now.Plus(rtt / BatchesPerRound);
            Acknowledge(window / BatchesPerRound, rtt, windowLimited, roundStart: batch == 0);
        }
    }

    public void Rounds(int count)
    {
        for (var i = 0; i < count; i++)
            Round();
    }

    private void Acknowledge(long bytes, long rtt, bool windowLimited, bool roundStart) => law.OnAck(new AckSample(
        Now, bytes, bytes * BatchesPerRound, windowLimited,
        PeerMeasures ? unchecked((uint)((BaseRttMicros / 2) + QueueMicros) + ClockOffset) : null,
        PeerMeasures ? unchecked((uint)(BaseRttMicros / 2) - ClockOffset) : null,
        PeerMeasures ? rtt : 0, rtt, MinRttMicros, roundStart));
}
