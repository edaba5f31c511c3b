namespace Utp.Cli;

/// <summary>
/// A stream that takes bytes as they come and cannot take them back: standard output, or a pipe, a socket or a device by its path. One with a path is opened with the first
/// bytes, or the end, and once: a pipe that is opened and closed is over for its reader, and opening it waits for one.
/// </summary>
internal sealed class StreamSink : IByteSink
{
    private readonly Func<Stream> _open;
    private readonly string? _path;
    private Stream? _stream;

    /// <summary>Standard output, which stays open.</summary>
    public StreamSink(Stream stream)
    {
        _stream = stream;
        _open = () => stream;
    }

    /// <summary>What <paramref name="open"/> gives, on the thread that writes.</summary>
    public StreamSink(Func<Stream> open, string path)
    {
        _open = open;
        _path = path;
    }

    public string Name => _path ?? "-";

    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        var stream = _stream ??= _open();
        foreach (var piece in pieces)
            stream.Write(piece.Span);
        stream.Flush();
    }

    public void Complete() => (_stream ??= _open()).Flush();

    public string Explain(Exception error) => _path is null
        ? $"Standard output cannot be written ({FileErrors.Reason(error)}): see that whoever reads it stays until the end."
        : FileErrors.Writing(_path, error);

    public void Dispose()
    {
        if (_path is not null)
            _stream?.Dispose();
    }
}
