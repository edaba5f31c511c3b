using Utp.Messages;

namespace Utp.Actors;

/// <summary>
/// What one manager's ports and connections have counted: of those that are open it asks, of those that are closed it keeps the sum, so no counter falls. Any thread.
/// </summary>
internal sealed class UtpCounts(UtpSettings settings, ReceiveMemory sharedMemory)
{
    private readonly Lock _gate = new();
    private readonly HashSet<PortMeter> _ports = [];
    private readonly Figures _closed = new();

    /// <summary>Of the connections of all ports that are one connection's: a port each would be a counter each.</summary>
    public PortCounts Outgoing { get; } = new();

    /// <summary>The connections of all ports.</summary>
    public ConnectionDirectory Directory { get; } = new();

    public void Add(PortMeter port)
    {
        lock (_gate)
            _ports.Add(port);
    }

    /// <summary>The port is about to be closed. Its connections are gone.</summary>
    public void Remove(PortMeter port)
    {
        lock (_gate)
        {
            if (_ports.Remove(port))
                port.AddTo(_closed);
        }
    }

    /// <summary>Connections sample themselves from now on.</summary>
    /// <returns>Whether some of them did not before.</returns>
    public bool OnAsked()
    {
        var isNew = Outgoing.OnAsked();
        lock (_gate)
        {
            foreach (var port in _ports)
                isNew |= port.Counts.OnAsked();
        }

        return isNew;
    }

    /// <summary>Everything that was ever counted.</summary>
    public void AddTo(Figures figures)
    {
        lock (_gate)
        {
            figures.Add(_closed);
            foreach (var port in _ports)
                port.AddTo(figures);
        }

        figures.Add(Outgoing);
    }

    /// <summary>Connections that are there, by state.</summary>
    public void AddStatesTo(long[] states)
    {
        lock (_gate)
        {
            foreach (var port in _ports)
            {
                if (port.IsListener)
                    port.Counts.AddStatesTo(states);
            }
        }

        Outgoing.AddStatesTo(states);
    }

    /// <summary>Open ports: those that users have bound, and those of single outgoing connections.</summary>
    public (int Listeners, int Outgoing) Ports
    {
        get
        {
            lock (_gate)
            {
                var listeners = _ports.Count(static port => port.IsListener);
                return (listeners, _ports.Count - listeners);
            }
        }
    }

    /// <summary>What received datagrams hold, and what they may: a listener has its own, the others share.</summary>
    public MemoryStatistics ReceiveMemory
    {
        get
        {
            lock (_gate)
            {
                var listeners = _ports.Where(static port => port.IsListener).ToList();
                return new MemoryStatistics(
                    sharedMemory.Pool.PinnedBytes + listeners.Sum(static port => port.Memory.Pool.PinnedBytes), settings.ReceiveMemoryBytes * (1 + listeners.Count));
            }
        }
    }

    public MemoryStatistics ReorderMemory => new(settings.Connection.ReorderBudget!.UsedBytes, settings.ReorderMemoryBytes);

    public MemoryStatistics UnreadMemory => new(settings.Connection.UnreadBudget!.UsedBytes, settings.UnreadMemoryBytes);

    public UtpStatistics Statistics
    {
        get
        {
            var figures = new Figures();
            AddTo(figures);
            var states = new long[PortCounts.States];
            AddStatesTo(states);
            var (listeners, outgoing) = Ports;
            return new UtpStatistics
            {
                Listeners = listeners,
                OutgoingPorts = outgoing,
                Traffic = figures.Traffic(states),
                Endpoint = figures.Endpoint,
                ReceiveDrops = figures[Figure.ReceiveDrops],
                Truncated = figures[Figure.Truncated],
                Batches = figures[Figure.Batches],
                ReceiveMemory = ReceiveMemory,
                ReorderMemory = ReorderMemory,
                UnreadMemory = UnreadMemory,
            };
        }
    }
}
