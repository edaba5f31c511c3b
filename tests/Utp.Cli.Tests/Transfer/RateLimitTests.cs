using Xunit;

namespace Utp.Cli.Tests;

/// <summary><c>utp send --limit</c>.</summary>
public sealed class RateLimitTests
{
    [Fact]
    public void A_second_takes_no_more_than_its_bytes_and_a_tenth()
    {
        var limit = new RateLimit(1_000_000);
        var now = TimeSpan.Zero;
        var sent = 0;
        while (true)
        {
            now += limit.Take(10_000, now);
            if (now >= TimeSpan.FromSeconds(1))
                break;
            sent += 10_000;
        }

        Assert.InRange(sent, 900_000, 1_110_000);
    }

    [Fact]
    public void After_a_pause_only_a_tenth_of_a_second_is_made_up_for()
    {
        var limit = new RateLimit(1_000_000);
        var now = TimeSpan.FromHours(1);
        var atOnce = 0;
        while (limit.Take(10_000, now) == TimeSpan.Zero)
            atOnce += 10_000;
        Assert.InRange(atOnce, 90_000, 120_000);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1_000_000, 100_000)]
    public void What_goes_together_is_a_tenth_of_a_second(long bytesPerSecond, int pieceBytes) => Assert.Equal(pieceBytes, new RateLimit(bytesPerSecond).PieceBytes);

    [Fact]
    public async Task A_limited_file_arrives_whole()
    {
        using var folder = new TestFolder();
        var bytes = new byte[300_000];
        new Random(1).NextBytes(bytes);
        var file = folder.Add("source", bytes);
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["copy"], "--once");
        using var sender = UtpRun.Start("send", file, await receiver.ListeningAsync(), "--limit", "3MB");
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        Assert.Equal(bytes, await File.ReadAllBytesAsync(folder["copy"]));
    }

    [Fact]
    public async Task A_limit_that_is_no_rate_is_said()
    {
        using var run = UtpRun.Start("send", "FILE", "127.0.0.1:9", "--limit", "fast");
        Assert.Equal(ExitCode.WrongUsage, await run.ExitAsync());
        Assert.Contains("--limit is 'fast': give bytes a second", run.ErrorLines[^1], StringComparison.Ordinal);
    }
}
