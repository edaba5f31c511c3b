using System.Runtime.InteropServices;
using Akka.IO;

namespace Utp.Messages;

/// <summary>Between <see cref="ByteString"/>, which Akka 1.6 removes, and memory, without copying where that is possible (design note 2).</summary>
public static class ByteStringExtensions
{
    /// <summary>The segments of a <see cref="ByteString"/> as memory over the very same arrays.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> ToSegments(this ByteString data)
    {
        ArgumentNullException.ThrowIfNull(data);
        using var collector = new SegmentCollector();
        data.WriteTo(collector);
        return collector.Segments;
    }

    /// <summary>The bytes as one piece of memory: over the very same array when there is one segment, otherwise a copy.</summary>
    public static ReadOnlyMemory<byte> ToMemory(this ByteString data)
    {
        var segments = data.ToSegments();
        return segments.Count switch { 0 => default, 1 => segments[0], _ => data.ToArray() };
    }

    /// <summary>The memory as a <see cref="ByteString"/>: over the very same array when there is one, otherwise a copy. The array must not change afterwards.</summary>
    public static ByteString ToByteString(this ReadOnlyMemory<byte> data) =>
        MemoryMarshal.TryGetArray(data, out var segment) ? ByteString.FromBytes(segment) : ByteString.FromBytes(data.ToArray());

    /// <summary>The bytes as a <see cref="ByteString"/>, not copied.</summary>
    public static ByteString ToByteString(this Received received)
    {
        ArgumentNullException.ThrowIfNull(received);
        return received.Data.ToByteString();
    }

    // ByteString hands out its arrays in public only to a stream that it is written to.
    private sealed class SegmentCollector : Stream
    {
        private readonly List<ReadOnlyMemory<byte>> _segments = [];

        public IReadOnlyList<ReadOnlyMemory<byte>> Segments => _segments;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (count > 0)
                _segments.Add(buffer.AsMemory(offset, count));
        }

        public override void Write(ReadOnlySpan<byte> buffer) => _segments.Add(buffer.ToArray());

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
