namespace Utp.Remote.Tests.Wire;

/// <summary>Frames are cut out of a lane's bytes, wherever deliveries cut them.</summary>
public sealed class FrameParserTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(5_000)]
    [InlineData(100_000)]
    public void Frames_are_whole_however_they_are_delivered(int deliveryBytes)
    {
        int[] sizes = [0, 1, 5, 100, 4_095, 4_096, 10_000, 20_000, 2];
        var stream = sizes.SelectMany((size, i) => FrameBytes(Body(i, size), i % 3 == 0 ? [(uint)i, 7, 9] : [])).ToArray();
        var parser = new FrameParser(20_000, lanes: 3);

        var frames = Deliver(parser, stream, deliveryBytes);

        Assert.Equal(sizes, frames.Select(static frame => frame.Bytes));
        for (var i = 0; i < frames.Count; i++)
        {
            Assert.Equal(Body(i, sizes[i]), frames[i].Pdu!.ToByteArray());
            Assert.Equal(i % 3 == 0 ? [(uint)i, 7, 9] : null, frames[i].Fence?.Counts);
            Assert.Equal(i % 3 == 0 ? (byte?)5 : null, frames[i].Fence?.Mask);
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public void A_frame_over_the_limit_is_skipped_and_what_follows_is_read(int deliveryBytes)
    {
        byte[] stream = [.. FrameBytes(Body(1, 50), []), .. FrameBytes(Body(2, 40_000), []), .. FrameBytes(Body(3, 60), [])];
        var parser = new FrameParser(32_000, lanes: 1);

        var frames = Deliver(parser, stream, deliveryBytes);

        Assert.Equal([50, 40_000, 60], frames.Select(static frame => frame.Bytes));
        Assert.Null(frames[1].Pdu);
        Assert.Equal(Body(3, 60), frames[2].Pdu!.ToByteArray());
    }

    [Fact]
    public void A_small_frame_is_a_copy_and_a_large_one_a_view()
    {
        var stream = FrameBytes(Body(1, 100), []).Concat(FrameBytes(Body(2, 8_000), [])).ToArray();
        var parser = new FrameParser(32_000, lanes: 1);

        Assert.True(parser.TryParse(stream, out var small, out var consumed, out var isView));
        Assert.False(isView);
        Assert.True(parser.TryParse(stream.AsMemory(consumed), out var large, out _, out isView));
        Assert.True(isView);
        stream.AsSpan().Clear();

        Assert.Equal(Body(1, 100), small.Pdu!.ToByteArray());
        Assert.Equal(new byte[8_000], large.Pdu!.ToByteArray());
    }

    private static List<Frame> Deliver(FrameParser parser, byte[] stream, int deliveryBytes)
    {
        var frames = new List<Frame>();
        for (var at = 0; at < stream.Length; at += deliveryBytes)
        {
            ReadOnlyMemory<byte> delivery = stream.AsMemory(at, Math.Min(deliveryBytes, stream.Length - at));
            while (true)
            {
                var parsed = parser.TryParse(delivery, out var frame, out var consumed, out _);
                delivery = delivery[consumed..];
                if (parsed)
                    frames.Add(frame);
                else if (delivery.IsEmpty)
                    break;
            }
        }

        return frames;
    }

    private static byte[] Body(int seed, int size)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static byte[] FrameBytes(byte[] body, uint[] fence)
    {
        var header = new byte[FrameHeader.Length];
        new FrameHeader(body.Length, fence.Length > 0).Write(header);
        if (fence.Length == 0)
            return [.. header, .. body];
        var counts = new byte[FrameHeader.FenceLength(fence.Length)];
        FrameHeader.WriteFence(new Fence(5, fence), counts);
        return [.. header, .. counts, .. body];
    }
}
