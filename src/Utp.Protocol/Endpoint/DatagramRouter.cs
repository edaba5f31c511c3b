using System.Buffers.Binary;

namespace Utp.Protocol;

/// <summary>
/// Decides for each datagram that a UDP port receives where it goes (protocol.md §1.4, §4.6, §9), and holds the table of the
/// port's connections. Used by one thread at a time; throws for nothing that a stranger sends.
/// </summary>
/// <typeparam name="TPath">Both ends of a datagram's way (addresses with IPv6 scope, and the remote port), as a value.</typeparam>
/// <typeparam name="TConnection">The caller's handle of a connection.</typeparam>
public sealed class DatagramRouter<TPath, TConnection>
    where TPath : struct, IEquatable<TPath>
    where TConnection : class
{
    private const int AcceptorRandomBytes = 10;

    private readonly EndpointLimits _limits;
    private readonly Func<TPath, ulong> _addressKey;
    private readonly ConnectionTable<TPath, TConnection> _table;
    private readonly ResetRateLimiter _resets;
    private SynCookie? _cookies;
    private Func<TPath, SynPath>? _synPath;
    private StatelessAnswer _answer;
    private Instant _cookiesUntil;
    private long _synStateless;
    private long _delivered, _malformed, _notUtp, _unknownConnection, _resetsSent, _resetsSuppressed, _synRefused;

    /// <summary>Creates a router.</summary>
    /// <param name="limits">How much strangers may take.</param>
    /// <param name="addressKey">The remote address without its port, as a key for limits per address; equal keys may collide harmlessly.</param>
    public DatagramRouter(EndpointLimits limits, Func<TPath, ulong> addressKey)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(addressKey);
        _limits = limits;
        _addressKey = addressKey;
        _table = new ConnectionTable<TPath, TConnection>(limits, addressKey);
        _resets = new ResetRateLimiter(limits);
    }

    /// <summary>Connections in the table.</summary>
    public int Count => _table.Count;

    /// <summary>Acceptors in the table whose peer's address is not confirmed yet.</summary>
    public int HalfOpenCount => _table.HalfOpen;

    /// <summary>Counters of what was routed and dropped.</summary>
    public EndpointStats Statistics =>
        new(_delivered, _malformed, _notUtp, _unknownConnection, _resetsSent, _resetsSuppressed, _synRefused, _synStateless);

    /// <summary>Whether answers are stateless now, or were so lately that one of them may still be acknowledged.</summary>
    public bool IsStateless(Instant now) => _cookies is not null && now < _cookiesUntil;

    /// <summary>
    /// From now on ST_SYNs beyond the half-open limits are answered without remembering them (<see cref="TryAnswerStateless"/>), and not refused.
    /// </summary>
    /// <param name="key">16 bytes from a cryptographic source, kept as long as the port is open.</param>
    /// <param name="synPath">What the answer binds of a path.</param>
    /// <param name="answer">What it says of us.</param>
    /// <exception cref="ArgumentOutOfRangeException">The key is too short.</exception>
    public void UseStatelessAnswers(ReadOnlySpan<byte> key, Func<TPath, SynPath> synPath, StatelessAnswer answer)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(key.Length, SipHash.KeyBytes);
        ArgumentNullException.ThrowIfNull(synPath);
        _cookies = new SynCookie(key);
        _synPath = synPath;
        _answer = answer;
    }

    /// <summary>No ST_SYN is answered so any more; what was answered may still be proved.</summary>
    public void StopStatelessAnswers() => _synPath = null;

    /// <summary>
    /// Answers a ST_SYN of no connection without remembering it, when the half-open limits leave no other way (protocol.md §9.2). The answer is never larger than the
    /// ST_SYN.
    /// </summary>
    /// <param name="path">Where it came from, and the answer goes to.</param>
    /// <param name="syn">What <see cref="TryDeliver"/> parsed, and found no connection for.</param>
    /// <param name="datagram">Its datagram.</param>
    /// <param name="destination">At least <see cref="StatelessAnswer.LargestBytes"/> bytes.</param>
    /// <param name="now">The time.</param>
    /// <param name="length">Bytes written.</param>
    /// <returns>Whether an answer was written; otherwise the packet takes its usual way.</returns>
    public bool TryAnswerStateless(in TPath path, in ParsedPacket syn, ReadOnlySpan<byte> datagram, Span<byte> destination, Instant now, out int length)
    {
        length = 0;
        if (syn.Header.Type != PacketType.Syn || _cookies is null || _synPath is null || _table.CheckLimits(path, halfOpen: true) != AcceptRefusal.HalfOpenLimit)
            return false;
        var header = syn.Header;
        var ownPeer = _answer.Capabilities != Capabilities.None && CapabilitiesExtension.Parse(syn.Extension2(datagram)) != Capabilities.None;
        var chain = new ExtensionChain(destination);
        var cookie = _cookies.Make(_synPath(path), header.ConnectionId, header.SeqNr, ownPeer, now);
        if (ownPeer)
        {
            CapabilitiesExtension.Write(chain.Add(ExtensionType.CapabilitiesOrMetadata, CapabilitiesExtension.Length), (_answer.Capabilities & ~Capabilities.SynPayload) | Capabilities.Stateless);
            if (syn.Tag.Asked != 0)
                new PacketTag(syn.Tag.Asked, cookie.Tag).Write(chain.Add(ExtensionType.PacketTag, PacketTag.HandshakeLength));
        }

        var timestamp = new WireClock(cookie.ClockOffset).Stamp(now);
        new PacketHeader(
            PacketType.State, chain.First, header.ConnectionId, timestamp, header.Timestamp.MicrosUntil(timestamp),
            _answer.WindowBytes, cookie.SeqNr, header.SeqNr).Write(destination);
        length = chain.Length;
        _cookiesUntil = now.Plus(2 * SynCookie.SlotMicros);
        _synStateless++;
        return true;
    }

    /// <summary>Adds the acceptor of a packet for which <see cref="Route"/> decided <see cref="RouteDecision.AcceptProved"/>. False when a limit of connections is reached.</summary>
    /// <param name="path">Its way.</param>
    /// <param name="proof">The packet, and when it arrived.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="seed">For <see cref="UtpConnection.AcceptProved"/>.</param>
    public bool TryAddProved(in TPath path, in InboundPacket proof, TConnection connection, out ConnectionSeed seed)
    {
        ArgumentNullException.ThrowIfNull(connection);
        seed = default;
        if (!TryProve(path, proof.Packet, proof.Datagram.Span, proof.Arrival, out var cookie))
            return false;
        seed = new ConnectionSeed(proof.Packet.Header.ConnectionId, cookie.SeqNr, default, default, cookie.Tag, cookie.ClockOffset);
        if (_table.CheckLimits(path, halfOpen: false) != AcceptRefusal.None || _table.TryFind(path, seed.ReceiveId, out _))
            return false;
        _table.AddAcceptor(path, seed, connection, halfOpen: false);
        return true;
    }

    /// <summary>Parses a datagram and decides. <paramref name="connection"/> is set for <see cref="RouteDecision.Deliver"/> only.</summary>
    /// <remarks>
    /// A ST_SYN that meets a live connection on the id it would give us is delivered: the connection tells a duplicate of its own
    /// ST_SYN, which is answered again, from another one, which is dropped (protocol.md §4.3).
    /// </remarks>
    public RouteDecision Route(ReadOnlySpan<byte> datagram, in TPath path, Instant now, out ParsedPacket packet, out TConnection? connection)
    {
        if (!ParsedPacket.TryParse(datagram, out packet))
        {
            // protocol.md §9.5: also a broken extension chain may be another protocol's, which shares the port.
            if (PacketHeader.TryParse(datagram, out _))
                _malformed++;
            else
                _notUtp++;
            connection = null;
            return RouteDecision.NotUtp;
        }

        var id = packet.Header.ConnectionId;
        var found = packet.Header.Type switch
        {
            // ST_SYN alone carries the sender's receive id R; we would receive on R + 1.
            PacketType.Syn => _table.TryFind(path, id.Next, out connection),
            PacketType.Reset => _table.TryFindForReset(path, id, out connection),
            _ => _table.TryFind(path, id, out connection),
        };
        if (found)
        {
            _delivered++;
            return RouteDecision.Deliver;
        }

        if (packet.Header.Type != PacketType.Syn && IsStateless(now))
            return RouteUnremembered(datagram, path, packet, now);
        return RouteUnknown(packet.Header.Type);
    }

    /// <summary>
    /// Finds the connection of a datagram that has one; of any other nothing is decided or counted: that is for <see cref="Route"/>.
    /// </summary>
    /// <param name="datagram">One datagram.</param>
    /// <param name="path">Its way.</param>
    /// <param name="hint">The connection found last on the same path, and now this one's: a run of packets is looked up once. Not to be kept when a connection may have been removed since.</param>
    /// <param name="packet">What was parsed.</param>
    public bool TryDeliver(ReadOnlySpan<byte> datagram, in TPath path, ref RouteHint<TConnection> hint, out ParsedPacket packet)
    {
        if (!ParsedPacket.TryParse(datagram, out packet))
            return false;
        var id = packet.Header.ConnectionId;
        var isOrdinary = packet.Header.Type is PacketType.Data or PacketType.State or PacketType.Fin;
        if (!isOrdinary || !hint.IsOrdinary || hint.ReceiveId != id)
        {
            var found = packet.Header.Type switch
            {
                PacketType.Syn => _table.TryFind(path, id.Next, out hint.Connection),
                PacketType.Reset => _table.TryFindForReset(path, id, out hint.Connection),
                _ => _table.TryFind(path, id, out hint.Connection),
            };
            hint.ReceiveId = id;
            hint.IsOrdinary = found && isOrdinary;
            if (!found)
                return false;
        }

        _delivered++;
        return true;
    }

    /// <summary>
    /// Finds the connection that an ICMP message speaks of, by the packet that it quotes: one of ours, so it carries the id that we send with. Whether the
    /// message is true the connection knows.
    /// </summary>
    /// <param name="path">The way of the packet that it quotes, as we know it.</param>
    /// <param name="quoted">The beginning of its UDP payload.</param>
    /// <param name="connection">The connection.</param>
    public bool TryFindQuoted(in TPath path, ReadOnlySpan<byte> quoted, out TConnection? connection)
    {
        connection = null;
        return PacketHeader.TryParse(quoted, out var header) && header.Type switch
        {
            PacketType.Syn => _table.TryFind(path, header.ConnectionId, out connection),
            PacketType.Reset => false,
            _ => _table.TryFindBySendId(path, header.ConnectionId, out connection),
        };
    }

    /// <summary>
    /// Picks ids and seq_nrs for an initiator, from <paramref name="random"/> (at least 32 cryptographically random bytes), that clash
    /// with no connection on the path, and adds the connection under both receive ids. False when the limits refuse.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 32 random bytes.</exception>
    public bool TryAddInitiator(in TPath path, ReadOnlySpan<byte> random, TConnection connection, out ConnectionSeed seed)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentOutOfRangeException.ThrowIfLessThan(random.Length, InitiatorIds.RandomBytes);
        seed = default;
        if (_table.CheckLimits(path, halfOpen: false) != AcceptRefusal.None || !InitiatorIds.TryDraw(_table, path, random, out seed))
            return false;
        _table.AddInitiator(path, seed, connection);
        return true;
    }

    /// <summary>Adds the acceptor of a ST_SYN as half open. False, with the cause, when the limits refuse or the id is taken.</summary>
    /// <exception cref="ArgumentException">The packet is no ST_SYN.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 10 random bytes.</exception>
    public bool TryAddAcceptor(in TPath path, in ParsedPacket syn, ReadOnlySpan<byte> random, TConnection connection, out ConnectionSeed seed, out AcceptRefusal refusal)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentOutOfRangeException.ThrowIfLessThan(random.Length, AcceptorRandomBytes);
        if (syn.Header.Type != PacketType.Syn)
            throw new ArgumentException("Only a ST_SYN can be accepted.", nameof(syn));

        var receiveId = syn.Header.ConnectionId.Next;
        refusal = _table.TryFind(path, receiveId, out _) ? AcceptRefusal.IdInUse : _table.CheckLimits(path, halfOpen: true);
        if (refusal != AcceptRefusal.None)
        {
            _synRefused++;
            seed = default;
            return false;
        }

        seed = new ConnectionSeed(
            receiveId, new SeqNr(BinaryPrimitives.ReadUInt16BigEndian(random)), default, default,
            InitiatorIds.TagOf(BinaryPrimitives.ReadUInt32BigEndian(random[2..])), BinaryPrimitives.ReadUInt32BigEndian(random[6..]));
        _table.AddAcceptor(path, seed, connection, halfOpen: true);
        return true;
    }

    /// <summary>An acceptor's address was confirmed: it is not half open any more. Harmless for any other connection.</summary>
    public void OnConfirmed(in TPath path, ConnectionId receiveId) => _table.Confirm(path, receiveId);

    /// <summary>Removes a connection with all its ids; false if it was not there.</summary>
    public bool Remove(in TPath path, in ConnectionSeed seed) => _table.Remove(path, seed);

    /// <summary>
    /// Writes the ST_RESET that answers <paramref name="packet"/> (protocol.md §4.6), unless the rate limits per address and in total forbid it, or
    /// the packet is itself a ST_RESET. The answer is never larger than the question.
    /// </summary>
    /// <param name="path">Where the packet came from, and the answer goes to.</param>
    /// <param name="packet">A packet for which <see cref="Route"/> decided <see cref="RouteDecision.Reset"/>, or a refused ST_SYN.</param>
    /// <param name="destination">At least 20 bytes.</param>
    /// <param name="now">The time.</param>
    /// <param name="length">Bytes written.</param>
    /// <exception cref="ArgumentOutOfRangeException">The destination is too short.</exception>
    public bool TryWriteReset(in TPath path, in ParsedPacket packet, Span<byte> destination, Instant now, out int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, PacketHeader.Length);
        length = 0;
        if (packet.Header.Type == PacketType.Reset)
            return false;
        if (!_resets.TryTake(_addressKey(path), now))
        {
            _resetsSuppressed++;
            return false;
        }

        ResetPacket.Write(packet.Header, destination, now);
        length = PacketHeader.Length;
        _resetsSent++;
        return true;
    }

    // It may belong to a connection that we do not remember, whose ST_STATE or capabilities were lost: no ST_RESET then.
    private RouteDecision RouteUnremembered(ReadOnlySpan<byte> datagram, in TPath path, in ParsedPacket packet, Instant now)
    {
        if (packet.Header.Type != PacketType.Reset && TryProve(path, packet, datagram, now, out _))
            return RouteDecision.AcceptProved;
        _unknownConnection++;
        return _limits.UnknownIsNotUtp ? RouteDecision.NotUtp : RouteDecision.Drop;
    }

    // One that speaks of tags must show the one that it was asked for.
    private bool TryProve(in TPath path, in ParsedPacket packet, ReadOnlySpan<byte> datagram, Instant now, out Cookie cookie)
    {
        cookie = default;
        return _synPath is not null && _cookies is not null
            && _cookies.TryProve(_synPath(path), packet.Header, CapabilitiesExtension.Parse(packet.Extension2(datagram)) != Capabilities.None, now, out cookie)
            && (packet.Tag == default || packet.Tag.Shown == cookie.Tag);
    }

    private RouteDecision RouteUnknown(PacketType type)
    {
        if (type == PacketType.Syn)
            return RouteDecision.Accept;
        _unknownConnection++;
        if (_limits.UnknownIsNotUtp)
            return RouteDecision.NotUtp;

        // Two ends that answered ST_RESET with ST_RESET would never stop.
        return type == PacketType.Reset ? RouteDecision.Drop : RouteDecision.Reset;
    }
}

/// <summary>The connection that <see cref="DatagramRouter{TPath, TConnection}.TryDeliver"/> found last on a path.</summary>
/// <typeparam name="TConnection">The caller's handle of a connection.</typeparam>
public struct RouteHint<TConnection>
    where TConnection : class
{
    internal ConnectionId ReceiveId;

    // A ST_SYN and a ST_RESET are found by other ids than the rest.
    internal bool IsOrdinary;
    internal TConnection? Connection;

    /// <summary>The connection; set when the last datagram was found to have one.</summary>
    public readonly TConnection? Found => Connection;
}
