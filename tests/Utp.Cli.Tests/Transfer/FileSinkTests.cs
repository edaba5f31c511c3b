using Xunit;

namespace Utp.Cli.Tests;

public class FileSinkTests
{
    [Fact]
    public void A_file_stands_under_its_name_only_when_it_is_complete()
    {
        using var folder = new TestFolder();
        using var sink = new FileSink(folder["file"], replace: true);
        sink.Write([new byte[] { 1, 2 }, new byte[] { 3 }]);
        Assert.Empty(folder.Files);
        Assert.Single(folder.Parts);
        sink.Complete();
        Assert.Equal([1, 2, 3], File.ReadAllBytes(folder["file"]));
        Assert.Empty(folder.Parts);
    }

    [Fact]
    public void A_file_that_is_not_completed_leaves_nothing_and_what_stood_there_stays()
    {
        using var folder = new TestFolder();
        folder.Add("file", [9]);
        using (var sink = new FileSink(folder["file"], replace: true))
            sink.Write([new byte[] { 1 }]);
        Assert.Equal([9], File.ReadAllBytes(folder["file"]));
        Assert.Empty(folder.Parts);
    }

    [Fact]
    public void More_pieces_than_one_system_call_takes_are_written_in_order()
    {
        using var folder = new TestFolder();
        using var sink = new FileSink(folder["file"], replace: true);
        var pieces = Enumerable.Range(0, 5_000).Select(i => (ReadOnlyMemory<byte>)BitConverter.GetBytes(i)).ToList();
        sink.Write(pieces);
        sink.Write([]);
        sink.Write([BitConverter.GetBytes(-1)]);
        sink.Complete();
        Assert.Equal(pieces.Append(BitConverter.GetBytes(-1)).SelectMany(piece => piece.ToArray()), File.ReadAllBytes(folder["file"]));
    }

    [Fact]
    public void A_name_that_is_taken_gets_a_number()
    {
        using var folder = new TestFolder();
        for (byte i = 1; i <= 3; i++)
        {
            using var sink = new FileSink(folder["file"], replace: false);
            sink.Write([new[] { i }]);
            sink.Complete();
            Assert.Equal(folder[i == 1 ? "file" : $"file-{i}"], sink.Name);
        }

        Assert.Equal(["file", "file-2", "file-3"], folder.Files);
        Assert.Equal([2], File.ReadAllBytes(folder["file-2"]));
    }

    [Fact]
    public void Behind_a_symbolic_link_the_file_is_replaced_and_not_the_link()
    {
        using var folder = new TestFolder();
        folder.Add("file", [9]);
        File.CreateSymbolicLink(folder["link"], folder["file"]);
        using var sink = new FileSink(folder["link"], replace: true);
        sink.Write([new byte[] { 1 }]);
        sink.Complete();
        Assert.Equal([1], File.ReadAllBytes(folder["file"]));
        Assert.NotNull(new FileInfo(folder["link"]).LinkTarget);
    }
}
