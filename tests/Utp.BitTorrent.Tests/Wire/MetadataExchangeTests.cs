using System.Security.Cryptography;

namespace Utp.BitTorrent.Tests.Wire;

public sealed class MetadataExchangeTests
{
    private static readonly byte[] Info = TempFolder.RandomBytes(40_000);

    [Fact]
    public void The_parts_of_several_peers_make_the_whole()
    {
        var exchange = new MetadataExchange(new InfoHash(SHA1.HashData(Info)), Info.Length);
        Assert.Equal([0, 1, 2], new[] { exchange.Next(), exchange.Next(), exchange.Next() });
        Assert.True(exchange.Add(1, 2, Info.AsSpan(32_768)));
        Assert.False(exchange.Add(1, 2, Info.AsSpan(32_768)));
        Assert.True(exchange.Add(2, 0, Info.AsSpan(0, 16_384)));
        Assert.Null(exchange.Result(out var isComplete));
        Assert.False(isComplete);
        Assert.Equal(1, exchange.Next());
        Assert.True(exchange.Add(1, 1, Info.AsSpan(16_384, 16_384)));
        Assert.Equal(Info, exchange.Result(out isComplete));
        Assert.Equal(-1, exchange.Next());
    }

    [Fact]
    public void A_wrong_part_spoils_the_whole_and_its_givers_are_known()
    {
        var exchange = new MetadataExchange(new InfoHash(SHA1.HashData(Info)), Info.Length);
        exchange.Add(1, 0, Info.AsSpan(0, 16_384));
        exchange.Add(1, 1, new byte[16_384]);
        exchange.Add(2, 2, Info.AsSpan(32_768));
        Assert.Null(exchange.Result(out var isComplete));
        Assert.True(isComplete);
        Assert.Equal([1, 2], exchange.Givers);
    }

    [Theory]
    [InlineData(0, 16_383)]
    [InlineData(2, 16_384)]
    [InlineData(3, 1)]
    public void A_part_of_a_wrong_length_or_beyond_the_end_is_not_taken(int piece, int length) =>
        Assert.False(new MetadataExchange(new InfoHash(SHA1.HashData(Info)), Info.Length).Add(1, piece, new byte[length]));

    [Fact]
    public void A_message_carries_its_part_behind_its_dictionary()
    {
        byte[] bytes = [.. new MetadataMessage(MetadataMessage.Kind.Data, 3, default).WriteHead(40_000), 9, 8, 7];
        Assert.True(MetadataMessage.TryRead(bytes, out var message));
        Assert.Equal((MetadataMessage.Kind.Data, 3), (message.Type, message.Piece));
        Assert.True(message.Data.Span.SequenceEqual<byte>([9, 8, 7]));
        Assert.False(MetadataMessage.TryRead("d8:msg_typei7e5:piecei0ee"u8.ToArray(), out _));
        Assert.False(MetadataMessage.TryRead("d8:msg_typei1e5:piecei-1ee"u8.ToArray(), out _));
    }
}
