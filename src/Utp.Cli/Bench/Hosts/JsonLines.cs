using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Utp.Streams;

namespace Utp.Cli;

/// <summary>Lines of JSON over a connection, each way. A line has a limit, because the other end may be anybody.</summary>
/// <param name="stream">The connection; not disposed of here.</param>
/// <param name="maxLineBytes">Of what is read.</param>
internal sealed class JsonLines(UtpStream stream, int maxLineBytes)
{
    private readonly PipeReader _reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

    /// <summary>The next line; null: the other end has finished.</summary>
    /// <exception cref="JsonException">It is no such object, or too long.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    public async Task<T?> ReadAsync<T>(CancellationToken cancellation)
        where T : class
    {
        while (true)
        {
            var read = await _reader.ReadAsync(cancellation).ConfigureAwait(false);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = read.Buffer.Slice(0, end).ToArray();
                _reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                return JsonSerializer.Deserialize(line, EndProtocol.Json<T>());
            }

            if (read.Buffer.Length > maxLineBytes)
                throw new JsonException($"A line has more than {maxLineBytes} bytes.");
            _reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
                return null;
        }
    }

    /// <summary>Writes a line.</summary>
    /// <exception cref="IOException">The connection failed.</exception>
    public async Task WriteAsync<T>(T message, CancellationToken cancellation) =>
        await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(message, EndProtocol.Json<T>()), (byte)'\n'], cancellation).ConfigureAwait(false);
}

/// <summary>The first line of a client of <c>utp bench serve</c>.</summary>
/// <param name="Version">Of these lines.</param>
/// <param name="Plan">What the server's end is to do.</param>
internal sealed record BenchHello(int Version, EndPlan Plan)
{
    /// <summary>What is spoken here.</summary>
    public const int CurrentVersion = 1;
}
