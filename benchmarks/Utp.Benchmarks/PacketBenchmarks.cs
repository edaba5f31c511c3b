using BenchmarkDotNet.Attributes;
using Utp.Protocol;

namespace Utp.Benchmarks;

/// <summary>What does a packet's header and extension chain cost to write and to read, and does it allocate? (It must not.)</summary>
[MemoryDiagnoser]
public class PacketBenchmarks
{
    private readonly byte[] _buffer = new byte[1_200];
    private readonly byte[] _data = new byte[1_200];
    private readonly byte[] _state = new byte[PacketHeader.Length + 6];
    private PacketHeader _header;

    /// <summary>A full ST_DATA, and a ST_STATE with four bytes of selective acknowledgement.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _header = new PacketHeader(
            PacketType.Data, ExtensionType.None, new ConnectionId(4_711), new WireTimestamp(123_456_789), 20_000, 1 << 20, new SeqNr(100), new SeqNr(200));
        _header.Write(_data);
        var chain = new ExtensionChain(_state);
        chain.Add(ExtensionType.SelectiveAck, 4).Fill(0x55);
        (_header with { Type = PacketType.State, Extension = chain.First }).Write(_state);
    }

    /// <summary>Header of a ST_DATA into a buffer.</summary>
    [Benchmark]
    public byte EncodeData()
    {
        _header.Write(_buffer);
        return _buffer[^1];
    }

    /// <summary>Header and selective acknowledgement of a ST_STATE into a buffer.</summary>
    [Benchmark]
    public int EncodeStateWithSelectiveAck()
    {
        var chain = new ExtensionChain(_buffer);
        chain.Add(ExtensionType.SelectiveAck, 4).Fill(0x55);
        (_header with { Type = PacketType.State, Extension = chain.First }).Write(_buffer);
        return chain.Length;
    }

    /// <summary>A full ST_DATA.</summary>
    [Benchmark]
    public int DecodeData() => ParsedPacket.TryParse(_data, out var packet) ? packet.PayloadLength : throw new InvalidOperationException();

    /// <summary>A ST_STATE with selective acknowledgement.</summary>
    [Benchmark]
    public int DecodeStateWithSelectiveAck() =>
        ParsedPacket.TryParse(_state, out var packet) ? packet.SelectiveAckLength : throw new InvalidOperationException();
}
