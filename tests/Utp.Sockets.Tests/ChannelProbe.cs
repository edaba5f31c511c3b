using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace Utp.Sockets.Tests;

/// <summary>
/// Reads a channel for a test, and keeps what its observer hears. Every wait is for an event and is
/// bounded; a bound that is reached fails the test.
/// </summary>
public sealed class ChannelProbe : IDatagramChannelObserver, IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _readable = new(0);
    private readonly SemaphoreSlim _writable = new(0);
    private readonly SemaphoreSlim _failed = new(0);
    private readonly ReceiveBatch _batch;
    private readonly Queue<Arrived> _arrived = new();
    private int _readableCount;
    private int _writableCount;

    public ChannelProbe(IDatagramChannel channel, UdpEndPoint address, SlabPool? pool = null, int batchCapacity = 16)
    {
        Channel = channel;
        Address = address;
        _batch = new ReceiveBatch(batchCapacity, pool ?? new SlabPool(256 * 1024, 4 * 1024 * 1024));
        channel.SetObserver(this);
    }

    public IDatagramChannel Channel { get; }

    /// <summary>Where others reach the channel.</summary>
    public UdpEndPoint Address { get; }

    public ReceiveBatch Batch => _batch;

    public int ReadableCount => Volatile.Read(ref _readableCount);

    public int WritableCount => Volatile.Read(ref _writableCount);

    public ConcurrentQueue<Exception> Failures { get; } = new();

    public ConcurrentQueue<(UdpPath Path, SendStatus Error, int PathMtu)> PathErrors { get; } = new();

    public void OnReadable()
    {
        Interlocked.Increment(ref _readableCount);
        _readable.Release();
    }

    public void OnWritable()
    {
        Interlocked.Increment(ref _writableCount);
        _writable.Release();
    }

    public void OnFailed(Exception cause)
    {
        Failures.Enqueue(cause);
        _failed.Release();
    }

    /// <summary>What ICMP quoted, last.</summary>
    public byte[] Quoted { get; private set; } = [];

    public void OnPathError(in UdpPath path, SendStatus error, int pathMtu) => PathErrors.Enqueue((path, error, pathMtu));

    public void OnPathError(in UdpPath path, SendStatus error, int pathMtu, ReadOnlySpan<byte> quoted)
    {
        Quoted = quoted.ToArray();
        OnPathError(path, error, pathMtu);
    }

    public SendStatus Send(in UdpPath path, ReadOnlySpan<byte> payload) =>
        Channel.Send(path, payload, payload.Length, dontFragment: true);

    public SendStatus SendTo(UdpEndPoint remote, ReadOnlySpan<byte> payload) => Send(new UdpPath(remote, default), payload);

    public async Task WhenReadableAsync() => await WaitAsync(_readable, "OnReadable");

    public async Task WhenWritableAsync() => await WaitAsync(_writable, "OnWritable");

    public async Task WhenFailedAsync() => await WaitAsync(_failed, "OnFailed");

    /// <summary>Reads on, as a listener does, until <paramref name="count"/> path errors were reported.</summary>
    public async Task WhenPathErrorsAsync(int count)
    {
        while (PathErrors.Count < count)
        {
            Assert.Equal(ReceiveStatus.Drained, Channel.Receive(_batch));
            TakeBatch();
            if (PathErrors.Count >= count)
                return;
            Channel.RequestReadable();
            await WhenReadableAsync();
        }
    }

    /// <summary>The next datagram, copied out of its slab.</summary>
    public async Task<Arrived> NextAsync()
    {
        while (_arrived.Count == 0)
        {
            var status = Channel.Receive(_batch);
            TakeBatch();
            if (status is ReceiveStatus.Closed or ReceiveStatus.NoMemory)
                Assert.Fail($"Receive returned {status}.");
            if (status == ReceiveStatus.Drained && _arrived.Count == 0)
            {
                Channel.RequestReadable();
                await WhenReadableAsync();
            }
        }

        return _arrived.Dequeue();
    }

    /// <summary>The next <paramref name="count"/> datagrams.</summary>
    public async Task<List<Arrived>> NextAsync(int count)
    {
        var datagrams = new List<Arrived>(count);
        while (datagrams.Count < count)
            datagrams.Add(await NextAsync());
        return datagrams;
    }

    public void Dispose()
    {
        Channel.Dispose();
        _batch.Clear();
    }

    // A merged receive is one entry of the batch and several datagrams.
    private void TakeBatch()
    {
        foreach (var received in _batch.Datagrams)
        {
            Assert.False(received.Truncated, "A datagram was cut off.");
            var rest = received.Span;
            do
            {
                var length = Math.Min(received.SegmentSize, rest.Length);
                _arrived.Enqueue(new Arrived(received.Path, rest[..length].ToArray(), received.ArrivalMicros));
                rest = rest[length..];
            }
            while (rest.Length > 0);
        }

        _batch.Clear();
    }

    private static async Task WaitAsync(SemaphoreSlim events, string name) =>
        Assert.True(await events.WaitAsync(Patience), $"{name} did not come within {Patience.TotalSeconds} s.");
}

/// <summary>
/// Ports for tests that need one to stay free, or theirs, once it is closed: below the range from which
/// the system gives ports to others, and different in each test and process.
/// </summary>
public static class TestPorts
{
    private const int First = 10_000;
    private const int Count = 20_000;
    private const int Attempts = 50;

    private static int _next = Environment.ProcessId * 211;

    /// <summary>What <paramref name="open"/> opens on the first such port that nobody has.</summary>
    public static T Open<T>(Func<int, T> open)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return open(First + (Interlocked.Increment(ref _next) & int.MaxValue) % Count);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && attempt < Attempts)
            {
                // Somebody outside the tests has it.
            }
        }
    }
}

/// <summary>A datagram as a test keeps it.</summary>
public sealed record Arrived(UdpPath Path, byte[] Payload, long ArrivalMicros)
{
    public string Text => Encoding.ASCII.GetString(Payload);
}
