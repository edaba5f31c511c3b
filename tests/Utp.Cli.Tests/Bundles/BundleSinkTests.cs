using System.Formats.Tar;
using System.Security.Cryptography;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary>Streams that no sender of ours writes: whatever comes, nothing stands outside of the folder, and nothing is stored that is not whole.</summary>
public sealed class BundleSinkTests : IDisposable
{
    private readonly TestFolder _outer = new();
    private readonly string _target;

    public BundleSinkTests()
    {
        _target = _outer["target"];
        Directory.CreateDirectory(_target);
        _outer.Add("precious", [7]);
    }

    public void Dispose() => _outer.Dispose();

    [Theory]
    [InlineData("/tmp/utp-cli-test-absolute")]
    [InlineData("../precious")]
    [InlineData("a/../../precious")]
    [InlineData("./a")]
    [InlineData("a/../b")]
    [InlineData("none/a")]
    public void A_name_that_leads_out_or_into_what_did_not_come_is_refused(string name) => Refuses(tar => Add(tar, name, [1]));

    [Theory]
    [InlineData("/etc")]
    [InlineData("..")]
    [InlineData("../precious")]
    [InlineData("a/../..")]
    public void A_link_that_leads_out_is_refused(string link) => Refuses(tar => Link(tar, "link", link));

    [Fact]
    public void Nothing_is_written_through_a_link()
    {
        Refuses(tar =>
        {
            Folder(tar, "real");
            Link(tar, "link", "real");
            Add(tar, "link/a", [1]);
        });
        // Nor in place of a folder or a link that came before.
        Refuses(tar =>
        {
            Link(tar, "name", "precious");
            Add(tar, "name", [1]);
        });
        Refuses(tar =>
        {
            Add(tar, "file", [1]);
            Add(tar, "file/a", [1]);
        });
    }

    [Theory]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    [InlineData(TarEntryType.CharacterDevice)]
    [InlineData(TarEntryType.BlockDevice)]
    public void What_is_neither_a_file_nor_a_folder_nor_a_link_is_refused(TarEntryType type) => Refuses(tar =>
    {
        var entry = new PaxTarEntry(type, "entry");
        if (type == TarEntryType.HardLink)
            entry.LinkName = "../precious";
        tar.WriteEntry(entry);
    });

    [Theory]
    [InlineData("1")]
    [InlineData("9223372036854775807")]
    [InlineData("-1")]
    [InlineData("x")]
    public void The_rest_of_a_file_of_which_nothing_is_here_is_refused(string from) => Refuses(tar =>
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "file", [new(BundleSource.FromKey, from)]) { DataStream = new MemoryStream([1]) }));

    // A header that says that it is 2 MB, 1 GB or 8 GB long: whoever believes it makes room for that.
    [Theory]
    [InlineData("00010000000")]
    [InlineData("07777777777")]
    [InlineData("77777777777")]
    public void A_header_that_claims_to_be_huge_is_refused_before_it_has_come(string size)
    {
        var archive = Archive(tar => Add(tar, "a", [1]));
        Assert.Equal((byte)'x', archive[156]);
        System.Text.Encoding.ASCII.GetBytes(size + "\0").CopyTo(archive, 124);
        var sum = archive.AsSpan(0, 148).ToArray().Concat(archive[156..512]).Sum(static b => b) + (8 * ' ');
        System.Text.Encoding.ASCII.GetBytes($"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0 ").CopyTo(archive, 148);
        Assert.Equal(TransferCodes.WrongBundle, Assert.IsType<BundleException>(Record.Exception(() => Store(archive))).Code);
        NothingIsStored();
    }

    [Fact]
    public void A_stream_that_is_cut_or_changed_anywhere_is_not_stored()
    {
        var whole = WithHash(Archive(tar =>
        {
            Folder(tar, "folder");
            Add(tar, "folder/file", TestFolder.RandomBytes(3_000));
        }));
        for (var length = 0; length < whole.Length; length += 97)
        {
            Assert.ThrowsAny<IOException>(() => Receive(whole[..length]));
            NothingIsStored();
        }

        for (var at = 0; at < whole.Length; at += 61)
        {
            var changed = whole.ToArray();
            changed[at] ^= 0x10;
            Assert.ThrowsAny<IOException>(() => Receive(changed));
            NothingIsStored();
        }

        Receive(whole);
        Assert.Equal(TestFolder.RandomBytes(3_000), File.ReadAllBytes(Path.Combine(_target, "folder", "file")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(5_000)]
    public void The_hash_is_told_from_the_archive_whatever_pieces_both_come_in(int piece)
    {
        var whole = WithHash(Archive(tar => Add(tar, "file", TestFolder.RandomBytes(10_000))));
        Receive(whole, piece);
        Assert.Equal(TestFolder.RandomBytes(10_000), File.ReadAllBytes(Path.Combine(_target, "file")));
    }

    private void Refuses(Action<TarWriter> write)
    {
        var error = Assert.IsType<BundleException>(Record.Exception(() => Store(Archive(write))));
        Assert.Equal(TransferCodes.WrongBundle, error.Code);
        NothingIsStored();
    }

    private void NothingIsStored()
    {
        Assert.Empty(Directory.GetFileSystemEntries(_target));
        Assert.Equal(["precious"], _outer.Files);
        Assert.Equal([7], File.ReadAllBytes(_outer["precious"]));
        Assert.False(File.Exists("/tmp/utp-cli-test-absolute"));
    }

    private void Store(byte[] archive) => Receive(WithHash(archive));

    private void Receive(byte[] stream, int piece = int.MaxValue)
    {
        using var sink = new BundleSink(new BundlePlace(_target, null, Force: false), new BundleHello(new byte[16], true, false, 1, 1, new byte[16]), resumes: false);
        foreach (var part in stream.Chunk(piece == int.MaxValue ? Math.Max(stream.Length, 1) : piece))
            sink.Write([part]);
        sink.Complete();
    }

    private static byte[] WithHash(byte[] archive) => [.. archive, .. SHA256.HashData(archive)];

    private static byte[] Archive(Action<TarWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
            write(tar);
        return bytes.ToArray();
    }

    private static void Add(TarWriter tar, string name, byte[] content) => tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });

    private static void Folder(TarWriter tar, string name) => tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, name + "/"));

    private static void Link(TarWriter tar, string name, string target) => tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target });
}
