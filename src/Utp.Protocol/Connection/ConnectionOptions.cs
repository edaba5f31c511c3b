namespace Utp.Protocol;

/// <summary>Who is expected on the other end, where that cannot be negotiated.</summary>
public enum PeerCompatibility
{
    /// <summary>Capabilities are negotiated on ST_SYN (protocol.md §3).</summary>
    Negotiate,

    /// <summary>No ST_SYN carries an extension; everything else as usual.</summary>
    Plain,

    /// <summary>The predecessor, a node package: no extension at all, not even SACK; ST_SYN payload is trusted.</summary>
    NodeUtp,
}

/// <summary>How received data is cut.</summary>
public enum DeliveryMode
{
    /// <summary>A stream of bytes; metadata is not used.</summary>
    Bytes,

    /// <summary>Data cut exactly as the packets were, each with its metadata.</summary>
    Objects,

    /// <summary>One write arrives as one message with its metadata, whatever its size.</summary>
    Frames,
}

/// <summary>
/// What a connection is given when it is made. All times in µs, all sizes in bytes. Values are validated where
/// they come from (HOCON, options of a command); the core trusts them.
/// </summary>
public sealed record ConnectionOptions
{
    /// <summary>The defaults.</summary>
    public static readonly ConnectionOptions Default = new();

    /// <summary>Who is expected on the other end.</summary>
    public PeerCompatibility Compatibility { get; init; } = PeerCompatibility.Negotiate;

    /// <summary>How received data is cut. Objects and frames must be offered by both ends.</summary>
    public DeliveryMode Mode { get; init; } = DeliveryMode.Bytes;

    /// <summary>Metadata for a peer that did not negotiate it is dropped; otherwise such a write is refused.</summary>
    public bool DropUnsupportedMetadata { get; init; }

    /// <summary>Makes the congestion control of one connection.</summary>
    public Func<ICongestionControl> CongestionControl { get; init; } = static () => new Lbe();

    /// <summary>Whether bursts are spread at the law's pacing rate.</summary>
    public bool Pacing { get; init; } = true;

    /// <summary>Largest UDP payload that we send before a larger one is known to pass.</summary>
    public int MaxDatagramBytes { get; init; } = 1_200;

    /// <summary>
    /// Where the path MTU search ends, bytes of UDP payload: what the route's first hop takes. Below <see cref="MaxDatagramBytes"/> it is also where the
    /// search begins. 0: no search.
    /// </summary>
    public int MtuCeilingBytes { get; init; }

    /// <summary>
    /// The same toward foreign peers, at most: some read into small buffers, and would take the part of a datagram that fits for the whole. Over IPv6 their probes
    /// are real packets that nobody can fragment, so the caller gives what every path carries (1,232).
    /// </summary>
    public int MtuForeignCeilingBytes { get; init; } = 1_472;

    /// <summary>Bytes of unacknowledged and unsent writes that the connection holds.</summary>
    public int SendBufferBytes { get; init; } = 4 << 20;

    /// <summary>Receive window at the start.</summary>
    public int InitialReceiveWindowBytes { get; init; } = 256 << 10;

    /// <summary>Receive window that auto-tuning may reach.</summary>
    public int MaxReceiveWindowBytes { get; init; } = 4 << 20;

    /// <summary>Largest message in frame mode, in both directions.</summary>
    public int MaxFrameBytes { get; init; } = 16 << 20;

    /// <summary>How long an initiator tries.</summary>
    public long ConnectTimeoutMicros { get; init; } = 5_000_000;

    /// <summary>
    /// Whether an acceptor's user hears <see cref="ConnectionEventKind.Connected"/>, and what came on the ST_SYN, before the peer has shown that it receives at its
    /// address. Off: anybody can send a ST_SYN in anybody's name, so nothing is begun for it.
    /// </summary>
    public bool AcceptUnconfirmed { get; init; }

    /// <summary>How long an acceptor stays half open.</summary>
    public long HalfOpenTimeoutMicros { get; init; } = 10_000_000;

    /// <summary>Retransmission time-out before the first round-trip sample (RFC 6298 §2.1).</summary>
    public long InitialRtoMicros { get; init; } = 1_000_000;

    /// <summary>Smallest retransmission time-out toward foreign peers.</summary>
    public long MinRtoMicros { get; init; } = 500_000;

    /// <summary>Smallest retransmission time-out toward our own peers.</summary>
    public long MinRtoOwnPeerMicros { get; init; } = 200_000;

    /// <summary>Largest retransmission time-out (RFC 6298 §2.5).</summary>
    public long MaxRtoMicros { get; init; } = 60_000_000;

    /// <summary>Consecutive time-outs without any acknowledgement after which the connection gives up.</summary>
    public int MaxTimeouts { get; init; } = 8;

    /// <summary>A ST_STATE goes out after this long without sending, to keep NAT bindings alive; 0: never.</summary>
    public long KeepAliveMicros { get; init; } = 29_000_000;

    /// <summary>
    /// The connection ends after this long without hearing from the peer, which is asked for an answer with each <see cref="KeepAliveMicros"/> after the second; 0: never.
    /// </summary>
    public long IdleTimeoutMicros { get; init; } = 300_000_000;

    /// <summary>How long late packets are answered after the end, at most (and at most four retransmission time-outs).</summary>
    public long TimeWaitMicros { get; init; } = 1_000_000;

    /// <summary>Whether an acknowledgement may wait for a second packet or 20 ms. Off: one per receive batch.</summary>
    public bool DelayedAck { get; init; }

    /// <summary>Whether the last packets in flight are probed for after about two round trips (RFC 8985 §7), instead of left to the time-out.</summary>
    public bool TailLossProbe { get; init; } = true;

    /// <summary>Whether an undersized packet waits while another one is in flight (Minshall). Off: no delay.</summary>
    public bool CoalesceSmallWrites { get; init; }

    /// <summary>Packets in flight at most toward a foreign peer (protocol.md §6).</summary>
    public int MaxForeignPacketsInFlight { get; init; } = 900;

    /// <summary>Packets in flight at most toward our own peers, with the large window.</summary>
    public int MaxOwnPacketsInFlight { get; init; } = 32_000;

    /// <summary>Makes the buffers in which payload is delivered; each goes with its event to the caller, who owns it then.</summary>
    public Func<int, byte[]> AllocateDelivery { get; init; } =
        static bytes => GC.AllocateUninitializedArray<byte>(bytes);

    /// <summary>Memory that connections share for out-of-order packets and unfinished frames; null: only the window bounds them.</summary>
    public MemoryBudget? ReorderBudget { get; init; }

    /// <summary>Memory that connections share for what was received in order and not read yet; null: only the window bounds it.</summary>
    public MemoryBudget? UnreadBudget { get; init; }

    /// <summary>Hears everything that happens, for metrics and qlog; null: nothing is reported and nothing costs.</summary>
    public IConnectionTrace? Trace { get; init; }
}

/// <summary>
/// The random values of one connection, drawn by the caller from a cryptographic source (protocol.md §3, §9), and
/// registered in its table before the connection starts.
/// </summary>
/// <param name="ReceiveId">The id we receive on: R for an initiator, the ST_SYN's id + 1 for an acceptor.</param>
/// <param name="InitialSeqNr">Our first seq_nr.</param>
/// <param name="FallbackReceiveId">The second R of an initiator, used by its last, plain ST_SYN. Unused by an acceptor.</param>
/// <param name="FallbackSeqNr">The seq_nr that goes with it.</param>
/// <param name="Tag">What our own peer is asked to show on each packet (note 0034); 0: nothing.</param>
/// <param name="ClockOffset">µs, by which the timestamps of this connection differ from our clock.</param>
public readonly record struct ConnectionSeed(
    ConnectionId ReceiveId, SeqNr InitialSeqNr, ConnectionId FallbackReceiveId, SeqNr FallbackSeqNr, uint Tag = 0, uint ClockOffset = 0);
