namespace Utp.Protocol;

/// <summary>
/// One uTP connection (BEP 29) as a state machine without socket, clock or thread. Its contract is input → drain → wait: tell it what happened with <c>Handle…</c> or a user's
/// command; then drain <see cref="PollEvent"/> and <see cref="PollTransmit"/>; then wait until <see cref="NextDeadline"/> or the next input.
/// </summary>
/// <remarks>
/// Used by one thread at a time. No input makes it throw, whatever a stranger sends. After every input both polls must be drained; events first, because what the user reads opens
/// the window that the acknowledgement advertises. When <see cref="IsTerminated"/> is true it can be forgotten. The rules are in its components (design note 0055).
/// </remarks>
public sealed class UtpConnection
{
    private readonly ConnectionParts _parts;
    private Instant _now;

    private UtpConnection(ConnectionParts parts, Instant now) => (_parts, _now) = (parts, now);

    /// <summary>Where the connection stands.</summary>
    public ConnectionState State => _parts.Life.State;

    /// <summary>Whether the connection is over and can be forgotten: Closed or Reset, with everything drained.</summary>
    public bool IsTerminated => _parts.Life.IsOver && !_parts.Closing.IsResetDue && !_parts.Events.IsClosedPending;

    /// <summary>Whether the peer has shown that it receives at its address (protocol.md §9): it is not half open any more.</summary>
    public bool IsAddressConfirmed => _parts.Life.IsAddressConfirmed;

    /// <summary>Whether only late repeats of the peer's ST_FIN are waited for: who is about to end may forget the connection then, without TimeWait (design note 24).</summary>
    public bool HasSaidAll => State == ConnectionState.TimeWait && _parts.Receiver.HasReachedFin && !_parts.Ack.IsDue && !_parts.Refusals.IsBlocked;

    /// <summary>
    /// Whether there is something to send, or an answer to wait for, and no timer that makes the connection go on or ends it. After both polls were drained this is a
    /// defect: simulations ask after every drain. Keep-alive and the idle time-out do not count, since a peer that only acknowledges keeps them from ending anything.
    /// </summary>
    public bool IsStalled => !IsTerminated && _parts.Deadlines.IsStalled;

    /// <summary>What the peer has shown; known from <see cref="ConnectionEventKind.Connected"/> on.</summary>
    public Capabilities PeerCapabilities => _parts.Peer.Capabilities;

    /// <summary>The id that packets to us carry.</summary>
    public ConnectionId ReceiveId => _parts.Handshake.ReceiveId;

    /// <summary>The id that our packets carry (but for ST_SYN).</summary>
    public ConnectionId SendId => _parts.Handshake.SendId;

    /// <summary>Bytes of writes that are not delivered yet.</summary>
    public long BufferedBytes => _parts.SendBuffer.BufferedBytes;

    /// <summary>Whether received data stays inside (and closes the window) until <see cref="ResumeReading"/>.</summary>
    public bool IsReadingSuspended => _parts.Data.IsSuspended;

    /// <summary>Bytes that the buffer of <see cref="PollTransmit"/> must have.</summary>
    public int LargestDatagramBytes => _parts.Mtu.LargestDatagramBytes;

    /// <summary>Bytes of UDP payload that are known to pass on this path.</summary>
    public int PathDatagramBytes => _parts.Mtu.MaxDatagramBytes;

    /// <summary>When to call <see cref="HandleTimeout"/> if nothing else happens; <see cref="Instant.Never"/>: no need. A late or spurious call is harmless.</summary>
    public Instant NextDeadline => _parts.Deadlines.Next(_now);

    /// <summary>When the next paced packet may leave: the one deadline that a millisecond later is too late for (design note 18).</summary>
    public Instant PacedAt => _parts.Timers[TimerKind.Pacing];

    /// <summary>What a connection with these options shows; None when it shows nothing.</summary>
    public static Capabilities CapabilitiesOf(ConnectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Handshake.CapabilitiesOf(options);
    }

    /// <summary>Starts a connection as initiator; <see cref="PollTransmit"/> yields the ST_SYN.</summary>
    /// <param name="seed">Random ids and seq_nrs, both receive ids reserved by the caller.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="initialData">The stream's first bytes, offered on the ST_SYN when they fit in one packet and the mode allows it; the first write when not empty. Borrowed like a write's.</param>
    /// <param name="now">The time.</param>
    public static UtpConnection Connect(ConnectionSeed seed, ConnectionOptions options, ReadOnlyMemory<byte> initialData, Instant now)
    {
        var connection = new UtpConnection(new ConnectionParts(seed, options, ConnectionState.SynSent, default, now), now);
        if (!initialData.IsEmpty)
            connection.AddInitialData(initialData, now);
        return connection;
    }

    /// <summary>
    /// Starts a connection as acceptor, in answer to a ST_SYN that the router found acceptable. The ST_SYN is handled by this call: do not hand it to <see cref="HandleBatch"/> again. The
    /// connection may be used at once, but its user hears of it when the peer's address is confirmed (<see cref="ConnectionOptions.AcceptUnconfirmed"/>); what it may send before is bounded (protocol.md §9).
    /// </summary>
    /// <param name="seed">The receive id must be the ST_SYN's id + 1.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="syn">The ST_SYN; borrowed until the call returns.</param>
    /// <param name="now">The time.</param>
    /// <param name="memory">The accounts of the peer's address, which all its connections share; by default the connection has its own.</param>
    public static UtpConnection Accept(ConnectionSeed seed, ConnectionOptions options, in InboundPacket syn, Instant now, AddressMemory memory = default)
    {
        var connection = new UtpConnection(new ConnectionParts(seed, options, ConnectionState.SynReceived, memory, now), now);
        connection._parts.Inbound.Accept(syn, now);
        return connection;
    }

    /// <summary>
    /// Starts a connection as acceptor by the packet that proves that the peer got the stateless answer to its ST_SYN: as <see cref="Accept"/>, with the seed as the router found
    /// it. The packet is handled by this call.
    /// </summary>
    public static UtpConnection AcceptProved(ConnectionSeed seed, ConnectionOptions options, in InboundPacket proof, Instant now, AddressMemory memory = default)
    {
        var connection = new UtpConnection(new ConnectionParts(seed, options, ConnectionState.SynReceived, memory, now), now);
        connection._parts.Inbound.AcceptProof(proof, now);
        return connection;
    }

    /// <summary>
    /// What <see cref="Connect"/> was not given, because it may belong to another connection: the stream's first bytes, whatever their size. Only once, and before
    /// the first write. The bytes, not empty, are borrowed like a write's.
    /// </summary>
    public void AddInitialData(ReadOnlyMemory<byte> data, Instant now)
    {
        BeginInput(now);
        _parts.SendBuffer.Add(data, default, isMessage: _parts.Options.Mode != DeliveryMode.Bytes);
    }

    /// <summary>Handles what one receive batch brought for this connection, in the order of arrival. Borrowed until the call returns; no arrival may lie after <paramref name="now"/>.</summary>
    public void HandleBatch(ReadOnlySpan<InboundPacket> batch, Instant now) => BeginInput(now).Inbound.HandleBatch(batch, now);

    /// <summary>Handles the deadlines that have passed; harmless when none has.</summary>
    public void HandleTimeout(Instant now) => BeginInput(now).Deadlines.Expire(now);

    /// <summary>
    /// The last <paramref name="count"/> datagrams that <see cref="PollTransmit"/> yielded were not taken by the socket (would
    /// block): they were never sent, which is not loss. Call before anything else; nothing is yielded then until
    /// <see cref="HandleWritable"/>. A socket that never takes anything again ends the connection in as long as a silent peer would.
    /// </summary>
    public void HandleUnsent(int count, Instant now) => _parts.Outbound.OnUnsent(count, _now = now);

    /// <summary>
    /// The last <paramref name="count"/> datagrams that <see cref="PollTransmit"/> yielded were larger than the socket allows
    /// (EMSGSIZE) and never sent: smaller ones are cut from now on, and these go in pieces, or without don't-fragment. Call before anything else.
    /// </summary>
    public void HandleTooLarge(int count, Instant now) => _parts.Outbound.OnTooLarge(count, _now = now);

    /// <summary>The socket takes datagrams again.</summary>
    public void HandleWritable(Instant now) => BeginInput(now).Outbound.OnWritable(now);

    /// <summary>
    /// Handles what our own system said of a send. What ICMP says goes to <see cref="HandleIcmpError"/>: the system may pass it on as the result of a later send,
    /// but not what it quotes, so a refusal means nothing here. TooLarge: <paramref name="pathDatagramBytes"/> bytes of UDP payload pass, as our own kernel says; 0: unknown.
    /// </summary>
    public void HandlePathError(PathError error, Instant now, int pathDatagramBytes = 0) =>
        BeginInput(now).Path.OnOwnSystem(error, pathDatagramBytes, now);

    /// <summary>
    /// Handles an ICMP error other than "too big", which goes to <see cref="HandlePacketTooBig"/>. It counts only if it quotes a packet that we sent and that
    /// is not acknowledged: then a closed port ends the connection at once, because the peer's process is gone.
    /// <paramref name="quoted"/> is the beginning of the datagram's UDP payload, as it quotes it; borrowed until the call returns.
    /// </summary>
    public void HandleIcmpError(PathError error, ReadOnlySpan<byte> quoted, Instant now) => BeginInput(now).Path.OnIcmp(error, quoted, now);

    /// <summary>
    /// Handles what ICMP said about a datagram that did not fit ("fragmentation needed", "packet too big"). Anybody may have written it: it counts only if it
    /// quotes a packet of ours that is on its way and larger than what is said to pass (RFC 8899 §4.6.1; note 0030). What left after that packet and is too large has met the
    /// same router. <paramref name="pathDatagramBytes"/> 0: it does not say what passes.
    /// </summary>
    public void HandlePacketTooBig(int pathDatagramBytes, ReadOnlySpan<byte> quoted, Instant now) =>
        BeginInput(now).Path.OnPacketTooBig(pathDatagramBytes, quoted, now);

    /// <summary>The socket is gone: the connection ends at once with <see cref="CloseCause.SocketError"/>.</summary>
    public void HandleSocketFailure(string detail, Instant now) => BeginInput(now).Path.OnSocketFailure(detail, now);

    /// <summary>
    /// Begins with the size that another connection to the same address found, as far as this peer is trusted to take it; <c>default</c> is
    /// ignored. Call once, before the first poll.
    /// </summary>
    public void SuggestPathSize(PathSize found) => _parts.Mtu.Suggest(found, useNow: State != ConnectionState.SynSent);

    /// <summary>What this connection found out about its path since the last call, for others to the same address (<see cref="PathSizeCache"/>). <c>default</c>: it fell, and what was told before holds no more.</summary>
    public bool PollPathSize(out PathSize found) => _parts.Mtu.TryTakeNews(out found);

    /// <summary>
    /// What the route's first hop takes, for an acceptor that was made without it (<see cref="ConnectionOptions.MtuCeilingBytes"/> of 0): asking the system is work that is
    /// not done before the peer's address is confirmed. Call once, when it is.
    /// </summary>
    public void SetMtuCeiling(int bytes) => _parts.Mtu.OnCeilingKnown(bytes);

    /// <summary>The kernel dropped datagrams at our own socket, or granted less than asked: the receive window shrinks toward <paramref name="bytes"/>, never below what was promised (protocol.md §6).</summary>
    public void LimitReceiveWindow(long bytes) => _parts.Data.LimitWindow(bytes);

    /// <summary>Queues data behind earlier writes. The memory must not change until the write is delivered or the connection ends.</summary>
    /// <param name="data">The bytes; may be empty.</param>
    /// <param name="metadata">Metadata of object or frame mode; empty for none.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether it was taken, and if not, why; then nothing of it was.</returns>
    public WriteResult Write(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> metadata, Instant now) => BeginInput(now).Gate.TryAdd(data, metadata);

    /// <summary>What <see cref="Write"/> would say now; nothing is taken.</summary>
    public WriteResult CheckWrite(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> metadata) => _parts.Gate.Check(data, ref metadata);

    /// <summary>
    /// The user was just given what arrived, and may answer at once: an acknowledgement of one short packet, or the handshake's confirmation, then waits for the
    /// packet that carries it, until <paramref name="until"/>, about a millisecond away at most. Whatever the peer must hear at once does not wait. Call between the drains of events and of datagrams.
    /// </summary>
    public void HoldAcknowledgement(Instant until) => _parts.Ack.Hold(until);

    /// <summary>Keeps received data inside; the window closes when it is full.</summary>
    public void SuspendReading() => _parts.Data.Suspend();

    /// <summary>Hands out received data again, and announces the window if it had closed.</summary>
    public void ResumeReading(Instant now) => BeginInput(now).Events.OnResume();

    /// <summary>
    /// Reads nothing more: what has arrived and was not polled is dropped, what still comes is not acknowledged, and the peer is told, so that its writes fail. Our own
    /// direction goes on. <paramref name="leavesUnread"/>: the user has dropped something that was polled, too. A <paramref name="code"/> tells the peer why
    /// (<see cref="CloseCodes.NotRead"/> without one). A peer that knows nothing of this hears of it by the ST_RESET that follows our ST_FIN.
    /// </summary>
    public void StopReading(Instant now, bool leavesUnread = false, ushort? code = null) => BeginInput(now).Closing.StopReading(leavesUnread, code, now);

    /// <summary>
    /// Closes both directions: what was written is flushed, then ST_FIN; nothing more is read. The Closed event comes when the peer has acknowledged all. A peer
    /// whose data is left unread, or that sends more, is reset behind that (<see cref="StopReading"/>). During the handshake as initiator it gives up at once.
    /// A <paramref name="code"/> (extension 3) is sent if the peer takes extensions.
    /// </summary>
    public void Close(Instant now, ushort? code = null) => BeginInput(now).Closing.Close(code, now);

    /// <summary>Closes our direction only: flush, then ST_FIN. The Closed event comes when the peer has closed its own, too, and all it sent was read.</summary>
    public void CloseWrite(Instant now, ushort? code = null) => BeginInput(now).Closing.CloseWrite(code, now);

    /// <summary>Aborts our direction only: what has not left is dropped, and an own peer reads a <see cref="CloseCause.CutOff"/>; with another peer it is <see cref="Abort"/>.</summary>
    public void AbortWrite(Instant now, ushort? code = null) => BeginInput(now).Closing.CutOff(code, now);

    /// <summary>Ends at once with ST_RESET; unsent and unacknowledged data is lost.</summary>
    public void Abort(Instant now, ushort? code = null) => BeginInput(now).Closing.Abort(code, now);

    /// <summary>The next thing the user must hear; false when there is none. Received data is withheld while reading is suspended.</summary>
    public bool PollEvent(out ConnectionEvent connectionEvent) =>
        _parts.Events.TryTake(_parts.Closing.PeerCode, _parts.Closing.IsReadToTheEnd, _parts.Rtt.SmoothedMicros, _now, out connectionEvent);

    /// <summary>Writes the next datagram to <paramref name="buffer"/>, of <see cref="LargestDatagramBytes"/> bytes at least; false when nothing may leave now. Ask for the time just before sending: it is the packet's timestamp.</summary>
    public bool PollTransmit(Span<byte> buffer, Instant now, out Transmit transmit) => _parts.Outbound.TryPoll(buffer, _now = now, out transmit);

    /// <summary>From now on <paramref name="trace"/> hears what the connection does; null: nobody. Instead of <see cref="ConnectionOptions.Trace"/>.</summary>
    public void SetTrace(IConnectionTrace? trace) => _parts.Trace.Set(trace);

    /// <summary>A copy of the counters and gauges.</summary>
    public ConnectionStats GetStatistics() => _parts.GetStatistics();

    // Every input begins here: what was polled before is sent for good.
    private ConnectionParts BeginInput(Instant now)
    {
        _now = now;
        _parts.Refusals.ForgetPolled();
        return _parts;
    }
}
