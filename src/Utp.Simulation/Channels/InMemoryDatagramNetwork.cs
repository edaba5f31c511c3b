using System.Net;
using System.Net.Sockets;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>
/// A <see cref="SimulatedNetwork"/> that runs in real time, for programs and actors that are to be tested without sockets: its
/// channels are <see cref="IDatagramChannel"/>s. Addresses are names only. With a perfect link a datagram arrives before its
/// send returns; delays are met to about a millisecond. The faults follow from the seed, but not which datagram meets
/// them, because the threads do not. Safe from any thread.
/// </summary>
public sealed class InMemoryDatagramNetwork : IDisposable
{
    private const int FirstEphemeralPort = 49_152;

    private readonly object _lock = new();
    private readonly Simulator _simulator;
    private readonly SimulatedNetwork _network;
    private readonly Timer _timer;
    private readonly long _startMicros = MonotonicClock.NowMicros;
    private List<Action> _notifications = [];
    private Instant _timerAt = Instant.Never;
    private int _nextPort = FirstEphemeralPort;
    private bool _isDisposed;

    /// <summary>Creates a network without machines.</summary>
    /// <param name="seed">Decides over faults.</param>
    /// <param name="link">The link between any two machines; null: a perfect one.</param>
    public InMemoryDatagramNetwork(ulong seed = 1, LinkOptions? link = null)
    {
        _simulator = new Simulator(seed, new SimulatorLimits { MaxMicros = long.MaxValue, MaxEvents = long.MaxValue });
        _network = new SimulatedNetwork(_simulator, link) { ReportsUnreachablePorts = true };
        _timer = new Timer(static network => ((InMemoryDatagramNetwork)network!).Access(static _ => { }), this, -1, -1);
    }

    /// <summary>Opens a channel.</summary>
    /// <param name="local">Any address; port 0: one that is free.</param>
    /// <param name="options">What it is like.</param>
    /// <exception cref="SocketException">The address is in use (<see cref="SocketError.AddressAlreadyInUse"/>).</exception>
    public SimulatedChannel Bind(IPEndPoint local, SimulatedChannelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(local);
        SimulatedChannel? channel = null;
        Access(network => channel = Open(network, local, options ?? SimulatedChannelOptions.Default));
        return channel!;
    }

    /// <summary>Changes links, paths or the observer, while nothing else runs. Observers and filters are called under the same lock: they must return at once, and call no channel.</summary>
    public void Configure(Action<SimulatedNetwork> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Access(change);
    }

    /// <summary>Stops delivering; all channels are closed from now on.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer.Dispose();
        }
    }

    /// <summary>Runs <paramref name="action"/> under the network's lock at the current time, then what is due, and then, without the lock, what observers are to hear.</summary>
    internal void Access(Action<SimulatedNetwork> action)
    {
        List<Action> notifications;
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _simulator.RunTo(Now());
            action(_network);
            _simulator.RunTo(Now());
            ArmTimer();
            if (_notifications.Count == 0)
                return;
            (notifications, _notifications) = (_notifications, []);
        }

        foreach (var notification in notifications)
            notification();
    }

    /// <summary>Queues a call of an observer for when the lock is free. Called under the lock.</summary>
    internal void Notify(Action notification) => _notifications.Add(notification);

    /// <summary>The time of <see cref="MonotonicClock"/> for an instant of the simulation.</summary>
    internal long ToMonotonic(Instant instant) => _startMicros + instant.Micros;

    private Instant Now() => new(Math.Max(_simulator.Now.Micros, MonotonicClock.NowMicros - _startMicros));

    private SimulatedChannel Open(SimulatedNetwork network, IPEndPoint local, SimulatedChannelOptions options)
    {
        var addresses = AddressesOf(local, options);
        for (var attempts = ushort.MaxValue; attempts > 0; attempts--)
        {
            var port = local.Port != 0 ? local.Port : NextPort();
            var channel = new SimulatedChannel(this, network, new IPEndPoint(local.Address, port), addresses, options);
            if (channel.TryAttach())
                return channel;
            if (local.Port != 0)
                break;
        }

        throw new SocketException((int)SocketError.AddressAlreadyInUse);
    }

    private int NextPort()
    {
        var port = _nextPort;
        _nextPort = port == ushort.MaxValue ? FirstEphemeralPort : port + 1;
        return port;
    }

    private static IReadOnlyList<IPAddress> AddressesOf(IPEndPoint local, SimulatedChannelOptions options)
    {
        if (!local.Address.Equals(IPAddress.Any) && !local.Address.Equals(IPAddress.IPv6Any))
            return [local.Address];
        if (options.Addresses.Count > 0)
            return options.Addresses;
        return local.AddressFamily == AddressFamily.InterNetwork
            ? [IPAddress.Loopback]
            : [IPAddress.Loopback, IPAddress.IPv6Loopback];
    }

    private void ArmTimer()
    {
        var next = _simulator.NextEventAt;
        if (next == _timerAt && next == Instant.Never)
            return;
        _timerAt = next;
        var millis = next == Instant.Never ? Timeout.Infinite : Math.Clamp((next.Since(Now()) + 999) / 1_000, 0, int.MaxValue);
        _timer.Change(millis, Timeout.Infinite);
    }
}
