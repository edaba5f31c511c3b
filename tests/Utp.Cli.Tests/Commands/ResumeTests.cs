using Xunit;

namespace Utp.Cli.Tests;

/// <summary><c>--resume</c> at both ends: a transfer that broke off goes on where it stopped, if what is kept is what the sender's file begins with.</summary>
public class ResumeTests
{
    private const int Size = 3_000_000;

    private static readonly byte[] Content = TestFolder.RandomBytes(Size);

    [Fact]
    public async Task A_transfer_that_broke_off_goes_on_where_it_stopped()
    {
        using var folder = new TestFolder();
        var original = folder.Add("original", Content);
        using var receiver = Receive(folder, "--resume");
        var address = await receiver.ListeningAsync();

        // One that knows nothing of resuming, and is killed in the middle.
        var grows = folder.PartGrowsAsync();
        using (var killed = ProcessTests.UtpProcess.Start("send", "-", address))
        {
            await killed.FeedAsync(Content[..1_000_000]);
            await grows;
            killed.Kill();
            await receiver.ErrorLineAsync(new System.Text.RegularExpressions.Regex("^Still waiting: "));
        }

        var kept = new FileInfo(Assert.Single(folder.Parts)).Length;
        Assert.InRange(kept, 1, 1_000_000);
        using var sender = UtpRun.Start("send", original, address, "--resume", "--json");
        await EndWellAsync(folder, receiver, sender);
        foreach (var json in new[] { sender.Json, receiver.Json })
            Assert.Equal((kept, Size - kept), (json.GetProperty("kept").GetInt64(), json.GetProperty("bytes").GetInt64()));
    }

    [Theory]
    [InlineData(Size, true)]
    [InlineData(1_000, true)]
    [InlineData(1_000, false)]
    [InlineData(Size + 1, false)]
    [InlineData(0, true)]
    public async Task What_a_receiver_that_died_has_left_counts_if_it_is_the_beginning_of_the_file(int left, bool isBeginning)
    {
        using var folder = new TestFolder();
        File.SetLastWriteTimeUtc(folder.Add(".copy.abc.part", isBeginning ? Content[..left] : TestFolder.RandomBytes(left, seed: 2)), DateTime.UtcNow.AddMinutes(-1));
        using var receiver = Receive(folder, "--resume");
        using var sender = UtpRun.Start("send", folder.Add("original", Content), await receiver.ListeningAsync(), "--resume", "--json");
        await EndWellAsync(folder, receiver, sender);
        Assert.Equal(isBeginning ? left : 0, sender.Json.GetProperty("kept").GetInt64());
        Assert.Equal(isBeginning ? Size - left : Size, receiver.Json.GetProperty("bytes").GetInt64());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(Size)]
    public async Task A_sender_that_does_not_resume_begins_anew(int size)
    {
        using var folder = new TestFolder();
        folder.Add(".copy.abc.part", Content[..1_000]);
        using var receiver = Receive(folder, "--resume");
        using var sender = UtpRun.Start("send", folder.Add("original", Content[..size]), await receiver.ListeningAsync(), "--json");
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        Assert.Equal(Content[..size], File.ReadAllBytes(folder["copy"]));
        Assert.Equal(0, receiver.Json.GetProperty("kept").GetInt64());
        Assert.Empty(folder.Parts);
    }

    [Fact]
    public async Task Only_files_are_resumed()
    {
        using var folder = new TestFolder();
        using var input = UtpRun.Start("send", "-", "127.0.0.1:9", "--resume");
        Assert.Equal(ExitCode.WrongUsage, await input.ExitAsync());
        Assert.Contains("name a file", Assert.Single(input.ErrorLines), StringComparison.Ordinal);
        foreach (var (target, says) in new[] { (folder.Path, "takes any number: add --once"), ("-", "keeps nothing: name a file or a folder, and add --once") })
        {
            using var output = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", target, "--resume");
            Assert.Equal(ExitCode.WrongUsage, await output.ExitAsync());
            Assert.Contains(says, Assert.Single(output.ErrorLines), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_offer_and_its_answer_are_read_as_they_were_written()
    {
        var offer = ResumeOffer.Of(5, new byte[32]);
        Assert.True(ResumeOffer.TryParse(offer.ToBytes(), out var read));
        Assert.Equal((5L, true), (read!.Bytes, read.Number.AsSpan().SequenceEqual(offer.Number)));
        Assert.True(offer.TryReadAnswer(read.Answer(5), out var from));
        Assert.Equal(5, from);
        Assert.False(offer.TryReadAnswer(read.Answer(4), out _));
        Assert.False(offer.TryReadAnswer(ResumeOffer.Of(5, new byte[32]).Answer(5), out _));
        Assert.False(ResumeOffer.TryParse(offer.ToBytes().AsSpan(1), out _));
        Assert.False(ResumeOffer.TryParse(new byte[ResumeOffer.Length], out _));
    }

    private static UtpRun Receive(TestFolder folder, params string[] more) =>
        UtpRun.Start(["receive", "--bind", "127.0.0.1:0", "--out", folder["copy"], "--once", "--json", .. more]);

    private static async Task EndWellAsync(TestFolder folder, UtpRun receiver, UtpRun sender)
    {
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        Assert.Equal(Content, File.ReadAllBytes(folder["copy"]));
        Assert.Equal(TestFolder.Hash(Content), sender.Json.GetProperty("sha256").GetString());
        Assert.Equal(TestFolder.Hash(Content), receiver.Json.GetProperty("sha256").GetString());
        Assert.Empty(folder.Parts);
    }
}
