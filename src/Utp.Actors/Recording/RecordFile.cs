namespace Utp.Actors;

/// <summary>
/// One kind of one connection's record on the disk: files of a bounded size, one after the other, each of which can be read by itself. The writer's thread alone.
/// </summary>
internal abstract class RecordFile(string path, string extension)
{
    private FileStream? _stream;
    private int _part;
    private bool _isNew = true;

    /// <summary>The file that is written now.</summary>
    public string Path => $"{path}.{_part}.{extension}";

    /// <summary>Bytes of that file.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether it is open now.</summary>
    public bool IsOpen => _stream is not null;

    /// <summary>When it was written last, as the writer counts.</summary>
    public long LastUse { get; private set; }

    /// <summary>Set when the disk refused something: nothing more is written.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The next write begins another file.</summary>
    public void Rotate()
    {
        Close();
        _part++;
        _isNew = true;
        Bytes = 0;
    }

    /// <summary>Appends; opens the file if it is not open, and begins a new one with its header.</summary>
    /// <returns>Bytes that were added.</returns>
    /// <exception cref="IOException">The disk is full, say.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public long Append(ReadOnlySpan<byte> bytes, long use)
    {
        LastUse = use;

        // Somebody deleted it, perhaps the writer to make room: what follows must be readable by itself.
        if (_stream is null && !_isNew && !File.Exists(Path))
            Rotate();
        var before = Bytes;
        _stream ??= new FileStream(Path, _isNew ? FileMode.CreateNew : FileMode.Append, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
        if (_isNew)
        {
            _isNew = false;
            var header = Header();
            _stream.Write(header);
            Bytes += header.Length;
        }

        _stream.Write(bytes);
        Bytes += bytes.Length;
        return Bytes - before;
    }

    /// <summary>Closes the file; the next write opens it again.</summary>
    public void Close()
    {
        _stream?.Dispose();
        _stream = null;
    }

    /// <summary>What a file begins with.</summary>
    protected abstract byte[] Header();
}

/// <summary>The qlog of a connection.</summary>
internal sealed class QlogFile(string path, string name, bool isInitiator, DateTimeOffset began, long beganMicros) : RecordFile(path, "sqlog")
{
    /// <summary>When times begin, µs of the monotonic clock.</summary>
    public long BeganMicros { get; } = beganMicros;

    protected override byte[] Header() => QlogText.Header(name, isInitiator, began);
}

/// <summary>The packets of a connection.</summary>
internal sealed class PcapngFile(string path, string name, int snapBytes) : RecordFile(path, "pcapng")
{
    protected override byte[] Header() => PcapngBlocks.Header("uTP for Akka.NET", name, snapBytes);
}
