using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>What an <see cref="OnOffFlow"/> sends.</summary>
/// <param name="BytesPerSecond">IP bytes per second while it is on.</param>
/// <param name="OnMicros">How long it is on: the mean, or always this long.</param>
/// <param name="OffMicros">How long it rests: the mean, or always this long.</param>
/// <param name="IsFixed">Whether all times are the same; otherwise they are exponentially distributed, as the seed says.</param>
/// <param name="PacketBytes">Bytes of its IP packets.</param>
public sealed record OnOffOptions(long BytesPerSecond, long OnMicros, long OffMicros, bool IsFixed = false, int PacketBytes = 1_000);

/// <summary>
/// UDP that does not yield, as other traffic: at its rate for a time, silent for a time, and so on, as calls and games are in sum. It is on
/// when it starts.
/// </summary>
public sealed class OnOffFlow : IEventHandler
{
    private const long MicrosPerSecond = 1_000_000;
    private readonly SimulatedNetwork _network;
    private readonly UdpEndPoint _sender;
    private readonly UdpEndPoint _receiver;
    private readonly OnOffOptions _options;
    private readonly Prng _random;
    private readonly byte[] _datagram;
    private readonly Sink _sink = new();
    private Instant _changesAt;
    private long _remainder;
    private bool _isRunning;

    /// <summary>Creates both ends and gives the receiver its address.</summary>
    /// <exception cref="ArgumentException">The address is in use.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A rate, time or size of <paramref name="options"/> is not above 0, or a packet has no room for its headers.</exception>
    public OnOffFlow(SimulatedNetwork network, UdpEndPoint sender, UdpEndPoint receiver, OnOffOptions options)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BytesPerSecond, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.OnMicros, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.OffMicros, 1);
        var header = sender.IsIPv4 ? SimulatedNetwork.IPv4HeaderBytes : SimulatedNetwork.IPv6HeaderBytes;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PacketBytes, header);
        if (!network.TryAttach(receiver, _sink))
            throw new ArgumentException("The address of the on–off flow's receiver is in use.", nameof(receiver));
        (_network, _sender, _receiver, _options) = (network, sender, receiver, options);
        _random = network.Simulator.CreateRandom();
        _datagram = new byte[options.PacketBytes - header];
    }

    /// <summary>IP bytes that it sent.</summary>
    public long SentIPBytes { get; private set; }

    /// <summary>IP bytes that arrived.</summary>
    public long ArrivedIPBytes => _sink.IPBytes;

    /// <summary>Begins, without end.</summary>
    public void Start()
    {
        _isRunning = true;
        _changesAt = _network.Simulator.Now.Plus(Lasts(_options.OnMicros));
        _network.Simulator.Schedule(_network.Simulator.Now, this, 0);
    }

    /// <summary>Sends nothing more.</summary>
    public void Stop() => _isRunning = false;

    void IEventHandler.OnEvent(long tag)
    {
        if (!_isRunning)
            return;
        var now = _network.Simulator.Now;
        if (now >= _changesAt)
        {
            var rest = Lasts(_options.OffMicros);
            _changesAt = now.Plus(rest + Lasts(_options.OnMicros));
            _network.Simulator.Schedule(now.Plus(rest), this, 0);
            return;
        }

        SentIPBytes += _options.PacketBytes;
        _network.Send(_sender, _receiver, _datagram, dontFragment: true);
        // The fraction of a µs is carried over, so that the rate is kept exactly.
        (var micros, _remainder) = Math.DivRem((_options.PacketBytes * MicrosPerSecond) + _remainder, _options.BytesPerSecond);
        _network.Simulator.Schedule(Instant.Min(now.Plus(micros), _changesAt), this, 0);
    }

    private long Lasts(long micros) => _options.IsFixed ? micros : Math.Max(1, _random.Exponential(micros));

    private sealed class Sink : IDatagramHost
    {
        public long IPBytes { get; private set; }

        public void OnDatagram(in DatagramInfo datagram, ReadOnlySpan<byte> payload) => IPBytes += datagram.WireBytes;

        public void OnPathError(UdpEndPoint remote, PathError error, int pathMtuBytes)
        {
        }
    }
}
