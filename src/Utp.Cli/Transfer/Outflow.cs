using System.Security.Cryptography;
using Akka.Actor;
using Utp.Messages;

namespace Utp.Cli;

/// <summary>
/// Moves a stream into a connection: reads ahead by one chunk, hashes, and writes as long as the connection's send buffer has room. Belongs to one
/// actor and is used on its thread only, which passes every message to <see cref="Handle"/> first and calls <see cref="Release"/> last; reading itself happens elsewhere.
/// </summary>
/// <remarks>
/// A chunk's memory belongs to the connection from the write until its delivered acknowledgement, so a chunk is filled again only then. The chunks
/// together are as large as the send buffer: no write is ever refused, and a peer that does not read stops the reading here.
/// </remarks>
internal sealed class Outflow(Stream source, Func<Exception, string> explain, int sendBufferBytes, IActorRef self, Meter meter, RateLimit? limit = null)
{
    private const int MaxChunkBytes = 128 << 10;
    private const int ChunksPerBuffer = 32;

    private readonly int _chunkBytes = Math.Clamp(sendBufferBytes / ChunksPerBuffer, 1, Math.Min(MaxChunkBytes, limit?.PieceBytes ?? MaxChunkBytes));
    private IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Stack<Chunk> _free = new();
    private IActorRef _connection = ActorRefs.Nobody;
    private int _chunks;
    private int _inFlight;
    private bool _reading;

    /// <summary>Whether the source has ended and all of it was written to the connection.</summary>
    public bool Ended { get; private set; }

    /// <summary>Whether the peer has acknowledged all of it.</summary>
    public bool Delivered => Ended && _inFlight == 0;

    public long BytesDelivered { get; private set; }

    /// <summary>Why the source could not be read, in one sentence; null: it could.</summary>
    public string? Failure { get; private set; }

    /// <summary>The source stands behind bytes that the peer has already, whose hash this is: ours from now on. Before <see cref="Start"/>.</summary>
    public void Continue(IncrementalHash hash)
    {
        _hash.Dispose();
        _hash = hash;
    }

    public void Start(IActorRef connection)
    {
        _connection = connection;
        ReadAhead();
    }

    /// <summary>The hash of all that was read, once <see cref="Ended"/>.</summary>
    public byte[] Hash() => _hash.GetCurrentHash();

    /// <summary>Whether the message was meant for this; the properties tell what it has changed.</summary>
    public bool Handle(object message)
    {
        switch (message)
        {
            case Read { Error: { } error }:
                _reading = false;
                Failure = explain(error);
                return true;

            case Read { Count: 0 }:
                _reading = false;
                Ended = true;
                return true;

            case Read read:
                _reading = false;
                _inFlight++;
                read.Chunk.Count = read.Count;
                _connection.Tell(new Write(read.Chunk.Bytes.AsMemory(0, read.Count)) { Ack = read.Chunk, AckWhen = AckWhen.Delivered }, self);
                ReadAhead();
                return true;

            case Chunk chunk:
                _inFlight--;
                BytesDelivered += chunk.Count;
                meter.Add(chunk.Count);
                _free.Push(chunk);
                ReadAhead();
                return true;

            default:
                return false;
        }
    }

    public void Release()
    {
        // A read that hangs, on a terminal say, may still use them.
        if (_reading)
            return;
        _hash.Dispose();
        source.Dispose();
    }

    private void ReadAhead()
    {
        if (_reading || Ended || Failure is not null)
            return;
        if (!_free.TryPop(out var chunk))
        {
            if (_chunks * (long)_chunkBytes + _chunkBytes > sendBufferBytes)
                return;
            _chunks++;
            chunk = new Chunk(GC.AllocateUninitializedArray<byte>(_chunkBytes));
        }

        _reading = true;
        ReadAsync(chunk).PipeTo(self);
    }

    private async Task<Read> ReadAsync(Chunk chunk)
    {
        try
        {
            var count = await source.ReadAsync(chunk.Bytes).ConfigureAwait(false);
            _hash.AppendData(chunk.Bytes, 0, count);
            if (limit is not null)
                await Task.Delay(limit.Take(count, TimeSpan.FromMilliseconds(Environment.TickCount64))).ConfigureAwait(false);
            return new Read(chunk, count, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            return new Read(chunk, 0, e);
        }
    }

    private sealed class Chunk(byte[] bytes)
    {
        public byte[] Bytes => bytes;

        public int Count { get; set; }
    }

    private sealed record Read(Chunk Chunk, int Count, Exception? Error);
}
