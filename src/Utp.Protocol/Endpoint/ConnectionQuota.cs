namespace Utp.Protocol;

/// <summary>
/// Counts a port's connections and half-open ones, in all and per remote address, and refuses beyond the limits
/// (protocol.md §9.4). Remembers an address only while it has a connection. Owned by the <see cref="ConnectionTable{TPath, TConnection}"/>.
/// </summary>
internal sealed class ConnectionQuota(EndpointLimits limits)
{
    private readonly Dictionary<ulong, Counts> _perAddress = [];
    private Counts _total;

    public int Connections => _total.Connections;

    public int HalfOpen => _total.HalfOpen;

    /// <summary>Whether one more connection, half open or not, would stay within the limits.</summary>
    public AcceptRefusal Check(ulong address, bool halfOpen)
    {
        _perAddress.TryGetValue(address, out var counts);
        if (_total.Connections >= limits.MaxConnections || counts.Connections >= limits.MaxConnectionsPerAddress)
            return AcceptRefusal.ConnectionLimit;
        if (halfOpen && (_total.HalfOpen >= limits.MaxHalfOpen || counts.HalfOpen >= limits.MaxHalfOpenPerAddress))
            return AcceptRefusal.HalfOpenLimit;
        return AcceptRefusal.None;
    }

    public void Enter(ulong address, bool halfOpen) => Add(address, 1, halfOpen ? 1 : 0);

    public void Confirm(ulong address) => Add(address, 0, -1);

    public void Leave(ulong address, bool halfOpen) => Add(address, -1, halfOpen ? -1 : 0);

    private void Add(ulong address, int connections, int halfOpen)
    {
        _total = _total.Plus(connections, halfOpen);
        _perAddress.TryGetValue(address, out var counts);
        counts = counts.Plus(connections, halfOpen);
        if (counts.Connections > 0)
            _perAddress[address] = counts;
        else
            _perAddress.Remove(address);
    }

    private readonly record struct Counts(int Connections, int HalfOpen)
    {
        public Counts Plus(int connections, int halfOpen) => new(Connections + connections, HalfOpen + halfOpen);
    }
}
