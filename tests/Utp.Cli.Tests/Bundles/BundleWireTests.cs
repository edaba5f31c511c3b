using Xunit;

namespace Utp.Cli.Tests;

/// <summary>What stands in front of a bundle is read as it was written, and nothing else is taken for it.</summary>
public class BundleWireTests
{
    private static readonly BundleHello Hello = new(TestFolder.RandomBytes(16), Preserve: true, Resume: false, 3, 5_000_000_000, TestFolder.RandomBytes(16, seed: 2));

    [Fact]
    public void A_hello_is_read_as_it_was_written()
    {
        var bytes = Hello.ToBytes();
        Assert.Equal(BundleHello.Length, bytes.Length);
        Assert.True(BundleHello.TryParse(bytes, out var read));
        Assert.Equal((true, false, 3L, 5_000_000_000), (read!.Preserve, read.Resume, read.Files, read.Bytes));
        Assert.Equal(Hello.Number, read.Number);
        Assert.Equal(Hello.Key, read.Key);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(BundleHello.TryParse(bytes.AsSpan(0, length), out _));
            Assert.True(BundleHello.MayBegin(bytes.AsSpan(0, length)));
        }

        // A flag that a later version may have means what nobody here knows.
        bytes[24] = 0x80;
        Assert.False(BundleHello.TryParse(bytes, out _));
        Assert.False(BundleHello.MayBegin("utpmany2"u8));
    }

    [Fact]
    public void An_answer_is_read_as_it_was_written_whatever_pieces_it_comes_in()
    {
        var kept = new Dictionary<string, KeptFile> { ["photos/a"] = new(7, TestFolder.RandomBytes(32)), ["photos/ü"] = new(long.MaxValue, TestFolder.RandomBytes(32, seed: 3)) };
        var answer = BundleAnswer.To(Hello, 0, kept);
        var bytes = answer.ToBytes();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Null(BundleAnswer.Read(bytes.AsSpan(0, length), Hello, out var needed));
            Assert.InRange(needed, length + 1, bytes.Length);
        }

        var read = BundleAnswer.Read(bytes, Hello, out _)!;
        Assert.Equal(answer.Number, read.Number);
        Assert.Equal(kept.Keys.Order(), read.Kept.Keys.Order());
        Assert.All(kept, pair => Assert.Equal(pair.Value.Bytes, read.Kept[pair.Key].Bytes));
        Assert.All(kept, pair => Assert.Equal(pair.Value.Hash, read.Kept[pair.Key].Hash));

        Assert.Equal(TransferCodes.OneFile, BundleAnswer.Read(BundleAnswer.To(Hello, TransferCodes.OneFile, new Dictionary<string, KeptFile>()).ToBytes(), Hello, out _)!.Refusal);
    }

    [Fact]
    public void What_is_no_answer_is_told_by_its_first_wrong_byte()
    {
        Assert.Throws<InvalidDataException>(() => BundleAnswer.Read("utpresu1"u8, Hello, out _));
        var bytes = BundleAnswer.To(Hello, 0, new Dictionary<string, KeptFile> { ["a"] = new(1, new byte[32]) }).ToBytes();
        // A name longer than the list, and a list longer than anybody keeps.
        bytes[40] = 0xFF;
        Assert.Throws<InvalidDataException>(() => BundleAnswer.Read(bytes, Hello, out _));
        bytes[36] = 0x7F;
        Assert.Throws<InvalidDataException>(() => BundleAnswer.Read(bytes, Hello, out _));
    }
}
