using BenchmarkDotNet.Attributes;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Benchmarks;

/// <summary>What does it cost to find a packet's connection among many, and does it allocate? (It must not.)</summary>
[MemoryDiagnoser]
public class RouterBenchmarks
{
    private static readonly UdpEndPoint Local = new((UInt128)0xFFFF_7F00_0001, 0);
    private readonly byte[] _data = new byte[1_200];
    private DatagramRouter<UdpPath, object> _router = null!;
    private UdpPath _path;

    /// <summary>Connections in the table, of as many hosts.</summary>
    [Params(1, 10_000)]
    public int Connections { get; set; }

    /// <summary>Fills the table.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _router = new DatagramRouter<UdpPath, object>(new EndpointLimits(), static path => (ulong)path.Remote.Address);
        Span<byte> random = stackalloc byte[32];
        for (var i = 0; i < Connections; i++)
        {
            _path = new UdpPath(new UdpEndPoint((UInt128)(0xFFFF_0A00_0000 + i), 5_000), Local);
            System.Security.Cryptography.RandomNumberGenerator.Fill(random);
            if (!_router.TryAddInitiator(_path, random, new object(), out var seed))
                throw new InvalidOperationException("No free connection id.");
            new PacketHeader(
                PacketType.Data, ExtensionType.None, seed.ReceiveId, default, 0, 1 << 20, new SeqNr(1), new SeqNr(1)).Write(_data);
        }
    }

    /// <summary>Parse and find.</summary>
    [Benchmark]
    public RouteDecision RouteToKnownConnection() => _router.Route(_data, _path, Instant.Zero, out _, out _);
}
