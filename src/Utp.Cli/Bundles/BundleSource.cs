using System.Formats.Tar;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace Utp.Cli;

/// <summary>
/// A bundle as the stream of bytes that is sent: a tar archive (pax), and behind it SHA-256 of it. Archived as it is read, by a task of its own; the first read begins. One reader at a
/// time, as <c>Outflow</c> reads.
/// </summary>
/// <param name="bundle">What is archived.</param>
/// <param name="preserve">Whether times are told.</param>
internal sealed class BundleSource(Bundle bundle, bool preserve) : Stream
{
    /// <summary>Bytes behind the archive.</summary>
    public const int TrailerBytes = SHA256.HashSizeInBytes;

    /// <summary>In a file's extended header: its data are what stands behind so many bytes, which the receiver has.</summary>
    public const string FromKey = "UTP.from";

    private const int BufferBytes = 128 << 10;

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, minimumSegmentSize: 64 << 10, useSynchronizationContext: false));
    private IReadOnlyDictionary<string, KeptFile> _kept = new Dictionary<string, KeptFile>();
    private Action<long> _onKept = static _ => { };
    private Stream? _reader;
    private Task? _writing;
    private string? _current;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>What the receiver has, which is not sent where it is the beginning of our file. Before the first read.</summary>
    /// <param name="kept">By the entries' names.</param>
    /// <param name="onKept">Hears how many bytes of a file are not sent; on any thread.</param>
    public void LeaveOut(IReadOnlyDictionary<string, KeptFile> kept, Action<long> onKept)
    {
        _kept = kept;
        _onKept = onKept;
    }

    /// <summary>Why it cannot be read further, in one sentence.</summary>
    public string Explain(Exception error) => error is BundleException ? error.Message : FileErrors.Reading(_current ?? "What is sent", error);

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _reader ??= _pipe.Reader.AsStream(leaveOpen: true);
        _writing ??= Task.Run(WriteAsync, CancellationToken.None);
        return _reader.ReadAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // The writer's next flush hears of it, and it stops.
        if (disposing)
            _pipe.Reader.Complete();
        base.Dispose(disposing);
    }

    private async Task WriteAsync()
    {
        try
        {
            using var hash = SHA256.Create();
            var output = _pipe.Writer.AsStream(leaveOpen: true);
            var hashed = new CryptoStream(output, hash, CryptoStreamMode.Write, leaveOpen: true);
            await using (hashed.ConfigureAwait(false))
            {
                // Headers are small, and each write to the pipe would wake the reader.
                var buffered = new BufferedStream(hashed, BufferBytes);
                await using (buffered.ConfigureAwait(false))
                {
                    var tar = new TarWriter(buffered, TarEntryFormat.Pax, leaveOpen: true);
                    await using (tar.ConfigureAwait(false))
                    {
                        foreach (var entry in bundle.Entries)
                            await AddAsync(tar, entry).ConfigureAwait(false);
                    }
                }
            }

            await output.WriteAsync(hash.Hash).ConfigureAwait(false);
            await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The reader throws it.
            await _pipe.Writer.CompleteAsync(e is IOException or UnauthorizedAccessException ? e : new IOException(e.Message, e)).ConfigureAwait(false);
        }
    }

    private async Task AddAsync(TarWriter tar, BundleEntry entry)
    {
        _current = entry.Path;
        if (entry.Kind == EntryKind.File)
        {
            await AddFileAsync(tar, entry).ConfigureAwait(false);
            return;
        }

        var header = entry.Kind == EntryKind.Folder
            ? new PaxTarEntry(TarEntryType.Directory, entry.Name + "/")
            : new PaxTarEntry(TarEntryType.SymbolicLink, entry.Name) { LinkName = entry.Target! };
        await tar.WriteEntryAsync(Described(header, entry)).ConfigureAwait(false);
    }

    private async Task AddFileAsync(TarWriter tar, BundleEntry entry)
    {
        var file = new FileStream(entry.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan | FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
        {
            var from = _kept.TryGetValue(entry.Name, out var kept) && await BeginsWithAsync(file, entry, kept).ConfigureAwait(false) ? kept.Bytes : 0;
            file.Position = from;
            var header = from == 0
                ? new PaxTarEntry(TarEntryType.RegularFile, entry.Name)
                : new PaxTarEntry(TarEntryType.RegularFile, entry.Name, [new(FromKey, from.ToString(System.Globalization.CultureInfo.InvariantCulture))]);
            header.DataStream = new FilePart(file, entry, entry.Bytes - from);
            await tar.WriteEntryAsync(Described(header, entry)).ConfigureAwait(false);
            if (from > 0)
                _onKept(from);
        }
    }

    private static async Task<bool> BeginsWithAsync(FileStream file, BundleEntry entry, KeptFile kept)
    {
        if (kept.Bytes <= 0 || kept.Bytes > entry.Bytes)
            return false;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        for (var left = kept.Bytes; left > 0;)
        {
            var count = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left))).ConfigureAwait(false);
            if (count == 0)
                return false;
            hash.AppendData(buffer, 0, count);
            left -= count;
        }

        return CryptographicOperations.FixedTimeEquals(hash.GetHashAndReset(), kept.Hash);
    }

    // Whether they are kept in full is the receiver's to do; that a program can be run is always told, as tar and rsync do.
    private PaxTarEntry Described(PaxTarEntry header, BundleEntry entry)
    {
        header.ModificationTime = preserve ? File.GetLastWriteTimeUtc(entry.Path) : DateTimeOffset.UnixEpoch;
        if (!OperatingSystem.IsWindows() && entry.Kind != EntryKind.Link)
            header.Mode = File.GetUnixFileMode(entry.Path) & FileModes.Permissions;
        return header;
    }

    /// <summary>So many bytes of a file, from where it stands: a file that grows is sent as it was listed, and one that became shorter fails.</summary>
    private sealed class FilePart(FileStream file, BundleEntry entry, long bytes) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        // It cannot; but only of a stream that says so the archive asks how long it is.
        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => bytes;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var wanted = (int)Math.Min(buffer.Length, bytes - _position);
            if (wanted == 0)
                return 0;
            var count = await file.ReadAsync(buffer[..wanted], cancellationToken).ConfigureAwait(false);
            if (count == 0)
                throw new BundleException($"{entry.Path} became shorter while it was sent: send again when nobody writes to it.", TransferCodes.NotRead);
            _position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
