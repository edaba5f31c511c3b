namespace Utp.Cli;

/// <summary>A stream that takes bytes as they come and cannot take them back: standard output, a pipe, a device.</summary>
internal sealed class StreamSink(Stream stream, string name, bool ownsStream = false) : IByteSink
{
    public string Name => name;

    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        foreach (var piece in pieces)
            stream.Write(piece.Span);
        stream.Flush();
    }

    public void Complete() => stream.Flush();

    public string Explain(Exception error) => FileErrors.Writing(name, error);

    public void Dispose()
    {
        if (ownsStream)
            stream.Dispose();
    }
}
