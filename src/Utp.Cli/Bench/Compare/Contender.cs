namespace Utp.Cli;

/// <summary>Who is compared: a carrier, as it is set up.</summary>
/// <param name="Name">For the option and for JSON.</param>
/// <param name="Title">For people.</param>
/// <param name="Carrier">What carries the bytes.</param>
/// <param name="Settings">Of the ends' configuration, as <c>key=value</c>.</param>
/// <param name="Congestion">TCP's congestion control; null: none to choose.</param>
internal sealed record Contender(string Name, string Title, BenchCarrier Carrier, IReadOnlyList<string> Settings, string? Congestion = null)
{
    /// <summary>The one that all are compared with stands first.</summary>
    public static IReadOnlyList<Contender> All { get; } =
    [
        new("utp", "this library", BenchCarrier.Utp, []),
        new("utp-stream", "this library, UtpStream", BenchCarrier.UtpStream, []),
        new("tcp-bbr", "kernel TCP, .NET sockets, BBR", BenchCarrier.Tcp, [], "bbr"),
        new("tcp-cubic", "kernel TCP, .NET sockets, CUBIC", BenchCarrier.Tcp, [], "cubic"),
        new("akka-tcp", "Akka.IO.Tcp", BenchCarrier.AkkaTcp, []),
        new("akka-tcp-256k", "Akka.IO.Tcp, 256 kB buffers", BenchCarrier.AkkaTcp,
        [
            "akka.io.tcp.maximum-frame-size=128k", "akka.io.tcp.send-buffer-size=256k", "akka.io.tcp.receive-buffer-size=256k",
        ]),
        new("utp-flow", "this library, Akka.Streams flow", BenchCarrier.UtpFlow, []),
        new("akka-tcp-flow", "Akka.Streams' TCP flow", BenchCarrier.AkkaTcpFlow, []),
        new("akka-tcp-flow-256k", "Akka.Streams' TCP flow, 256 kB buffers", BenchCarrier.AkkaTcpFlow,
        [
            "akka.io.tcp.maximum-frame-size=128k", "akka.io.tcp.send-buffer-size=256k", "akka.io.tcp.receive-buffer-size=256k",
        ]),
        new("libutp", "libutp (utp-native in Node), 4 MB socket buffers", BenchCarrier.Libutp, []),
    ];

    /// <summary>Of <c>bench remote</c>.</summary>
    public static IReadOnlyList<Contender> Remote { get; } =
    [
        new("utp", "uTP", BenchCarrier.RemoteUtp, []),
        new("tcp", "Akka's TCP", BenchCarrier.RemoteTcp, []),
        new("utp-tls", "uTP with TLS", BenchCarrier.RemoteUtpTls, []),
        new("tcp-tls", "Akka's TCP with TLS", BenchCarrier.RemoteTcpTls, []),
        new("utp-lbe", "uTP, congestion-control = lbe", BenchCarrier.RemoteUtp, ["akka.remote.utp.utp.congestion-control=lbe"]),
        new("none", "no transport, one process", BenchCarrier.RemoteDirect, []),
    ];

    /// <summary>Whether it is one that others are compared with.</summary>
    public bool IsThisLibrary => Carrier is BenchCarrier.Utp or BenchCarrier.RemoteUtp or BenchCarrier.RemoteUtpTls;

    /// <summary>Whether its bytes are encrypted: compared is like with like.</summary>
    public bool HasTls => Carrier is BenchCarrier.RemoteUtpTls or BenchCarrier.RemoteTcpTls;

    /// <summary>Whether it takes this library's settings.</summary>
    public bool IsUtp => Carrier is BenchCarrier.Utp or BenchCarrier.UtpStream or BenchCarrier.UtpFlow;

    /// <summary>Whether it is made of Akka.Streams' flows, which do bulk only.</summary>
    public bool IsFlow => Carrier is BenchCarrier.UtpFlow or BenchCarrier.AkkaTcpFlow;
}
