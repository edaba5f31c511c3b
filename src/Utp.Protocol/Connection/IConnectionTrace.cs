namespace Utp.Protocol;

/// <summary>
/// Hears what a connection does, as it happens, on the connection's thread. Metrics and qlog stand on it. Arguments are
/// values: nothing is allocated, and without a sink each event costs one null check.
/// </summary>
public interface IConnectionTrace
{
    /// <summary>A packet was handed out for sending.</summary>
    void OnSent(in SentTrace trace);

    /// <summary>A packet arrived.</summary>
    void OnReceived(in ReceivedTrace trace);

    /// <summary>A packet was acknowledged.</summary>
    void OnAcked(in AckedTrace trace);

    /// <summary>A packet was found lost.</summary>
    void OnLost(in LostTrace trace);

    /// <summary>The windows moved; once per batch at most.</summary>
    void OnWindow(in WindowTrace trace);

    /// <summary>A round trip was measured.</summary>
    void OnRtt(in RttTrace trace);

    /// <summary>A timer expired.</summary>
    void OnTimer(in TimerTrace trace);

    /// <summary>The state changed.</summary>
    void OnState(in StateTrace trace);
}

/// <summary>A packet was handed out for sending.</summary>
public readonly record struct SentTrace(Instant Now, PacketType Type, SeqNr SeqNr, SeqNr AckNr, int Bytes, int PayloadBytes, int Transmission, uint WndSize);

/// <summary>A packet arrived, and what became of it.</summary>
public readonly record struct ReceivedTrace(Instant Arrival, PacketType Type, SeqNr SeqNr, SeqNr AckNr, int PayloadBytes, uint WndSize, ReceiveVerdict Verdict);

/// <summary>What became of a received packet.</summary>
public enum ReceiveVerdict
{
    /// <summary>Used.</summary>
    Accepted,

    /// <summary>Its payload had arrived before.</summary>
    Duplicate,

    /// <summary>Its seq_nr or its payload lies outside the receive window.</summary>
    OutOfWindow,

    /// <summary>It acknowledges what was never sent, or is older than any window.</summary>
    BadAck,

    /// <summary>It does not show what we asked for at the handshake: a stranger's.</summary>
    WrongTag,

    /// <summary>Its timestamp is too old (PAWS).</summary>
    OldTimestamp,

    /// <summary>The state does not allow it.</summary>
    NotAllowed,

    /// <summary>Nobody reads any more.</summary>
    NotRead,

    /// <summary>Its timestamps do not answer ours: a stranger's.</summary>
    StrangeTimestamp,
}

/// <summary>A packet was acknowledged.</summary>
public readonly record struct AckedTrace(Instant Now, SeqNr SeqNr, int PayloadBytes, bool Selective);

/// <summary>Why a packet counts as lost.</summary>
public enum LossCause
{
    /// <summary>Three later packets were selectively acknowledged.</summary>
    SelectiveAck,

    /// <summary>Three duplicate ST_STATE.</summary>
    DuplicateAcks,

    /// <summary>The retransmission timer.</summary>
    Timeout,

    /// <summary>Time: a packet sent later was acknowledged long enough ago (RFC 8985).</summary>
    Rack,

    /// <summary>A router said, with proof, that packets of its size do not pass (RFC 1191, RFC 8201).</summary>
    TooLarge,
}

/// <summary>A packet was found lost, and why.</summary>
public readonly record struct LostTrace(Instant Now, SeqNr SeqNr, int PayloadBytes, LossCause Cause);

/// <summary>The windows moved.</summary>
public readonly record struct WindowTrace(Instant Now, long CongestionWindowBytes, long BytesInFlight, long PeerWindowBytes, long PacingBytesPerSecond);

/// <summary>A round trip was measured.</summary>
public readonly record struct RttTrace(Instant Now, long SampleMicros, long PathMicros, long SmoothedMicros, long RtoMicros);

/// <summary>A timer expired.</summary>
public readonly record struct TimerTrace(Instant Now, TimerKind Timer);

/// <summary>The state changed.</summary>
public readonly record struct StateTrace(Instant Now, ConnectionState From, ConnectionState To);
