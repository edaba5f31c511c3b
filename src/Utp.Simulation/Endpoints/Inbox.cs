using System.Runtime.InteropServices;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>
/// The receive buffer of a simulated socket: datagrams with their arrival, until they are read together. Its memory is used
/// again. Owned by one <see cref="SimulatedEndpoint"/>, which releases what it has read when the batches are handled.
/// </summary>
internal sealed class Inbox(long capacityBytes)
{
    private const int SmallBytes = 2_048;
    private readonly Stack<byte[]> _buffers = new();
    private List<Datagram> _waiting = [];
    private List<Datagram> _read = [];
    private long _waitingBytes;
    private long _reportedDrops;

    /// <summary>Datagrams dropped because the buffer was full.</summary>
    public long Drops { get; private set; }

    /// <summary>Takes a datagram; false when it does not fit.</summary>
    public bool TryAdd(UdpEndPoint source, ReadOnlySpan<byte> payload, Instant arrival, out bool isFirst)
    {
        isFirst = _waiting.Count == 0;
        if (_waitingBytes + payload.Length > capacityBytes)
        {
            Drops++;
            return false;
        }

        _waitingBytes += payload.Length;
        var buffer = payload.Length <= SmallBytes && _buffers.TryPop(out var pooled)
            ? pooled
            : new byte[Math.Max(SmallBytes, payload.Length)];
        payload.CopyTo(buffer);
        _waiting.Add(new Datagram(source, buffer.AsMemory(0, payload.Length), buffer, arrival));
        return true;
    }

    /// <summary>What waits; valid until <see cref="Release"/>.</summary>
    public ReadOnlySpan<Datagram> Read()
    {
        Release();
        (_waiting, _read) = (_read, _waiting);
        _waitingBytes = 0;
        return CollectionsMarshal.AsSpan(_read);
    }

    /// <summary>What was read is not needed any more.</summary>
    public void Release()
    {
        foreach (var datagram in _read)
        {
            if (datagram.Buffer.Length == SmallBytes)
                _buffers.Push(datagram.Buffer);
        }

        _read.Clear();
    }

    /// <summary>Whether datagrams were dropped since the last question.</summary>
    public bool HasNewDrops()
    {
        if (Drops == _reportedDrops)
            return false;
        _reportedDrops = Drops;
        return true;
    }

    internal readonly record struct Datagram(UdpEndPoint Source, ReadOnlyMemory<byte> Bytes, byte[] Buffer, Instant Arrival);
}
