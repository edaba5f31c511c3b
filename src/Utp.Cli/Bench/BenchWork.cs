using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization;

namespace Utp.Cli;

/// <summary>What the two ends of a benchmark do with each other.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BenchWork>))]
internal enum BenchWork
{
    /// <summary>The client writes as fast as it may; the server reads and checks everything.</summary>
    Bulk,

    /// <summary>A message there and back, then the next.</summary>
    Ping,

    /// <summary>Connections are opened and left alone.</summary>
    Idle,

    /// <summary>Connections are set up, carry one message each way, and are closed properly.</summary>
    Accept,

    /// <summary>Akka.Remote: the client tells messages to an actor of the server, so many under way.</summary>
    RemoteTell,

    /// <summary>Akka.Remote: a message to an actor of the server and back, then the next.</summary>
    RemotePing,

    /// <summary>Akka.Remote: heartbeats, there and back, while messages saturate the association.</summary>
    RemoteHeartbeat,

    /// <summary>Akka.Remote: many nodes are associated with the server and left alone.</summary>
    RemoteIdle,
}

/// <summary>What carries the bytes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BenchCarrier>))]
internal enum BenchCarrier
{
    /// <summary>This library, driven by actors.</summary>
    Utp,

    /// <summary>This library, by <c>UtpStream</c>, without actors of the user's.</summary>
    UtpStream,

    /// <summary>This library, by flows of Akka.Streams.</summary>
    UtpFlow,

    /// <summary>The kernel's TCP by .NET sockets.</summary>
    Tcp,

    /// <summary>The kernel's TCP by the actors of Akka.IO.</summary>
    AkkaTcp,

    /// <summary>The kernel's TCP by the flows of Akka.Streams.</summary>
    AkkaTcpFlow,

    /// <summary>libutp, by the npm package utp-native.</summary>
    Libutp,

    /// <summary>Akka.Remote over this library.</summary>
    RemoteUtp,

    /// <summary>Akka.Remote over this library, with TLS.</summary>
    RemoteUtpTls,

    /// <summary>Akka.Remote over its own TCP transport.</summary>
    RemoteTcp,

    /// <summary>Akka.Remote over its own TCP transport, with TLS.</summary>
    RemoteTcpTls,

    /// <summary>Akka.Remote between two nodes of one process, over a transport that costs nothing.</summary>
    RemoteDirect,
}

/// <summary>What one end has to do: the first line that it reads. The Node ends (benchmarks/peers) read the same.</summary>
/// <remarks>What has a default can be set: the code that the compiler makes of this for JSON gives 0 to what can only be initialized and is not in the line.</remarks>
internal sealed record EndPlan
{
    public required BenchWork Work { get; init; }

    public required BenchCarrier Carrier { get; init; }

    public bool IsServer { get; init; }

    public int Connections { get; set; } = 1;

    /// <summary>From how many ports of the client the connections go; of TCP each has one of its own.</summary>
    public int Ports { get; set; } = 1;

    /// <summary>Of ping, accept and Akka.Remote.</summary>
    public int MessageBytes { get; set; } = 64;

    /// <summary>Size of one write of bulk: the same for everybody.</summary>
    public int WriteBytes { get; set; } = 64 << 10;

    /// <summary>Messages of Akka.Remote that are under way.</summary>
    public int Window { get; init; }

    /// <summary>The address at which this end listens.</summary>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>The port at which a server of this library listens; 0: any free one.</summary>
    public int Port { get; init; }

    /// <summary>The address of the server.</summary>
    public string ServerHost { get; set; } = "127.0.0.1";

    /// <summary>Where this end binds its ports: a server its own address; a client whatever leads to the server.</summary>
    [JsonIgnore]
    public IPEndPoint Local
    {
        get
        {
            if (IsServer)
                return new IPEndPoint(IPAddress.Parse(Host), Port);
            var server = IPAddress.Parse(ServerHost);
            if (IPAddress.IsLoopback(server))
                return new IPEndPoint(server, 0);
            return new IPEndPoint(server.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        }
    }

    /// <summary>Where a client connects to.</summary>
    public IPEndPoint ServerAt(int port) => new(IPAddress.Parse(ServerHost), port);

    /// <summary>Whether somebody in the end's process listens to the meter.</summary>
    public bool ListensToMeter { get; init; }

    /// <summary>The port of loopback at which a server of this library shows its connections; 0: it does not.</summary>
    public int PagePort { get; init; }

    /// <summary>TCP's congestion control by the kernel's name; null: the machine's default.</summary>
    public string? Congestion { get; init; }
}
