namespace Utp.Cli;

/// <summary>A stream that takes bytes as they come and cannot take them back: standard output, or a pipe or a device by its path.</summary>
internal sealed class StreamSink(Stream stream, string? path = null) : IByteSink
{
    public string Name => path ?? "-";

    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        foreach (var piece in pieces)
            stream.Write(piece.Span);
        stream.Flush();
    }

    public void Complete() => stream.Flush();

    public string Explain(Exception error) => path is null
        ? $"Standard output cannot be written ({FileErrors.Reason(error)}): see that whoever reads it stays until the end."
        : FileErrors.Writing(path, error);

    public void Dispose()
    {
        if (path is not null)
            stream.Dispose();
    }
}
