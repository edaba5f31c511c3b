using System.Net;
using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Dashboard.Tests;

/// <summary>Connections that exist on the page alone: as many as wanted, and they change with every look.</summary>
internal sealed class Shown(int count) : IConnectionSource
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UtcNow.AddMinutes(-5);

    private long _looks;

    public string Name { get; init; } = "shown";

    /// <summary>Those that have ended.</summary>
    public List<EndedConnection> Ended { get; } = [];

    /// <summary>Why nothing can be seen; null: it can.</summary>
    public string? Problem { get; set; }

    public Task<(ConnectionList List, UtpStatistics All)> LookAsync()
    {
        if (Problem is not null)
            throw new InvalidOperationException(Problem);
        var look = Interlocked.Increment(ref _looks);
        var live = Enumerable.Range(1, count).Select(id => Summary(id, look)).ToArray();
        return Task.FromResult((new ConnectionList(live, [.. Ended]), All(look)));
    }

    /// <summary>A connection that ended.</summary>
    public static EndedConnection End(long id, CloseReason reason, string message) => new(Summary(id, 1), DateTimeOffset.UtcNow, reason, message);

    private static ConnectionSummary Summary(long id, long look)
    {
        // One in ten moves; each at a rate of its own.
        var moves = id % 10 == 0;
        // The faster one stays the faster.
        var wave = 1 + Math.Sin((look + id) / 5.0) / 50;
        return new ConnectionSummary
        {
            Id = id,
            Connection = ActorRefs.Nobody,
            RemoteAddress = new IPEndPoint(new IPAddress([10, 0, (byte)(id >> 8), (byte)id]), 6881),
            LocalAddress = new IPEndPoint(IPAddress.Loopback, 9000),
            IsAcceptor = id % 2 == 0,
            Began = Start.AddMilliseconds(id),
            Sampled = moves ? DateTimeOffset.UtcNow : Start,
            SentPerSecond = moves ? id * 100 * wave : 0,
            ReceivedPerSecond = moves ? id * 10 : 0,
            Statistics = new ConnectionStats
            {
                State = ConnectionState.Connected,
                BytesSent = look * id * 100,
                PacketsSent = look * 100,
                PacketsReceived = look * 50,
                PacketsLost = moves ? look : 0,
                Lost = new LossCounts(0, 0, 0, moves ? look : 0, 0),
                SmoothedRttMicros = 20_000 + id,
                MinRttMicros = 20_000,
                QueueingDelayMicros = (long)(moves ? 5_000 * wave : 0),
                CongestionWindowBytes = (long)(100_000 * wave),
                BytesInFlight = (long)(60_000 * wave),
                RtoMicros = 500_000,
                CongestionControl = "ledbat",
            },
        };
    }

    private static UtpStatistics All(long look) => new()
    {
        Listeners = 1,
        OutgoingPorts = 0,
        Traffic = new TrafficStatistics { BytesSent = look * 1_000, PacketsSent = look * 100, Lost = new LossCounts(0, 0, 0, look, 0) },
        Endpoint = default,
        ReceiveDrops = 3,
        Truncated = 0,
        Batches = look,
        ReceiveMemory = new MemoryStatistics(1_000_000, 64_000_000),
        ReorderMemory = new MemoryStatistics(0, 256_000_000),
        UnreadMemory = new MemoryStatistics(2_000_000, 256_000_000),
    };
}
