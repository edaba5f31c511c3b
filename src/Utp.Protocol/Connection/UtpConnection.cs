namespace Utp.Protocol;

/// <summary>
/// One uTP connection (BEP 29) as a state machine without socket, clock or thread. Its contract is
/// input → drain → wait: tell it what happened with <c>Handle…</c> or a user's command; then drain
/// <see cref="PollTransmit"/> and <see cref="PollEvent"/>; then wait until <see cref="NextDeadline"/> or the next input.
/// </summary>
/// <remarks>
/// Used by one thread at a time. No input makes it throw, whatever a stranger sends; misuse by its caller does.
/// After every input both polls must be drained, in either order. When <see cref="IsTerminated"/> is true it can be forgotten.
/// </remarks>
public sealed partial class UtpConnection
{
    /// <summary>
    /// Starts a connection as initiator; <see cref="PollTransmit"/> yields the ST_SYN.
    /// </summary>
    /// <param name="seed">Random ids and seq_nrs, both receive ids reserved by the caller.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="initialData">The stream's first bytes, offered on the ST_SYN when they fit in one packet's payload; counts as the first write when not empty.</param>
    /// <param name="now">The time.</param>
    public static UtpConnection Connect(ConnectionSeed seed, ConnectionOptions options, ReadOnlyMemory<byte> initialData, Instant now) => throw new NotImplementedException();

    /// <summary>
    /// Starts a connection as acceptor, in answer to a ST_SYN that the router found acceptable. The ST_SYN is handled by this call: do not hand it to <see cref="HandleBatch"/> again.
    /// </summary>
    /// <param name="seed">The receive id must be the ST_SYN's id + 1.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="syn">The ST_SYN; borrowed until the call returns.</param>
    /// <param name="now">The time.</param>
    public static UtpConnection Accept(ConnectionSeed seed, ConnectionOptions options, in InboundPacket syn, Instant now) => throw new NotImplementedException();

    /// <summary>Where the connection stands.</summary>
    public ConnectionState State => throw new NotImplementedException();

    /// <summary>Whether the connection is over and can be forgotten: Closed or Reset, with everything drained.</summary>
    public bool IsTerminated => throw new NotImplementedException();

    /// <summary>What the peer has shown; known from <see cref="ConnectionEventKind.Connected"/> on.</summary>
    public Capabilities PeerCapabilities => throw new NotImplementedException();

    /// <summary>The id that packets to us carry.</summary>
    public ConnectionId ReceiveId => throw new NotImplementedException();

    /// <summary>The id that our packets carry (but for ST_SYN).</summary>
    public ConnectionId SendId => throw new NotImplementedException();

    /// <summary>Bytes of writes that are not delivered yet.</summary>
    public long BufferedBytes => throw new NotImplementedException();

    /// <summary>Whether received data stays inside (and closes the window) until <see cref="ResumeReading"/>.</summary>
    public bool IsReadingSuspended => throw new NotImplementedException();

    /// <summary>When to call <see cref="HandleTimeout"/> if nothing else happens; <see cref="Instant.Never"/>: no need. A late or spurious call is harmless.</summary>
    public Instant NextDeadline => throw new NotImplementedException();

    /// <summary>Handles what one receive batch brought for this connection, in the order of arrival.</summary>
    public void HandleBatch(ReadOnlySpan<InboundPacket> batch, Instant now) => throw new NotImplementedException();

    /// <summary>Handles the deadlines that have passed.</summary>
    public void HandleTimeout(Instant now) => throw new NotImplementedException();

    /// <summary>Handles an error of the path, as ICMP or a send reported it.</summary>
    public void HandlePathError(PathError error, Instant now) => throw new NotImplementedException();

    /// <summary>The last <paramref name="count"/> datagrams that <see cref="PollTransmit"/> yielded were not taken by the socket (would block): they were never sent, which is not loss. Call before anything else; then do not poll for transmits until <see cref="HandleWritable"/>.</summary>
    public void HandleUnsent(int count, Instant now) => throw new NotImplementedException();

    /// <summary>The socket takes datagrams again.</summary>
    public void HandleWritable(Instant now) => throw new NotImplementedException();

    /// <summary>The kernel dropped datagrams at our own socket, or granted less than asked: the receive window shrinks toward <paramref name="bytes"/>, never below what was promised (protocol.md §6).</summary>
    public void LimitReceiveWindow(long bytes) => throw new NotImplementedException();

    /// <summary>The socket is gone: the connection ends at once with <see cref="CloseCause.SocketError"/>.</summary>
    public void HandleSocketFailure(string detail, Instant now) => throw new NotImplementedException();

    /// <summary>Queues data behind earlier writes. The memory must not change until the write is delivered or the connection ends.</summary>
    /// <param name="data">The bytes; may be empty (with metadata, or in frame mode, an empty message; otherwise delivered at once).</param>
    /// <param name="metadata">Metadata of object or frame mode; empty for none.</param>
    /// <param name="now">The time.</param>
    public WriteResult Write(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> metadata, Instant now) => throw new NotImplementedException();

    /// <summary>Closes both directions: what was written is flushed, then ST_FIN; what still arrives is discarded. The Closed event comes when the peer has acknowledged all.</summary>
    public void Close(Instant now, ushort? code = null) => throw new NotImplementedException();

    /// <summary>Closes our direction only: flush, then ST_FIN. The Closed event comes when the peer has closed its own, too.</summary>
    public void CloseWrite(Instant now, ushort? code = null) => throw new NotImplementedException();

    /// <summary>Ends at once with ST_RESET; unsent and unacknowledged data is lost.</summary>
    public void Abort(Instant now, ushort? code = null) => throw new NotImplementedException();

    /// <summary>Keeps received data inside; the window closes when it is full.</summary>
    public void SuspendReading() => throw new NotImplementedException();

    /// <summary>Hands out received data again, and announces the window if it had closed.</summary>
    public void ResumeReading(Instant now) => throw new NotImplementedException();

    /// <summary>
    /// Writes the next datagram to <paramref name="buffer"/>; false when nothing may leave now.
    /// </summary>
    /// <param name="buffer">At least <see cref="ConnectionOptions.MaxDatagramBytes"/> bytes; the caller's.</param>
    /// <param name="now">The time, written into the packet as its timestamp: ask just before sending.</param>
    /// <param name="transmit">The datagram's length.</param>
    public bool PollTransmit(Span<byte> buffer, Instant now, out Transmit transmit) => throw new NotImplementedException();

    /// <summary>The next thing the user must hear; false when there is none. Received data is withheld while reading is suspended.</summary>
    public bool PollEvent(out ConnectionEvent connectionEvent) => throw new NotImplementedException();

    /// <summary>A copy of the counters and gauges.</summary>
    public ConnectionStats GetStatistics() => throw new NotImplementedException();
}
