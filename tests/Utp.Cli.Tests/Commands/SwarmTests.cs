using Xunit;

namespace Utp.Cli.Tests;

public sealed class SwarmTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_created_is_seeded_and_comes_whole_by_its_file_and_by_its_magnet_link()
    {
        var folder = _folder;
        var bytes = TestFolder.RandomBytes(3_000_000);
        using var create = UtpRun.Start("swarm", "create", folder.Add("data", bytes), "--out", folder["t.torrent"], "--piece-length", "64KiB", "--json");
        Assert.Equal(ExitCode.Done, await create.ExitAsync());
        Assert.Equal(3_000_000, create.Json.GetProperty("bytes").GetInt64());
        Assert.Equal(46, create.Json.GetProperty("pieces").GetInt64());
        var magnet = create.Json.GetProperty("magnet").GetString()!;
        Assert.Equal(magnet, create.PeopleText.Trim());

        using var seed = UtpRun.Start("swarm", "seed", folder["t.torrent"], "--in", folder.Path, "--bind", "127.0.0.1:0");
        var address = await seed.ListeningAsync();
        foreach (var (what, out_) in new[] { (folder["t.torrent"], "one"), (magnet, "two") })
        {
            using var get = UtpRun.Start("swarm", "get", what, "--out", folder[out_], "--peer", address, "--json");
            Assert.Equal(ExitCode.Done, await get.ExitAsync());
            Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(folder[out_], "data")));
            Assert.Equal(3_000_000, get.Json.GetProperty("verifiedBytes").GetInt64());
            Assert.Equal(3_000_000, get.Json.GetProperty("downloaded").GetInt64());
            Assert.Single(get.ErrorLines);
        }

        seed.Interrupt();
        Assert.Equal(ExitCode.Done, await seed.ExitAsync());
    }

    [Fact]
    public async Task A_download_that_is_there_is_verified_and_nothing_is_asked()
    {
        var folder = _folder;
        folder.Add("data", TestFolder.RandomBytes(500_000));
        using var create = UtpRun.Start("swarm", "create", folder["data"], "--out", folder["t.torrent"]);
        Assert.Equal(ExitCode.Done, await create.ExitAsync());
        using var get = UtpRun.Start("swarm", "get", folder["t.torrent"], "--out", folder.Path, "--bind", "127.0.0.1:0");
        Assert.Equal(ExitCode.Done, await get.ExitAsync());
        Assert.Matches(@"data is complete: .*, verified\.", get.ErrorLines[^1]);
        Assert.Equal(["data", "t.torrent"], folder.Files);
    }

    [Fact]
    public async Task A_download_that_is_interrupted_says_how_far_it_was_and_keeps_that()
    {
        var folder = _folder;
        folder.Add("data", TestFolder.RandomBytes(500_000));
        using var create = UtpRun.Start("swarm", "create", folder["data"], "--out", folder["t.torrent"], "--piece-length", "16KiB");
        Assert.Equal(ExitCode.Done, await create.ExitAsync());
        using var get = UtpRun.Start("swarm", "get", folder["t.torrent"], "--out", folder["out"], "--bind", "127.0.0.1:0");
        await get.ListeningAsync();
        get.Interrupt();
        Assert.Equal(ExitCode.Failed, await get.ExitAsync());
        Assert.Equal("utp: Interrupted at 0 of 31 pieces: run the command again to go on from there.", get.ErrorLines[^1]);
    }

    [Fact]
    public async Task Files_that_vanish_while_they_are_seeded_end_the_seed_with_what_to_do()
    {
        var folder = _folder;
        folder.Add("data", TestFolder.RandomBytes(3_000_000));
        using var create = UtpRun.Start("swarm", "create", folder["data"], "--out", folder["t.torrent"]);
        Assert.Equal(ExitCode.Done, await create.ExitAsync());
        using var seed = UtpRun.Start("swarm", "seed", folder["t.torrent"], "--in", folder.Path, "--bind", "127.0.0.1:0");
        var address = await seed.ListeningAsync();
        using (var file = new FileStream(folder["data"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(10);
        using var get = UtpRun.Start("swarm", "get", folder["t.torrent"], "--out", folder["out"], "--peer", address);
        Assert.Equal(ExitCode.Failed, await seed.ExitAsync());
        Assert.Contains("changed or removed while they were seeded", seed.ErrorLines[^1], StringComparison.Ordinal);
        get.Interrupt();
        Assert.Equal(ExitCode.Failed, await get.ExitAsync());
    }

    [Theory]
    [InlineData("swarm", "No command is given: utp swarm has create, get, seed")]
    [InlineData("swarm get magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567", "No peer is known")]
    [InlineData("swarm get magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&tr=http://t/announce --no-trackers", "No peer is known")]
    [InlineData("swarm get x.torrent --peer nowhere", "lacks the port")]
    [InlineData("swarm get magnet:?dn=x --peer 127.0.0.1:9", "names no torrent")]
    [InlineData("swarm seed magnet:?dn=x", "name the .torrent file")]
    [InlineData("swarm create x --piece-length 20KiB", "power of two")]
    public async Task Wrong_usage_says_what_to_write(string line, string says)
    {
        using var run = UtpRun.Start(line.Split(' '));
        Assert.Equal(ExitCode.WrongUsage, await run.ExitAsync());
        Assert.Contains(says, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }
}
