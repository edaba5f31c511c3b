using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary>What may stand under the names that <c>send</c> and <c>receive</c> are given.</summary>
public class FileKindTests
{
    [Fact]
    public async Task A_file_below_dev_shm_is_a_file()
    {
        var path = Path.Combine("/dev/shm", $"utp-cli-tests-{Guid.NewGuid():N}");
        try
        {
            Assert.Equal(TestFolder.RandomBytes(10_000), await ReceiveAsync(path, () => File.ReadAllBytes(path)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task A_pipe_is_opened_once_so_that_its_waiting_reader_gets_all()
    {
        using var folder = new TestFolder();
        var pipe = MakePipe(folder["pipe"]);
        var reading = Task.Run(() => File.ReadAllBytes(pipe));
        var received = await ReceiveAsync(pipe, () => reading.WaitAsync(UtpRun.Patience).GetAwaiter().GetResult());
        Assert.Equal(TestFolder.RandomBytes(10_000), received);
        Assert.Equal(["original", "pipe"], folder.Files);
    }

    [Fact]
    public async Task A_receiver_whose_pipe_nobody_reads_ends_by_one_signal()
    {
        using var folder = new TestFolder();
        var pipe = MakePipe(folder["pipe"]);
        using var receiver = ProcessTests.UtpProcess.Start("receive", "--bind", "127.0.0.1:0", "--out", pipe);
        using var sender = UtpRun.Start("send", folder.Add("original", TestFolder.RandomBytes(10_000)), await receiver.ListeningAsync());
        await receiver.SignalAsync("TERM");
        Assert.Equal(143, await receiver.ExitAsync());
        await sender.ExitAsync();
    }

    [Fact]
    public async Task A_pipe_is_sent_when_somebody_writes_to_it()
    {
        using var folder = new TestFolder();
        var pipe = MakePipe(folder["pipe"]);
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["copy"], "--once");
        using var sender = UtpRun.Start("send", pipe, await receiver.ListeningAsync());
        await sender.ErrorLineAsync(new Regex("^Waiting until somebody writes to "));
        await File.WriteAllBytesAsync(pipe, TestFolder.RandomBytes(10_000));
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        Assert.Equal(TestFolder.RandomBytes(10_000), File.ReadAllBytes(folder["copy"]));
    }

    [Fact]
    public async Task A_pipe_that_nobody_writes_to_does_not_hold_an_interrupt_up()
    {
        using var folder = new TestFolder();
        using var sender = UtpRun.Start("send", MakePipe(folder["pipe"]), "127.0.0.1:9");
        await sender.ErrorLineAsync(new Regex("^Waiting until somebody writes to "));
        sender.Interrupt();
        Assert.Equal(ExitCode.Failed, await sender.ExitAsync());
    }

    [Fact]
    public async Task A_socket_is_spoken_to_as_a_client_at_both_ends()
    {
        using var folder = new TestFolder();
        using var source = Listen(folder["source"]);
        using var sink = Listen(folder["sink"]);
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["sink"]);
        using var sender = UtpRun.Start("send", folder["source"], await receiver.ListeningAsync());
        using (var writer = await source.AcceptAsync())
            await writer.SendAsync(TestFolder.RandomBytes(10_000));
        using var reader = new NetworkStream(await sink.AcceptAsync(), ownsSocket: true);
        using var all = new MemoryStream();
        await reader.CopyToAsync(all);
        Assert.Equal(TestFolder.RandomBytes(10_000), all.ToArray());
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
    }

    [Fact]
    public async Task A_link_stays_a_link_and_the_file_behind_it_is_written()
    {
        using var folder = new TestFolder();
        File.CreateSymbolicLink(folder["link"], folder["behind"]);
        Assert.Equal(TestFolder.RandomBytes(10_000), await ReceiveAsync(folder["link"], () => File.ReadAllBytes(folder["behind"])));
        Assert.NotNull(new FileInfo(folder["link"]).LinkTarget);
    }

    [Fact]
    public async Task Standard_output_has_its_name_below_dev_too()
    {
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", "/dev/stdout");
        using var sender = UtpRun.Start(["send", "/dev/stdin", await receiver.ListeningAsync()], new MemoryStream(TestFolder.RandomBytes(10_000)));
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        Assert.Equal(TestFolder.RandomBytes(10_000), receiver.OutputBytes);
    }

    // Nobody, root included, makes files there.
    [Fact]
    public async Task A_folder_that_takes_no_file_is_named_before_anything_is_received()
    {
        using var run = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", "/proc/self");
        Assert.Equal(ExitCode.Failed, await run.ExitAsync());
        Assert.Contains("The folder /proc/self takes no file", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_exists_is_not_replaced_without_force()
    {
        using var folder = new TestFolder();
        var file = folder.Add("file", [7]);
        using var run = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", file, "--once");
        Assert.Equal(ExitCode.Failed, await run.ExitAsync());
        Assert.Equal($"utp: {file} exists: add --force to replace it, or choose another name.", Assert.Single(run.ErrorLines));
        Assert.Equal([7], File.ReadAllBytes(file));
    }

    [Fact]
    public async Task What_a_receiver_that_died_has_left_is_said_and_removed_when_the_next_one_is_complete()
    {
        using var folder = new TestFolder();
        var left = folder.Add(".copy.abc.part", new byte[1_000]);
        var other = folder.Add(".other.abc.part", new byte[1_000]);
        foreach (var part in new[] { left, other })
            File.SetLastWriteTimeUtc(part, DateTime.UtcNow.AddMinutes(-1));
        using var living = new FileSink(folder["copy"], replace: false);
        foreach (var part in folder.Parts)
            File.SetLastWriteTimeUtc(part, DateTime.UtcNow.AddMinutes(-1));

        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["copy"], "--once");
        var address = await receiver.ListeningAsync();
        Assert.StartsWith($"{left} (1.0 kB) was left by a transfer that broke off: it is removed when this one is complete; to go on from there, add --resume", receiver.ErrorLines[0], StringComparison.Ordinal);
        using var sender = UtpRun.Start(["send", "-", address], new MemoryStream(new byte[10]));
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        Assert.Equal(2, folder.Parts.Count);
        Assert.Contains(other, folder.Parts);

        // In a folder nobody can go on from them.
        using var many = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder.Path);
        await many.ListeningAsync();
        Assert.Equal($"Removed {other} (1.0 kB), which a receiver that died has left.", many.ErrorLines[0]);
    }

    [Theory]
    [InlineData("send - 127.0.0.1:9", "<&-", "Standard input is closed")]
    [InlineData("receive --bind 127.0.0.1:0 --out -", ">&-", "Standard output is closed")]
    [InlineData("cat 127.0.0.1:9", ">&-", "Standard output is closed")]
    public async Task A_standard_stream_that_is_closed_is_named(string line, string redirect, string reason)
    {
        using var run = ProcessTests.UtpProcess.Start(new Dictionary<string, string> { ["UTP_TEST_REDIRECT"] = redirect }, line.Split(' '));
        Assert.Equal(ExitCode.Failed, await run.ExitAsync());
        Assert.Contains(reason, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_transfer_that_a_signal_cuts_short_ends_with_the_signals_code(string signal, int code)
    {
        using var folder = new TestFolder();
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["copy"], "--once");
        var grows = folder.PartGrowsAsync();
        using var sender = ProcessTests.UtpProcess.Start("send", "-", await receiver.ListeningAsync());
        await sender.FeedAsync(TestFolder.RandomBytes(100_000));
        await grows;
        await sender.SignalAsync(signal);
        Assert.Equal(code, await sender.ExitAsync());
    }

    private static async Task<byte[]> ReceiveAsync(string target, Func<byte[]> result)
    {
        using var folder = new TestFolder();
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", target, "--once");
        var original = Path.Combine(Path.GetDirectoryName(target)! == "/dev/shm" ? folder.Path : Path.GetDirectoryName(target)!, "original");
        File.WriteAllBytes(original, TestFolder.RandomBytes(10_000));
        using var sender = UtpRun.Start("send", original, await receiver.ListeningAsync());
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        return result();
    }

    private static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        return socket;
    }

    private static string MakePipe(string path)
    {
        using var mkfifo = Process.Start("mkfifo", [path]);
        mkfifo.WaitForExit();
        return path;
    }
}
