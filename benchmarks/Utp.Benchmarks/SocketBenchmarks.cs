using System.Net;
using BenchmarkDotNet.Attributes;
using Utp.Sockets;

namespace Utp.Benchmarks;

/// <summary>
/// What does a datagram of 1,400 bytes cost, sent and received over loopback by one thread, and does it
/// allocate? The kernel's two system calls are most of the time; "Allocated" must be nothing.
/// </summary>
[MemoryDiagnoser]
public class SocketBenchmarks
{
    private const int Datagrams = 64;

    private readonly byte[] _payload = new byte[1_400];
    private readonly ReceiveBatch _batch = new(Datagrams, new SlabPool(256 * 1024, 4 * 1024 * 1024));
    private UdpSocketChannel _sender = null!;
    private UdpSocketChannel _receiver = null!;
    private UdpPath _path;

    /// <summary>One address, or the wildcard with its packet info.</summary>
    [Params("127.0.0.1", "0.0.0.0", "::")]
    public string Bind { get; set; } = "";

    /// <summary>The system calls of Linux, or what every system offers.</summary>
    [Params(false, true)]
    public bool Portable { get; set; }

    [GlobalSetup]
    public void Open()
    {
        var options = new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Parse(Bind), 0) };
        _sender = UdpSocketChannel.Bind(options, Portable);
        _receiver = UdpSocketChannel.Bind(options, Portable);
        var local = UdpEndPoint.From(new IPEndPoint(IPAddress.Loopback, 0));
        var remote = local with { Port = (ushort)_receiver.LocalEndPoint.Port };
        _path = new UdpPath(remote, local);
    }

    [GlobalCleanup]
    public void Close()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Datagrams)]
    public int Send_and_receive()
    {
        for (var i = 0; i < Datagrams; i++)
            Require(_sender.Send(_path, _payload, _payload.Length, dontFragment: true) == SendStatus.Sent);
        _receiver.Receive(_batch);
        var count = _batch.Count;
        _batch.Clear();
        Require(count == Datagrams);
        return count;
    }

    private static void Require(bool holds)
    {
        if (!holds)
            throw new InvalidOperationException("Loopback lost a datagram: the figures mean nothing.");
    }
}
