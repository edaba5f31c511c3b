using System.Text.RegularExpressions;
using Spectre.Console.Testing;
using Xunit;

namespace Utp.Cli.Tests;

public class SendReceiveTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_180)]
    [InlineData(200_000)]
    [InlineData(10_000_000)]
    public async Task A_file_arrives_under_its_name_and_both_ends_know_its_hash(int size)
    {
        using var folder = new TestFolder();
        var bytes = TestFolder.RandomBytes(size);
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["copy"], "--once", "--json");
        using var sender = UtpRun.Start("send", folder.Add("original", bytes), await receiver.ListeningAsync(), "--json");

        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        Assert.Equal(bytes, File.ReadAllBytes(folder["copy"]));
        Assert.Equal(["copy", "original"], folder.Files);
        Assert.Empty(folder.Parts);
        foreach (var json in new[] { sender.Json, receiver.Json })
        {
            Assert.True(json.GetProperty("ok").GetBoolean());
            Assert.Equal(size, json.GetProperty("bytes").GetInt64());
            Assert.Equal(TestFolder.Hash(bytes), json.GetProperty("sha256").GetString());
        }

        Assert.True(sender.Json.GetProperty("confirmed").GetBoolean());
        // Nobody asked for more: the sender is silent but for the object.
        Assert.Single(sender.ErrorLines);
        Assert.Empty(sender.OutputBytes);
        Assert.Empty(receiver.OutputBytes);
    }

    [Fact]
    public async Task The_json_object_tells_how_the_transfer_went()
    {
        using var folder = new TestFolder();
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["copy"], "--once", "--json");
        var address = await receiver.ListeningAsync();
        using var sender = UtpRun.Start("send", folder.Add("original", TestFolder.RandomBytes(100_000)), address, "--json");
        await sender.ExitAsync();
        await receiver.ExitAsync();

        Assert.Equal("send", sender.Json.GetProperty("command").GetString());
        Assert.Equal(address, sender.Json.GetProperty("peer").GetString());
        Assert.Equal(folder["original"], sender.Json.GetProperty("path").GetString());
        Assert.InRange(sender.Json.GetProperty("seconds").GetDouble(), 1e-6, UtpRun.Patience.TotalSeconds);
        Assert.True(sender.Json.GetProperty("bytesPerSecond").GetDouble() > 0);
        Assert.True(sender.Json.GetProperty("packetsSent").GetInt64() >= 100_000 / 65_507);
        Assert.True(sender.Json.GetProperty("retransmissions").GetInt64() >= 0);
        Assert.True(sender.Json.GetProperty("rttMicros").GetInt64() > 0);
        Assert.Equal("receive", receiver.Json.GetProperty("command").GetString());
        Assert.Equal(folder["copy"], receiver.Json.GetProperty("path").GetString());
    }

    [Fact]
    public async Task Standard_input_and_output_serve_as_files()
    {
        var bytes = TestFolder.RandomBytes(3_000_000);
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", "-");
        using var sender = UtpRun.Start(["send", "-", await receiver.ListeningAsync()], new MemoryStream(bytes));
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        Assert.Equal(bytes, receiver.OutputBytes);
    }

    [Fact]
    public async Task Without_once_a_folder_gets_a_file_per_connection_until_the_interrupt()
    {
        using var folder = new TestFolder();
        using var sources = new TestFolder();
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["in"], "--json");
        var address = await receiver.ListeningAsync();
        var files = Enumerable.Range(1, 3).Select(i => TestFolder.RandomBytes(100_000 * i, i)).ToList();
        var senders = files.Select((bytes, i) => UtpRun.Start("send", sources.Add($"{i}", bytes), address)).ToList();
        foreach (var sender in senders)
            Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        receiver.Interrupt();
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());

        var received = Directory.GetFiles(folder["in"]).Select(path => TestFolder.Hash(File.ReadAllBytes(path)));
        Assert.Equal(files.Select(TestFolder.Hash).Order(), received.Order());
        // An object per file, and one for all.
        Assert.Equal(1 + 3 + 1, receiver.ErrorLines.Count);
        Assert.Equal(3, receiver.Json.GetProperty("files").GetInt64());
        Assert.Equal(600_000, receiver.Json.GetProperty("bytes").GetInt64());
        Assert.Equal(0, receiver.Json.GetProperty("failed").GetInt64());
    }

    [Fact]
    public async Task Once_takes_a_folder_too_and_with_force_replaces_a_file_whose_permissions_stay()
    {
        using var folder = new TestFolder();
        var original = folder.Add("original", TestFolder.RandomBytes(5_000));
        var secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var copy = folder.Add("copy", TestFolder.RandomBytes(9_000, seed: 2));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(copy, secret);
        Directory.CreateDirectory(folder["in"]);
        foreach (var target in new[] { "copy", "in" })
        {
            using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder[target], "--once", "--force");
            using var sender = UtpRun.Start("send", original, await receiver.ListeningAsync());
            Assert.Equal(ExitCode.Done, await sender.ExitAsync());
            Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        }

        Assert.Equal(TestFolder.RandomBytes(5_000), File.ReadAllBytes(folder["copy"]));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(secret, File.GetUnixFileMode(copy));
        Assert.Equal(TestFolder.RandomBytes(5_000), File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder["in"]))));
    }

    [Fact]
    public async Task A_sender_that_is_interrupted_leaves_no_file_and_the_receiver_waits_for_the_next()
    {
        using var folder = new TestFolder();
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["copy"], "--once", "--json");
        var address = await receiver.ListeningAsync();
        var grows = folder.PartGrowsAsync();
        var input = new FeedStream();
        using var interrupted = UtpRun.Start(["send", "-", address, "--json"], input);
        input.Feed(TestFolder.RandomBytes(100_000));
        await grows;
        interrupted.Interrupt();
        Assert.Equal(ExitCode.Failed, await interrupted.ExitAsync());
        Assert.Contains("Interrupted", interrupted.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        await receiver.ErrorLineAsync(new Regex("^Still waiting: The other end, 127.0.0.1:.* was stopped by its user"));
        Assert.Empty(folder.Files);

        var bytes = TestFolder.RandomBytes(50_000, seed: 3);
        using var sender = UtpRun.Start(["send", "-", address], new MemoryStream(bytes));
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        Assert.Equal(bytes, File.ReadAllBytes(folder["copy"]));
        Assert.Empty(folder.Parts);
    }

    [Fact]
    public async Task An_interrupt_while_connecting_never_looks_like_an_empty_file()
    {
        using var folder = new TestFolder();
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["in"]);
        var address = await receiver.ListeningAsync();
        for (var i = 0; i < 10; i++)
        {
            var connecting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var watcher = new FileSystemWatcher(folder["in"]);
            watcher.Created += (_, _) => connecting.TrySetResult();
            watcher.EnableRaisingEvents = true;
            using var sender = UtpRun.Start(["send", "-", address], new FeedStream());
            await connecting.Task.WaitAsync(UtpRun.Patience);
            sender.Interrupt();
            Assert.Equal(ExitCode.Failed, await sender.ExitAsync());
        }

        receiver.Interrupt();
        await receiver.ExitAsync();
        Assert.Empty(Directory.GetFiles(folder["in"]));
    }

    [Fact]
    public async Task A_receiver_that_is_interrupted_leaves_no_file_and_the_sender_learns_of_it()
    {
        using var folder = new TestFolder();
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["copy"], "--once", "--json");
        var address = await receiver.ListeningAsync();
        var appears = folder.PartGrowsAsync();
        var input = new FeedStream();
        using var sender = UtpRun.Start(["send", "-", address, "--json"], input);
        input.Feed(TestFolder.RandomBytes(100_000));
        await appears;
        receiver.Interrupt();
        Assert.Equal(ExitCode.Failed, await receiver.ExitAsync());
        Assert.Contains("Interrupted", receiver.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, await sender.ExitAsync());
        Assert.Contains("was stopped by its user", sender.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(folder.Files);
        Assert.Empty(folder.Parts);

        // It is said once, as the reason of the end.
        Assert.DoesNotContain(receiver.ErrorLines, static line => line.StartsWith("Still waiting", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_disk_that_is_full_fails_both_ends()
    {
        using var folder = new TestFolder();
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", "/dev/full", "--once", "--json");
        using var sender = UtpRun.Start("send", folder.Add("original", TestFolder.RandomBytes(1_000_000)), await receiver.ListeningAsync(), "--json");
        Assert.Equal(ExitCode.Failed, await receiver.ExitAsync());
        Assert.StartsWith("/dev/full cannot be written (No space left on device", receiver.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, await sender.ExitAsync());
        Assert.StartsWith("The receiver's disk is full (127.0.0.1:", sender.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.True(File.Exists("/dev/full"));
    }

    [Fact]
    public async Task A_device_is_written_in_place()
    {
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", "/dev/null", "--once");
        using var sender = UtpRun.Start(["send", "-", await receiver.ListeningAsync()], new MemoryStream(TestFolder.RandomBytes(10_000)));
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        using var device = File.OpenRead("/dev/null");
        Assert.Equal(-1, device.ReadByte());
    }

    [Fact]
    public async Task A_file_that_does_not_exist_is_named_before_anything_is_sent()
    {
        using var run = UtpRun.Start("send", "/nowhere/file", "127.0.0.1:9", "--json");
        Assert.Equal(ExitCode.Failed, await run.ExitAsync());
        Assert.Equal("/nowhere/file does not exist: check the path.", run.Json.GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_target_that_cannot_be_written_is_named_before_anything_is_received()
    {
        using var once = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", "/nowhere/copy", "--once");
        Assert.Equal(ExitCode.Failed, await once.ExitAsync());
        Assert.Equal("utp: The folder of /nowhere/copy does not exist: create it, or choose another.", Assert.Single(once.ErrorLines));

        using var folder = new TestFolder();
        var file = folder.Add("file", []);
        using var many = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", file);
        Assert.Equal(ExitCode.WrongUsage, await many.ExitAsync());
        Assert.Contains("add --once", Assert.Single(many.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        using var folder = new TestFolder();
        using var first = UtpRun.Start("echo", "--bind", "127.0.0.1:0");
        var address = await first.ListeningAsync();
        using var second = UtpRun.Start("receive", "--bind", address, "--out", folder.Path, "--json");
        Assert.Equal(ExitCode.Failed, await second.ExitAsync());
        Assert.StartsWith($"{address} is in use: ", second.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_connection_and_an_unknown_host_are_named()
    {
        using var echo = UtpRun.Start("echo", "--bind", "127.0.0.1:0");
        var address = await echo.ListeningAsync();
        echo.Interrupt();
        await echo.ExitAsync();
        using var refused = UtpRun.Start(["send", "-", address, "--json"], new MemoryStream([1]));
        Assert.Equal(ExitCode.Failed, await refused.ExitAsync());
        Assert.StartsWith($"{address} refused the connection", refused.Json.GetProperty("error").GetString(), StringComparison.Ordinal);

        using var unknown = UtpRun.Start(["send", "-", "no-such-host.invalid:9", "--json"], new MemoryStream([1]));
        Assert.Equal(ExitCode.Failed, await unknown.ExitAsync());
        Assert.Equal("The host of no-such-host.invalid:9 has no address: check its name.", unknown.Json.GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_is_named_when_the_time_is_over()
    {
        // A bound port that nobody reads.
        using var silent = new System.Net.Sockets.UdpClient(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        using var run = UtpRun.Start(["send", "-", silent.Client.LocalEndPoint!.ToString()!, "--set", "utp.connect-timeout=300ms"], new MemoryStream([1]));
        Assert.Equal(ExitCode.Failed, await run.ExitAsync());
        Assert.Contains("did not answer in time", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transfer_that_stands_still_says_so_in_its_line_until_it_goes_on()
    {
        using var folder = new TestFolder();
        using var drawn = new DrawnTerminal("stalled for ");
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["copy"], "--once");
        var input = new FeedStream();
        using var sender = UtpRun.Start(["send", "-", await receiver.ListeningAsync()], input, live: drawn.Console());
        input.Feed(TestFolder.RandomBytes(100_000));
        await drawn.SeenAsync();
        input.End();
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
    }

    [Fact]
    public async Task On_a_terminal_progress_is_drawn_and_cleared_and_the_outcome_stays()
    {
        using var folder = new TestFolder();
        using var console = new TestConsole();
        console.Interactive().EmitAnsiSequences().Width(120).SupportsUnicode(true);
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["copy"], "--once");
        var address = await receiver.ListeningAsync();
        var appears = folder.PartGrowsAsync();
        var input = new FeedStream();
        using var sender = UtpRun.Start(["send", "-", address], input, live: console);
        input.Feed(TestFolder.RandomBytes(100_000));
        await appears;
        input.End();
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());

        // How much is drawn depends on how long it takes; that it is drawn in place, with the cursor hidden, and cleared does not.
        Assert.Contains("\u001b[?25l", console.Output, StringComparison.Ordinal);
        Assert.Contains("\u001b[2K", console.Output, StringComparison.Ordinal);
        Assert.Contains("Sent 100.0 kB in ", console.Output, StringComparison.Ordinal);
    }
}
