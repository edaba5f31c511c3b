using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Utp.Network.Tests.Loopback;

/// <summary>
/// What people build to try things on one machine: a relay on 127.0.0.1 that imitates a rate and a delay, in both directions, for one client. It knows how long packets waited.
/// </summary>
internal sealed class PacedRelay : IDisposable
{
    private const int HeaderBytes = 28;
    private readonly Direction[] _directions;
    private readonly Socket[] _sockets;

    /// <param name="target">Port on 127.0.0.1 that it leads to.</param>
    /// <param name="megabits">IP bits per second.</param>
    /// <param name="delay">One way.</param>
    /// <param name="queueBytes">What waits at most.</param>
    public PacedRelay(int target, double megabits, TimeSpan delay, long queueBytes)
    {
        _sockets = [Bound(), Bound()];
        EndPoint server = new IPEndPoint(IPAddress.Loopback, target);
        _directions =
        [
            new Direction(_sockets[0], _sockets[1], megabits, delay, queueBytes),
            new Direction(_sockets[1], _sockets[0], megabits, delay, queueBytes),
        ];
        _directions[0].Peer = server;
        _directions[0].OnFrom = client => _directions[1].Peer = client;
        foreach (var direction in _directions)
            direction.Start();
    }

    /// <summary>Where the client sends to.</summary>
    public int Port => ((IPEndPoint)_sockets[0].LocalEndPoint!).Port;

    /// <summary>How long a packet of the client's waited for the rate: the median of all since the last call, ms.</summary>
    public double TakeMedianWaitMillis()
    {
        var waits = new List<double>();
        while (_directions[0].Waits.TryTake(out var wait))
            waits.Add(wait);
        return waits.Count == 0 ? double.NaN : waits.Order().ElementAt(waits.Count / 2);
    }

    public void Dispose()
    {
        foreach (var direction in _directions)
            direction.Stop();
        foreach (var socket in _sockets)
            socket.Dispose();
    }

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private sealed class Direction(Socket from, Socket to, double megabits, TimeSpan delay, long queueBytes)
    {
        private readonly BlockingCollection<(long DueTicks, byte[] Packet)> _underWay = [];
        private long _freeTicks;

        public volatile EndPoint? Peer;

        public Action<EndPoint>? OnFrom { get; set; }

        public ConcurrentBag<double> Waits { get; } = [];

        public void Start()
        {
            new Thread(ReceiveAll) { IsBackground = true, Priority = ThreadPriority.Highest }.Start();
            new Thread(SendAll) { IsBackground = true, Priority = ThreadPriority.Highest }.Start();
        }

        public void Stop() => _underWay.CompleteAdding();

        private void ReceiveAll()
        {
            var buffer = new byte[65_536];
            EndPoint sender = new IPEndPoint(IPAddress.Any, 0);
            try
            {
                while (true)
                {
                    var count = from.ReceiveFrom(buffer, ref sender);
                    OnFrom?.Invoke(sender);
                    var now = Stopwatch.GetTimestamp();
                    var wait = Math.Max(0, _freeTicks - now);
                    Waits.Add(wait * 1_000.0 / Stopwatch.Frequency);
                    if (wait * (megabits * 125_000) / Stopwatch.Frequency > queueBytes)
                        continue;
                    _freeTicks = now + wait + (long)((count + HeaderBytes) / (megabits * 125_000) * Stopwatch.Frequency);
                    _underWay.Add((_freeTicks + (long)(delay.TotalSeconds * Stopwatch.Frequency), buffer[..count]));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // Disposed: that is the end.
            }
        }

        private void SendAll()
        {
            try
            {
                foreach (var (due, packet) in _underWay.GetConsumingEnumerable())
                {
                    while (Stopwatch.GetTimestamp() is var now && now < due)
                        Thread.Sleep((due - now) * 1_000 / Stopwatch.Frequency > 1 ? 1 : 0);
                    if (Peer is { } peer)
                        to.SendTo(packet, peer);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Disposed: that is the end.
            }
        }
    }
}
