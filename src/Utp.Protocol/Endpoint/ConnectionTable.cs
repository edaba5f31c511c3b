namespace Utp.Protocol;

/// <summary>
/// The connections of one UDP port, by path and receive id (protocol.md §1.4): two hosts may have many. An initiator
/// stands under two receive ids, because its last ST_SYN carries another one (§4.2). Owned by the <see cref="DatagramRouter{TPath, TConnection}"/>.
/// </summary>
internal sealed class ConnectionTable<TPath, TConnection>(EndpointLimits limits, Func<TPath, ulong> addressKey)
    where TPath : struct, IEquatable<TPath>
    where TConnection : class
{
    private readonly Dictionary<Key, Entry> _entries = [];
    private readonly ConnectionQuota _quota = new(limits);

    /// <summary>Connections, each counted once.</summary>
    public int Count => _quota.Connections;

    /// <summary>Connections whose address is not confirmed yet.</summary>
    public int HalfOpen => _quota.HalfOpen;

    public bool TryFind(in TPath path, ConnectionId receiveId, out TConnection? connection)
    {
        var found = _entries.TryGetValue(new Key(path, receiveId), out var entry);
        connection = entry.Connection;
        return found;
    }

    /// <summary>
    /// Finds the connection that a ST_RESET means by either of its ids (protocol.md §4.6): a peer that aborts names our
    /// receive id; one that does not know us echoes our send id.
    /// </summary>
    public bool TryFindForReset(in TPath path, ConnectionId id, out TConnection? connection) =>
        TryFind(path, id, out connection) || TryFindBySendId(path, id, out connection);

    /// <summary>Finds a connection by the id that our packets carry.</summary>
    public bool TryFindBySendId(in TPath path, ConnectionId id, out TConnection? connection)
    {
        // An initiator sends on R + 1 and receives on R, an acceptor the other way round (BEP 29, "connection_id").
        var found = (_entries.TryGetValue(new Key(path, id.Previous), out var entry) && entry.Role == Role.Initiator)
            || (_entries.TryGetValue(new Key(path, id.Next), out entry) && entry.Role == Role.Acceptor);
        connection = found ? entry.Connection : null;
        return found;
    }

    /// <summary>
    /// Whether an initiator may pick <paramref name="receiveId"/> as R: its two ids are nobody's receive id, its receive id is no
    /// initiator's send id (a ST_RESET could mean either), and R + 1, which the peer will receive on, is not the R of
    /// a connection that the peer itself began: we know that one as an acceptor on R + 2.
    /// </summary>
    public bool IsFree(in TPath path, ConnectionId receiveId) =>
        receiveId.IsUsableByInitiator
        && !_entries.ContainsKey(new Key(path, receiveId.Previous))
        && !_entries.ContainsKey(new Key(path, receiveId))
        && !_entries.ContainsKey(new Key(path, receiveId.Next))
        && !_entries.ContainsKey(new Key(path, receiveId.Next.Next));

    /// <summary>Whether the limits allow one more connection on the path.</summary>
    public AcceptRefusal CheckLimits(in TPath path, bool halfOpen) => _quota.Check(addressKey(path), halfOpen);

    /// <summary>Adds an initiator under both of its receive ids, which were found free.</summary>
    public void AddInitiator(in TPath path, in ConnectionSeed seed, TConnection connection)
    {
        _entries.Add(new Key(path, seed.ReceiveId), new Entry(connection, Role.Initiator, seed.InitialSeqNr, HalfOpen: false));
        _entries.Add(new Key(path, seed.FallbackReceiveId), new Entry(connection, Role.Initiator, seed.FallbackSeqNr, HalfOpen: false));
        _quota.Enter(addressKey(path), halfOpen: false);
    }

    /// <summary>Adds an acceptor, half open or proved, under its receive id, which was not found.</summary>
    public void AddAcceptor(in TPath path, in ConnectionSeed seed, TConnection connection, bool halfOpen)
    {
        _entries.Add(new Key(path, seed.ReceiveId), new Entry(connection, Role.Acceptor, seed.InitialSeqNr, halfOpen));
        _quota.Enter(addressKey(path), halfOpen);
    }

    /// <summary>The connection's address was confirmed; anything else than a half-open connection is left alone.</summary>
    public void Confirm(in TPath path, ConnectionId receiveId)
    {
        var key = new Key(path, receiveId);
        if (!_entries.TryGetValue(key, out var entry) || !entry.HalfOpen)
            return;
        _entries[key] = entry with { HalfOpen = false };
        _quota.Confirm(addressKey(path));
    }

    /// <summary>Removes a connection with all its ids; false if it is not there.</summary>
    public bool Remove(in TPath path, in ConnectionSeed seed)
    {
        // The seq_nr tells a connection from a later one that was given the same id, so that a second removal harms nobody.
        var key = new Key(path, seed.ReceiveId);
        if (!_entries.TryGetValue(key, out var entry) || entry.InitialSeqNr != seed.InitialSeqNr)
            return false;

        _entries.Remove(key);
        if (entry.Role == Role.Initiator)
            _entries.Remove(new Key(path, seed.FallbackReceiveId));
        _quota.Leave(addressKey(path), entry.HalfOpen);
        return true;
    }

    private enum Role : byte
    {
        Initiator,
        Acceptor,
    }

    private readonly record struct Entry(TConnection Connection, Role Role, SeqNr InitialSeqNr, bool HalfOpen);

    private readonly record struct Key(TPath Path, ConnectionId ReceiveId)
    {
        // Strangers choose ports and ids: HashCode is seeded per process, the generated hash is not.
        public override int GetHashCode() => HashCode.Combine(Path, ReceiveId.Value);
    }
}
