using Utp.Protocol;
using Utp.Sockets;
using Utp.Simulation.Tests.Network;

namespace Utp.Simulation.Tests.Scenarios;

/// <summary>The congestion control laws on 10 Mbit/s, 20 ms one way, 256 kB of queue.</summary>
public class CongestionScenarios
{
    private const long BytesPerSecond = 1_250_000;
    private const long TickMicros = 5_000;
    private const long SecondMicros = 1_000_000;
    private static readonly LinkOptions Link = new() { LatencyMicros = 20_000, RateBytesPerSecond = BytesPerSecond, QueueBytes = 256_000 };

    [Theory]
    [InlineData("lbe", 94, 0, 4)]
    [InlineData("ledbat", 93, 70, 105)]
    [InlineData("ledbat++", 88, 0, 62)]
    [InlineData("cubic", 93, 0, 205)]
    public void A_law_alone_uses_the_link_and_keeps_the_queue_that_it_promises(string law, int leastPercent, int leastQueueMillis, int mostQueueMillis)
    {
        var bottleneck = new Bottleneck();
        bottleneck.AddFlow(law);
        bottleneck.Simulator.RunFor(5 * SecondMicros);

        var queues = new List<long>();
        var received = bottleneck.Measure(30, () => queues.Add(bottleneck.Forth.QueuedBytes * 1_000 / BytesPerSecond))[0];

        queues.Sort();
        var (median, percent) = (queues[queues.Count / 2], received * 100 / (30 * BytesPerSecond));
        var facts = $"{law}: {percent} % of the link, queue p50 {median} ms, p95 {queues[queues.Count * 95 / 100]} ms";
        Assert.True(percent >= leastPercent, facts);
        Assert.True(median >= leastQueueMillis && median <= mostQueueMillis, facts);
    }

    [Theory]
    [InlineData("lbe")]
    [InlineData("ledbat++")]
    public void A_latecomer_and_the_incumbent_end_at_equal_shares(string law)
    {
        var bottleneck = new Bottleneck();
        bottleneck.AddFlow(law);
        bottleneck.Simulator.RunFor(30 * SecondMicros);
        bottleneck.AddFlow(law);
        bottleneck.Simulator.RunFor(60 * SecondMicros);

        var received = bottleneck.Measure(30, static () => { });

        // A base that one of the two sees a packet smaller than the other would make it 1 : 2.
        Assert.InRange(received[1] * 100 / received[0], 85, 115);
        Assert.InRange((received[0] + received[1]) * 100 / (30 * BytesPerSecond), 90, 100);
    }

    private static ICongestionControl Create(string law) => law switch
    {
        "lbe" => new Lbe(),
        "ledbat" => new Ledbat(),
        "ledbat++" => new LedbatPlusPlus(),
        _ => new Cubic(),
    };

    /// <summary>Flows from machines of their own over one link; the way back is free.</summary>
    private sealed class Bottleneck
    {
        private static readonly UdpEndPoint Receiver = TwoHosts.Address(100);
        private readonly SimulatedNetwork _network;
        private readonly SimulatedEndpoint _server;
        private readonly SimulatedLink _back;
        private readonly Dictionary<UdpEndPoint, TransferUser> _accepts = [];
        private readonly List<TransferUser> _receivers = [];

        public Bottleneck()
        {
            Simulator = new Simulator(1);
            _network = new SimulatedNetwork(Simulator);
            _server = new SimulatedEndpoint(_network, Receiver);
            (Forth, _back) = (_network.CreateLink(Link), _network.CreateLink(new LinkOptions { LatencyMicros = Link.LatencyMicros }));
            _server.Listen(connection => _accepts[connection.Path.Remote], Options("ledbat"));
        }

        public Simulator Simulator { get; }

        public SimulatedLink Forth { get; }

        /// <summary>Another machine begins to send without end.</summary>
        public void AddFlow(string law)
        {
            var address = TwoHosts.Address(1 + _receivers.Count);
            _network.SetPath(address, Receiver, Forth);
            _network.SetPath(Receiver, address, _back);
            var endless = new TransferPlan { Bytes = 1_000_000_000, MaxBufferedBytes = 4 << 20 };
            var receiver = new TransferUser(Simulator, "receiver", new TransferPlan(), endless);
            _receivers.Add(receiver);
            _accepts.Add(address, receiver);
            new SimulatedEndpoint(_network, address)
                .Connect(Receiver, new TransferUser(Simulator, "sender", endless, new TransferPlan()), Options(law));
        }

        /// <summary>Payload bytes of each flow in <paramref name="seconds"/>; <paramref name="look"/> is called every 5 ms.</summary>
        public long[] Measure(int seconds, Action look)
        {
            var before = _receivers.ConvertAll(static receiver => receiver.BytesReceived);
            for (var i = 0; i < seconds * SecondMicros / TickMicros; i++)
            {
                Simulator.RunFor(TickMicros);
                look();
            }

            return [.. _receivers.Select((receiver, i) => receiver.BytesReceived - before[i])];
        }

        private static ConnectionOptions Options(string law) => new()
        {
            CongestionControl = () => Create(law),
            InitialReceiveWindowBytes = 4 << 20,
            SendBufferBytes = 8 << 20,
        };
    }
}
