using Xunit;

namespace Utp.Cli.Tests;

public class StampsTests
{
    private const int StreamBytes = 5_000;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1_000)]
    [InlineData(1_028)]
    [InlineData(5_000)]
    public void A_stream_that_was_stamped_in_any_chunks_is_right_in_any_pieces(int chunkBytes)
    {
        var stream = Stream(chunkBytes);
        foreach (var pieceBytes in new[] { 1, 7, 1_024, 1_352, StreamBytes })
        {
            for (var at = 0; at < StreamBytes; at += pieceBytes)
                Assert.True(Stamps.Check(stream.AsSpan(at, Math.Min(pieceBytes, StreamBytes - at)), at));
        }
    }

    [Theory]
    [InlineData(1_352)]
    [InlineData(4)]
    public void A_piece_in_the_wrong_place_or_with_a_wrong_stamp_is_found(int pieceBytes)
    {
        var stream = Stream(1_000);
        Assert.False(Stamps.Check(stream.AsSpan(1_024, pieceBytes), 2_048));
        stream[1_025] ^= 1;
        Assert.False(Stamps.Check(stream.AsSpan(1_024, pieceBytes), 1_024));
    }

    private static byte[] Stream(int chunkBytes)
    {
        var stream = new byte[StreamBytes];
        for (var at = 0; at < StreamBytes; at += chunkBytes)
            Stamps.Write(stream.AsSpan(at, Math.Min(chunkBytes, StreamBytes - at)), at);
        return stream;
    }
}
