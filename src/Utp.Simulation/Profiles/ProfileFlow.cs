using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>
/// One flow of a profile: two machines of its own, a writer that never rests, and a reader that counts. Contents are
/// not checked here; that is what scenarios do.
/// </summary>
internal sealed class ProfileFlow : IConnectionUser
{
    private const int WriteBytes = 64 << 10;
    private const int MaxDatagramBytes = 1_472;
    private static readonly byte[] Data = new byte[WriteBytes];
    private readonly Profile _profile;
    private readonly Simulator _simulator;
    private readonly SimulatedEndpoint _sender;
    private readonly SimulatedEndpoint _receiver;
    private readonly Reader _reader;
    private readonly Func<ICongestionControl> _law;
    private ICongestionControl? _congestion;
    private SimulatedConnection? _connection;
    private long _written;
    private bool _over;

    public ProfileFlow(Profile profile, SimulatedNetwork network, UdpEndPoint sender, UdpEndPoint receiver, Func<ICongestionControl> law, int driftPpm)
    {
        _profile = profile;
        _simulator = network.Simulator;
        _law = law;
        _sender = new SimulatedEndpoint(network, sender);
        _receiver = new SimulatedEndpoint(network, receiver, new EndpointOptions { Clock = new EndpointClock(0, driftPpm) });
        _reader = new Reader(_simulator);
    }

    /// <summary>IP bytes of data that arrived and was new.</summary>
    public long ArrivedIPBytes => _reader.IPBytes;

    /// <summary>Payload bytes delivered in order.</summary>
    public long DeliveredBytes => _reader.DeliveredBytes;

    /// <summary>The longest time without a delivery since <see cref="WatchStalls"/>, µs.</summary>
    public long LongestStallMicros => _reader.LongestStallMicros;

    public long WindowBytes => _congestion?.WindowBytes ?? 0;

    public long Retransmissions => _connection?.Core.GetStatistics().Retransmissions ?? 0;

    public long PacketsSent => _connection?.Core.GetStatistics().PacketsSent ?? 0;

    public Instant ConnectedAt { get; private set; }

    public void WatchStalls() => _reader.WatchStalls();

    public void Start()
    {
        ConnectedAt = _simulator.Now;
        var options = ConnectionOptions.Default with
        {
            CongestionControl = _law,
            SendBufferBytes = _profile.WindowBytes,
            MaxReceiveWindowBytes = _profile.WindowBytes,
            MtuCeilingBytes = MaxDatagramBytes,
        };
        _receiver.Listen(_ => _reader, options with { Trace = _reader });
        _connection = _sender.Connect(_receiver.Address, this, options with { CongestionControl = () => _congestion = _law() });
    }

    public void OnEvent(SimulatedConnection connection, in ConnectionEvent connectionEvent)
    {
        _over |= connectionEvent.Kind == ConnectionEventKind.Closed;
        if (!_over)
            Write(connection);
    }

    private void Write(SimulatedConnection connection)
    {
        while (_profile.Bytes == 0 || _written < _profile.Bytes)
        {
            var bytes = _profile.Bytes == 0 ? WriteBytes : (int)Math.Min(WriteBytes, _profile.Bytes - _written);
            if (connection.Write(Data.AsMemory(0, bytes)) != WriteResult.Accepted)
                return;
            _written += bytes;
        }
    }

    private sealed class Reader(Simulator simulator) : IConnectionUser, IConnectionTrace
    {
        private Instant? _lastDelivery;
        private long _longestStall;

        public long IPBytes { get; private set; }

        public long DeliveredBytes { get; private set; }

        public long LongestStallMicros => Math.Max(_longestStall, _lastDelivery is { } last ? simulator.Now.Since(last) : 0);

        public void WatchStalls() => _lastDelivery = simulator.Now;

        public void OnEvent(SimulatedConnection connection, in ConnectionEvent connectionEvent)
        {
            if (connectionEvent.Kind != ConnectionEventKind.Received)
                return;
            DeliveredBytes += connectionEvent.Data.Length;
            if (_lastDelivery is not { } last)
                return;
            _longestStall = Math.Max(_longestStall, simulator.Now.Since(last));
            _lastDelivery = simulator.Now;
        }

        // Padding and extensions of data packets are not counted: they are no good to anybody.
        public void OnReceived(in ReceivedTrace trace)
        {
            if (trace is { Verdict: ReceiveVerdict.Accepted, PayloadBytes: > 0 })
                IPBytes += trace.PayloadBytes + PacketHeader.Length + SimulatedNetwork.IPv4HeaderBytes;
        }

        public void OnSent(in SentTrace trace)
        {
        }

        public void OnAcked(in AckedTrace trace)
        {
        }

        public void OnLost(in LostTrace trace)
        {
        }

        public void OnWindow(in WindowTrace trace)
        {
        }

        public void OnRtt(in RttTrace trace)
        {
        }

        public void OnTimer(in TimerTrace trace)
        {
        }

        public void OnState(in StateTrace trace)
        {
        }
    }
}
