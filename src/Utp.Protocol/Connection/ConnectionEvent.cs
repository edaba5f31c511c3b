namespace Utp.Protocol;

/// <summary>What <see cref="UtpConnection.PollEvent"/> tells.</summary>
public enum ConnectionEventKind
{
    /// <summary>The handshake is complete; see <see cref="UtpConnection.PeerCapabilities"/>. Comes first.</summary>
    Connected,

    /// <summary>Payload in order, in <see cref="ConnectionEvent.Data"/>, with its metadata.</summary>
    Received,

    /// <summary>The peer's ST_FIN was reached: no more data will come.</summary>
    PeerFinished,

    /// <summary>The peer acknowledged the first <see cref="ConnectionEvent.Count"/> writes, from the connection's start, in full.</summary>
    WritesDelivered,

    /// <summary>The connection has ended for its user, by <see cref="ConnectionEvent.Reason"/>. Comes last.</summary>
    Closed,

    /// <summary>The peer does not read any more: no write that was not delivered will be, and none is taken. What the peer sends is still received; why is in <see cref="ConnectionEvent.Reason"/>.</summary>
    WritesFailed,
}

/// <summary>Something that the user of a connection must hear, in order.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Data">Received: the payload; its memory belongs to the caller from now on.</param>
/// <param name="Metadata">Received in object or frame mode: the metadata, perhaps empty; belongs to the caller.</param>
/// <param name="Count">WritesDelivered: how many writes in all.</param>
/// <param name="Reason">Closed, WritesFailed: why. PeerFinished: the close reason that the peer gave.</param>
public readonly record struct ConnectionEvent(
    ConnectionEventKind Kind,
    ReadOnlyMemory<byte> Data = default,
    ReadOnlyMemory<byte> Metadata = default,
    long Count = 0,
    CloseReason Reason = default);

/// <summary>What became of a write.</summary>
public enum WriteResult
{
    /// <summary>Taken. The memory belongs to the connection until the write is delivered or the connection ends.</summary>
    Accepted,

    /// <summary>The send buffer has no room now; nothing was taken.</summary>
    BufferFull,

    /// <summary>Larger than the whole send buffer: it can never be taken.</summary>
    TooLarge,

    /// <summary>The handshake is not complete; nothing was taken.</summary>
    NotConnected,

    /// <summary>Our direction is closed; nothing was taken.</summary>
    Closing,

    /// <summary>The peer did not negotiate metadata, or the connection is in byte mode.</summary>
    MetadataNotNegotiated,

    /// <summary>Metadata is longer than 255 bytes (frame mode: 250).</summary>
    MetadataTooLong,

    /// <summary>The connection is in frame mode but the peer did not negotiate frames.</summary>
    FramesNotNegotiated,

    /// <summary>Larger than the largest frame.</summary>
    FrameTooLarge,
}

/// <summary>One datagram that <see cref="UtpConnection.PollTransmit"/> wrote.</summary>
/// <param name="Length">Bytes of UDP payload.</param>
/// <param name="DontFragment">Whether it must not be fragmented.</param>
public readonly record struct Transmit(int Length, bool DontFragment);

/// <summary>One datagram of a batch, parsed by the router.</summary>
/// <param name="Packet">Where in the datagram everything lies.</param>
/// <param name="Datagram">The datagram; borrowed until the call returns.</param>
/// <param name="Arrival">When it was read from the socket.</param>
public readonly record struct InboundPacket(ParsedPacket Packet, ReadOnlyMemory<byte> Datagram, Instant Arrival);

/// <summary>A network error concerning the connection's path, as ICMP or a send reported it.</summary>
public enum PathError
{
    /// <summary>Port unreachable.</summary>
    Refused,

    /// <summary>Network or host unreachable, or sending is forbidden.</summary>
    Unreachable,

    /// <summary>A datagram was larger than the path allows.</summary>
    TooLarge,
}
