namespace Utp.Samples.Tests;

/// <summary>Every sample runs as a process, prints what it promises, and ends by itself.</summary>
public sealed class SampleTests
{
    // One line of each that it prints only when all went well.
    private static readonly Dictionary<string, string> Lines = new()
    {
        ["FirstProgram"] = "Hello, uTP!",
        ["Echo"] = "2,000,000 bytes came back unchanged.",
        ["Chat"] = "* bye",
        ["Flow"] = "4,194,304 bytes arrived unchanged; never more than 1 MiB was on its way.",
        ["Cluster"] = "A node was lost, and another took its place: all 30 accounts answered.",
        ["FileServer"] = "8,000,000 bytes arrived unchanged.",
    };

    public static TheoryData<string> Samples => [.. Lines.Keys];

    private static IEnumerable<string> Folders => Directory.EnumerateFiles(SampleProcess.Folder, "*.csproj", SearchOption.AllDirectories).Select(static file => Path.GetFileNameWithoutExtension(file));

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_sample_prints_what_it_promises_and_ends(string sample)
    {
        var (exitCode, output, errors) = await SampleProcess.RunAsync(sample, []);

        Assert.Equal("", errors);
        Assert.Equal(0, exitCode);
        Assert.Contains(Lines[sample], output.Split('\n'));
    }

    [Fact]
    public void Every_sample_is_run() => Assert.Equal(Folders.Order(StringComparer.Ordinal), Lines.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void The_page_lists_every_sample()
    {
        var page = File.ReadAllText(Path.Combine(SampleProcess.Folder, "README.md"));
        Assert.All(Folders, sample => Assert.Contains($"({sample}/)", page, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_is_small_enough_to_be_read_at_once(string sample)
    {
        var files = Directory.EnumerateFiles(Path.Combine(SampleProcess.Folder, sample), "*.cs");
        Assert.All(files, static file => Assert.InRange(File.ReadLines(file).Count(), 1, 100));
    }

    [Fact]
    public async Task The_chat_shows_everybodys_lines_in_one_order()
    {
        var (_, output, _) = await SampleProcess.RunAsync("Chat", []);

        Assert.Equal(
            "* ada joins\n* bob joins\nada: Hello Bob!\n* cy joins\nbob: Hello Ada, hello Cy!\ncy: zzzzzzzzzzzzzzzz… (100004 characters)\n* bob leaves\n* bye\n",
            output);
    }

    [Fact]
    public async Task The_chat_is_used_by_hand()
    {
        await using var server = SampleProcess.Start("Chat", "serve", "127.0.0.1:0");
        var address = (await server.ReadLineAsync("Listening on ")).Split(' ', ';')[2];
        await using var ada = SampleProcess.Start("Chat", "join", address, "ada");
        await ada.ReadLineAsync("* ada joins");

        // Bob says it before he is connected, and leaves at once.
        var (exitCode, output, _) = await SampleProcess.RunAsync("Chat", ["join", address, "bob"], "Hello Ada!\n");

        Assert.Equal(0, exitCode);
        Assert.EndsWith("* bye\n", output, StringComparison.Ordinal);
        await ada.ReadLineAsync("bob: Hello Ada!");
        await ada.ReadLineAsync("* bob leaves");
        Assert.Equal(0, await ada.EndAsync());
        Assert.Equal(0, await server.EndAsync());
    }

    [Fact]
    public async Task The_chat_says_how_it_is_used()
    {
        var (exitCode, _, errors) = await SampleProcess.RunAsync("Chat", ["nonsense"]);

        Assert.Equal(2, exitCode);
        Assert.Contains("Usage", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_server_is_used_by_hand()
    {
        var folder = Directory.CreateTempSubdirectory("utp-samples-");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "below"));
            var (from, to) = (Path.Combine(folder.FullName, "below", "from.bin"), Path.Combine(folder.FullName, "to.bin"));
            await File.WriteAllBytesAsync(from, [.. Enumerable.Range(0, 300_000).Select(static i => (byte)(i * 7))]);
            await using var server = SampleProcess.Start("FileServer", "serve", folder.FullName, "127.0.0.1:0");
            var url = (await server.ReadLineAsync($"{folder.FullName} is served at ")).Split(" is served at ")[1].Split(';')[0];

            var (exitCode, output, errors) = await SampleProcess.RunAsync("FileServer", ["get", url + "below/from.bin", to]);
            Assert.Equal((0, "300,000 bytes arrived unchanged.\n", ""), (exitCode, output, errors));
            Assert.Equal(await File.ReadAllBytesAsync(from), await File.ReadAllBytesAsync(to));

            (exitCode, _, errors) = await SampleProcess.RunAsync("FileServer", ["get", url + "%2e%2e/other", to]);
            Assert.Equal(1, exitCode);
            Assert.Contains("404", errors, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_file_server_says_how_it_is_used()
    {
        var (exitCode, _, errors) = await SampleProcess.RunAsync("FileServer", ["serve", "no such folder", "127.0.0.1:0"]);

        Assert.Equal(2, exitCode);
        Assert.Contains("Usage", errors, StringComparison.Ordinal);
    }
}
