using BenchmarkDotNet.Attributes;
using Utp.Protocol;
using Utp.Testing;

namespace Utp.Benchmarks;

/// <summary>
/// What does the core cost per packet, both ends together, without sockets and actors: cut, header, copy, parse, order, deliver,
/// acknowledge? And does it allocate? (In the steady state it must not.)
/// </summary>
[MemoryDiagnoser]
public class ConnectionBenchmarks
{
    // What fits in 1,200 bytes with a tag.
    private const int PayloadBytes = 1_174;
    private const int BurstPackets = 64;
    private readonly byte[] _packet = new byte[PayloadBytes];
    private readonly byte[] _burst = new byte[BurstPackets * PayloadBytes];
    private ConnectionPair _pair = null!;

    /// <summary>Whether each packet shows its receiver's tag (design note 34).</summary>
    [Params(false, true)]
    public bool Tags { get; set; }

    /// <summary>A fresh pair, run until its buffers have grown.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _pair = new ConnectionPair(new ConnectionOptions { Pacing = false }, Tags);
        for (var i = 0; i < 1_000; i++)
            BurstOneWay();
    }

    /// <summary>One full ST_DATA, and the ST_STATE that acknowledges it.</summary>
    [Benchmark]
    public long OnePacketAndItsAck()
    {
        Write(_pair.Initiator, _packet);
        _pair.Exchange();
        return _pair.ReceivedBytes;
    }

    /// <summary>One full ST_DATA in each direction.</summary>
    [Benchmark]
    public long OnePacketEachWay()
    {
        Write(_pair.Initiator, _packet);
        Write(_pair.Acceptor, _packet);
        _pair.Exchange();
        return _pair.ReceivedBytes;
    }

    /// <summary>64 full ST_DATA of one write, in one batch; per packet.</summary>
    [Benchmark(OperationsPerInvoke = BurstPackets)]
    public long BurstOneWay()
    {
        Write(_pair.Initiator, _burst);
        _pair.Exchange();
        return _pair.ReceivedBytes;
    }

    private void Write(UtpConnection connection, byte[] data)
    {
        if (connection.Write(data, default, _pair.Now) != WriteResult.Accepted)
            throw new InvalidOperationException("The send buffer is full: the pair does not keep up.");
    }
}
