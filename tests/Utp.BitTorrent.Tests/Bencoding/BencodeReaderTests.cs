using System.Text;
using CsCheck;

namespace Utp.BitTorrent.Tests.Bencoding;

public sealed class BencodeReaderTests
{
    private static readonly Gen<BencodeValue> Values = Gen.Recursive<BencodeValue>((depth, inner) =>
    {
        var leaf = Gen.OneOf(
            Gen.Long.Select(static value => (BencodeValue)new BencodeInteger(value)),
            Gen.Byte.Array[0, 20].Select(static bytes => (BencodeValue)new BencodeString(bytes)));
        return depth >= 4 ? leaf : Gen.OneOf(
            leaf,
            inner.List[0, 4].Select(static items => (BencodeValue)new BencodeList(items)),
            Gen.Select(Gen.Byte.Array[0, 6].Select(static bytes => Encoding.Latin1.GetString(bytes)), inner).List[0, 4]
                .Select(static pairs => (BencodeValue)new BencodeDictionary([.. pairs.DistinctBy(static pair => pair.Item1).Select(static pair => KeyValuePair.Create(pair.Item1, pair.Item2))])));
    });

    [Fact]
    public void What_is_written_is_read_and_written_the_same() => Values.Sample(static value =>
    {
        var bytes = BencodeWriter.Write(value);
        return BencodeReader.TryRead(bytes, out var read, out _) && BencodeWriter.Write(WithoutRaw(read)).AsSpan().SequenceEqual(bytes);
    });

    [Fact]
    public void Every_beginning_of_a_value_is_refused_where_it_ends() => Values.Sample(static value =>
    {
        var bytes = BencodeWriter.Write(value);
        for (var length = 0; length < bytes.Length; length++)
        {
            if (BencodeReader.TryRead(bytes.AsMemory(0, length), out _, out var error) || error.Offset > length || error.Problem is null)
                return false;
        }

        return true;
    });

    [Fact]
    public void Any_bytes_are_read_or_refused_with_a_place_and_never_throw() => Gen.OneOf(Gen.Byte.Array[0, 60], Gen.Char["deil0123456789:-"].Array[0, 60].Select(static text => Encoding.Latin1.GetBytes(text)))
        .Sample(static bytes => BencodeReader.TryRead(bytes, out var value, out var error) ? value is not null : error.Offset >= 0 && error.Offset <= bytes.Length && error.Problem.Length > 0, iter: 5_000);

    [Theory]
    [InlineData("", 0, "ends where a value")]
    [InlineData("i", 1, "ends within an integer")]
    [InlineData("ie", 1, "i, digits and e")]
    [InlineData("i-e", 2, "i, digits and e")]
    [InlineData("i-0e", 2, "-0")]
    [InlineData("i03e", 1, "begins with a zero")]
    [InlineData("i9223372036854775808e", 0, "64 bits")]
    [InlineData("i-9223372036854775809e", 0, "64 bits")]
    [InlineData("i99999999999999999999999999e", 0, "64 bits")]
    [InlineData("i1x", 2, "i, digits and e")]
    [InlineData("5:abc", 0, "5 bytes begins, and 3 are left")]
    [InlineData("99999999999:a", 0, "longer than")]
    [InlineData("01:a", 0, "begins with a zero")]
    [InlineData("3", 1, "within a string's length")]
    [InlineData("3abc", 1, "colon")]
    [InlineData("li1e", 4, "ends where")]
    [InlineData("d1:a", 4, "ends where")]
    [InlineData("di1ei2ee", 1, "key is a string")]
    [InlineData("d1:ai1e1:ai2ee", 7, "stands twice")]
    [InlineData("d1:bi1e1:ai2ee", 7, "should precede")]
    [InlineData("i1ei2e", 3, "3 bytes follow")]
    [InlineData("x", 0, "0x78")]
    public void What_is_wrong_is_said_with_its_place(string text, int offset, string problem)
    {
        Assert.False(BencodeReader.TryRead(Encoding.Latin1.GetBytes(text), out _, out var error));
        Assert.Equal(offset, error.Offset);
        Assert.Contains(problem, error.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("i9223372036854775807e", long.MaxValue)]
    [InlineData("i-9223372036854775808e", long.MinValue)]
    [InlineData("i0e", 0)]
    [InlineData("i-10e", -10)]
    public void Integers_go_to_the_ends_of_64_bits(string text, long value)
    {
        Assert.True(BencodeReader.TryRead(Encoding.Latin1.GetBytes(text), out var read, out _));
        Assert.Equal(value, ((BencodeInteger)read).Value);
    }

    [Fact]
    public void Lists_in_each_other_are_read_to_the_limit_and_refused_beyond()
    {
        Assert.True(BencodeReader.TryRead(Nested(BencodeReader.MaxDepth), out _, out _));
        Assert.False(BencodeReader.TryRead(Nested(BencodeReader.MaxDepth + 1), out _, out var error));
        Assert.Equal(BencodeReader.MaxDepth, error.Offset);
        Assert.False(BencodeReader.TryRead(Encoding.Latin1.GetBytes(new string('l', 1_000_000)), out _, out _));
    }

    [Fact]
    public void A_message_may_have_its_keys_in_any_order_but_none_twice()
    {
        Assert.True(BencodeReader.TryReadPrefix("d1:bi1e1:ai2eeREST"u8.ToArray(), anyOrder: true, out var value, out var length, out _));
        Assert.Equal(14, length);
        Assert.Equal(2, ((BencodeDictionary)value).Integer("a"));
        Assert.False(BencodeReader.TryReadPrefix("d1:bi1e1:ai2e1:bi3ee"u8.ToArray(), anyOrder: true, out _, out _, out var error));
        Assert.Contains("twice", error.Problem, StringComparison.Ordinal);
    }

    private static byte[] Nested(int depth) => Encoding.Latin1.GetBytes(new string('l', depth) + new string('e', depth));

    // As if it had been made, so that it is written by the writer and not copied.
    private static BencodeValue WithoutRaw(BencodeValue value) => value switch
    {
        BencodeInteger integer => new BencodeInteger(integer.Value),
        BencodeString text => new BencodeString(text.Bytes),
        BencodeList list => new BencodeList([.. list.Items.Select(WithoutRaw)]),
        BencodeDictionary dictionary => new BencodeDictionary([.. dictionary.Entries.Select(static entry => KeyValuePair.Create(entry.Key, WithoutRaw(entry.Value)))]),
        _ => throw new InvalidOperationException(),
    };
}
