using System.IO.Pipelines;
using System.Security.Cryptography;

namespace Utp.Cli;

/// <summary>
/// A bundle as it comes: the archive is stored entry by entry in a hidden folder while it arrives, by a task of its own; when all of it is there, and is what the sender's SHA-256 says,
/// it is flushed to the disk and moved to its place. What breaks off leaves nothing, or, where transfers are resumed, the hidden folder.
/// </summary>
internal sealed class BundleSink : IByteSink
{
    private readonly Staging _staging;
    private readonly BundlePlace _place;
    private readonly BundleStore _store;
    private readonly BundleHello _hello;
    private readonly bool _resumes;
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, minimumSegmentSize: 64 << 10, useSynchronizationContext: false));
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _tail = new byte[BundleSource.TrailerBytes];
    private int _tailBytes;
    private Task? _storing;
    private bool _completed;

    /// <summary>Makes the hidden folder, or takes over the one that an earlier transfer of the same bundle has left.</summary>
    /// <exception cref="CliException">It cannot be made.</exception>
    public BundleSink(BundlePlace place, BundleHello hello, bool resumes)
    {
        (_place, _hello, _resumes) = (place, hello, resumes);
        _staging = (resumes ? Staging.TryTake(place.Folder, hello.Key) : null) ?? Staging.Create(place.Folder, hello.Key);
        _store = new BundleStore(_staging, hello.Preserve, place.Taken);
        Name = place.Folder;
    }

    public string Name { get; private set; }

    /// <summary>How many files there are.</summary>
    public long Files => _store.Files;

    /// <summary>How many bytes of them were there before.</summary>
    public long Kept => _store.Kept;

    /// <summary>Hears how many bytes of a file were there before; on any thread. Set before anything is written.</summary>
    public Action<long> OnKept
    {
        set => _store.OnKept = value;
    }

    /// <summary>What there is of an earlier transfer. Before anything is written; it takes as long as reading all of it.</summary>
    public IReadOnlyDictionary<string, KeptFile> HashKept() => _resumes && _hello.Resume ? _staging.HashKept() : new Dictionary<string, KeptFile>();

    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        _storing ??= Task.Run(StoreAsync);
        foreach (var piece in pieces)
            Take(piece.Span);
        if (_pipe.Writer.FlushAsync().AsTask().GetAwaiter().GetResult().IsCompleted)
            _storing.GetAwaiter().GetResult();
    }

    public void Complete()
    {
        _pipe.Writer.Complete();
        (_storing ??= Task.Run(StoreAsync)).GetAwaiter().GetResult();
        if (_tailBytes != _tail.Length || !CryptographicOperations.FixedTimeEquals(_hash.GetHashAndReset(), _tail))
            throw new BundleException("What came is not what was sent (its SHA-256 is another): nothing of it is stored; send again.", TransferCodes.WrongBundle);
        _store.Finish();
        _staging.Flush();
        (var root, Name) = _place.Publish(_staging, _hello.Preserve);
        _completed = true;
        _store.DescribeFolders(root);
    }

    public string Explain(Exception error) => error is BundleException ? error.Message : FileErrors.Writing(Sentences.OneLine(Path.Combine(_place.Folder, _store.Current)), error);

    public void Dispose()
    {
        if (_resumes && !_completed)
            _staging.Keep();
        _pipe.Writer.Complete(new OperationCanceledException());
        try
        {
            _storing?.GetAwaiter().GetResult();
        }
        catch (Exception)
        {
            // It has been said, or it was cancelled here.
        }

        _staging.Dispose();
        _hash.Dispose();
    }

    // The last bytes are the sender's SHA-256, and are known only by being the last.
    private void Take(ReadOnlySpan<byte> bytes)
    {
        var certain = _tailBytes + bytes.Length - _tail.Length;
        if (certain > 0)
        {
            var ofTail = Math.Min(certain, _tailBytes);
            Pass(_tail.AsSpan(0, ofTail));
            _tail.AsSpan(ofTail, _tailBytes - ofTail).CopyTo(_tail);
            _tailBytes -= ofTail;
            Pass(bytes[..(certain - ofTail)]);
            bytes = bytes[(certain - ofTail)..];
        }

        bytes.CopyTo(_tail.AsSpan(_tailBytes));
        _tailBytes += bytes.Length;
    }

    private void Pass(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        System.Buffers.BuffersExtensions.Write(_pipe.Writer, bytes);
    }

    private async Task StoreAsync()
    {
        try
        {
            var archive = _pipe.Reader.AsStream(leaveOpen: true);
            await _store.StoreAsync(archive).ConfigureAwait(false);

            // Behind the archive's end there is nothing that counts, but the hash is of all.
            await archive.CopyToAsync(Stream.Null).ConfigureAwait(false);
        }
        finally
        {
            await _pipe.Reader.CompleteAsync().ConfigureAwait(false);
        }
    }
}
