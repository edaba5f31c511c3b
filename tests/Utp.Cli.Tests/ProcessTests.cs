using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary>The program as its users start it, and as it may die.</summary>
public class ProcessTests
{
    [Fact]
    public async Task Send_and_receive_work_as_processes_with_a_clean_standard_output()
    {
        using var folder = new TestFolder();
        var bytes = TestFolder.RandomBytes(5_000_000);
        using var receiver = UtpProcess.Start("receive", "--bind", "127.0.0.1:0", "--out", "-", "--json");
        using var sender = UtpProcess.Start("send", folder.Add("original", bytes), await receiver.ListeningAsync(), "--json");
        var received = await receiver.OutputAsync();
        Assert.Empty(await sender.OutputAsync());
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        Assert.Equal(bytes, received);
        Assert.Equal(TestFolder.Hash(bytes), sender.Json.GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task Wrong_usage_exits_2_and_a_failure_1()
    {
        using var usage = UtpProcess.Start("send");
        Assert.Equal(2, await usage.ExitAsync());
        using var failure = UtpProcess.Start("send", "/nowhere/file", "127.0.0.1:9");
        Assert.Equal(1, await failure.ExitAsync());
    }

    [Fact]
    public async Task A_reader_of_standard_output_that_goes_away_fails_the_command()
    {
        using var receiver = UtpProcess.Start("receive", "--bind", "127.0.0.1:0", "--out", "-", "--json");
        var address = await receiver.ListeningAsync();
        receiver.CloseOutput();
        using var sender = UtpRun.Start(["send", "-", address], new MemoryStream(TestFolder.RandomBytes(1_000_000)));
        Assert.Equal(ExitCode.Failed, await receiver.ExitAsync());
        Assert.StartsWith("Standard output cannot be written", receiver.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, await sender.ExitAsync());
    }

    [Fact]
    public async Task A_receiver_that_is_killed_leaves_no_file_under_the_name()
    {
        using var folder = new TestFolder();
        using var receiver = UtpProcess.Start("receive", "--bind", "127.0.0.1:0", "--out", folder["copy"], "--once");
        var address = await receiver.ListeningAsync();
        var appears = folder.PartGrowsAsync();
        var input = new FeedStream();
        using var sender = UtpRun.Start(["send", "-", address], input);
        input.Feed(TestFolder.RandomBytes(1_000_000));
        await appears;
        receiver.Kill();
        await receiver.ExitAsync();
        Assert.Empty(folder.Files);

        // The kernel answers the sender's next packet: nobody is there.
        input.Feed(TestFolder.RandomBytes(100_000));
        input.End();
        Assert.Equal(ExitCode.Failed, await sender.ExitAsync());
        Assert.Empty(folder.Files);
    }

    [Fact]
    public async Task A_sender_that_is_killed_leaves_no_file_and_the_receiver_serves_the_next()
    {
        using var folder = new TestFolder();
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder.Path, "--set", "utp.idle-timeout=3s", "--json");
        var address = await receiver.ListeningAsync();
        var appears = folder.PartGrowsAsync();
        using var killed = UtpProcess.Start("send", "-", address);
        await killed.FeedAsync(TestFolder.RandomBytes(1_000_000));
        await appears;
        killed.Kill();
        await killed.ExitAsync();

        var bytes = TestFolder.RandomBytes(300_000, seed: 2);
        using var sender = UtpRun.Start(["send", "-", address], new MemoryStream(bytes));
        Assert.Equal(ExitCode.Done, await sender.ExitAsync());
        await receiver.ErrorLineAsync(new Regex("\"ok\":false"));
        receiver.Interrupt();
        Assert.Equal(ExitCode.Done, await receiver.ExitAsync());
        Assert.Equal(bytes, File.ReadAllBytes(folder[Assert.Single(folder.Files)]));
        Assert.Empty(folder.Parts);
        Assert.Equal(1, receiver.Json.GetProperty("files").GetInt64());
        Assert.Equal(1, receiver.Json.GetProperty("failed").GetInt64());
    }

    // The host lives, and answers the next packet, at the latest the keep-alive: no time-out is set that could be taken for it.
    [Fact]
    public async Task A_peer_that_is_killed_is_noticed_by_what_its_host_answers()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var folder = new TestFolder();
        using var receiver = UtpRun.Start("receive", "--bind", "127.0.0.1:0", "--out", folder.Path, "--set", "utp.idle-timeout=off", "--json");
        var appears = folder.PartGrowsAsync();
        using var killed = UtpProcess.Start("send", "-", await receiver.ListeningAsync());
        await killed.FeedAsync(TestFolder.RandomBytes(1_000_000));
        await appears;
        killed.Kill();
        await receiver.ErrorLineAsync(new Regex("The program at 127.0.0.1:[0-9]+ is gone"));
        Assert.Empty(folder.Parts);

        using var dying = UtpProcess.Start("receive", "--bind", "127.0.0.1:0", "--out", "-");
        var input = new FeedStream();
        using var sender = UtpRun.Start(["send", "-", await dying.ListeningAsync(), "--set", "utp.idle-timeout=off", "--set", "utp.max-timeouts=100"], input);
        input.Feed(TestFolder.RandomBytes(100_000));
        await dying.OutputStartsAsync();
        dying.Kill();
        input.Feed(TestFolder.RandomBytes(100_000));
        Assert.Equal(ExitCode.Failed, await sender.ExitAsync());
        Assert.Contains("is gone: its host answers that the port is closed", Assert.Single(sender.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_closes_the_connections_and_ends_the_process(string signal)
    {
        using var echo = UtpProcess.Start("echo", "--bind", "127.0.0.1:0", "--json");
        using var input = new FeedStream();
        var heard = new HeardStream(5);
        using var caller = UtpRun.Start(["cat", await echo.ListeningAsync()], input, heard);
        input.Feed("hello"u8.ToArray());
        await heard.EnoughAsync();
        await echo.SignalAsync(signal);
        Assert.Equal(ExitCode.Done, await echo.ExitAsync());
        Assert.Equal(1, echo.Json.GetProperty("connections").GetInt64());
        input.End();
        Assert.Equal(ExitCode.Done, await caller.ExitAsync());
    }

    [Fact]
    public async Task A_demo_that_is_interrupted_leaves_nothing_behind()
    {
        using var folder = new TestFolder();
        using var demo = UtpProcess.Start(new Dictionary<string, string> { ["TMPDIR"] = folder.Path }, "demo", "--size", "4GiB", "--json");
        await demo.OutputStartsAsync();
        await demo.SignalAsync("INT");
        Assert.Equal(130, await demo.ExitAsync());
        Assert.Contains("Interrupted", demo.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(folder.Path, "utp-demo-*"));
    }

    /// <summary>A child process; killed at the end if it still runs.</summary>
    internal sealed class UtpProcess : IDisposable
    {
        private readonly Process _process;
        private readonly LineWriter _error = new();
        private readonly Task _errorRead;

        private UtpProcess(Process process)
        {
            _process = process;
            _errorRead = Task.Run(async () =>
            {
                while (await process.StandardError.ReadLineAsync() is { } line)
                    _error.WriteLine(line);
            });
        }

        public IReadOnlyList<string> ErrorLines => _error.Lines;

        public JsonElement Json => JsonDocument.Parse(_error.Lines[^1]).RootElement;

        public static UtpProcess Start(params string[] args) => Start([], args);

        public static UtpProcess Start(Dictionary<string, string> environment, params string[] args)
        {
            // A shell that runs the tests in the background ignores SIGINT, and children inherit that.
            var start = new ProcessStartInfo("env")
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            var shell = environment.GetValueOrDefault("UTP_TEST_REDIRECT");
            foreach (var arg in (string[])["--default-signal=INT", .. shell is null ? (string[])[] : ["sh", "-c", $"exec \"$@\" {shell}", "sh"], Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet", Path.Combine(AppContext.BaseDirectory, "utp.dll"), .. args])
                start.ArgumentList.Add(arg);
            foreach (var (name, value) in environment)
                start.Environment[name] = value;
            return new UtpProcess(Process.Start(start)!);
        }

        public async Task<string> ListeningAsync()
        {
            var line = await _error.FindAsync(new Regex("^Listening on ")).WaitAsync(UtpRun.Patience);
            return line["Listening on ".Length..].TrimEnd('.');
        }

        public async Task<byte[]> OutputAsync()
        {
            using var bytes = new MemoryStream();
            await _process.StandardOutput.BaseStream.CopyToAsync(bytes).WaitAsync(UtpRun.Patience);
            return bytes.ToArray();
        }

        public void CloseOutput() => _process.StandardOutput.BaseStream.Dispose();

        public async Task OutputStartsAsync() =>
            Assert.Equal(1, await _process.StandardOutput.BaseStream.ReadAsync(new byte[1]).AsTask().WaitAsync(UtpRun.Patience));

        public async Task FeedAsync(byte[] bytes)
        {
            try
            {
                await _process.StandardInput.BaseStream.WriteAsync(bytes);
                await _process.StandardInput.BaseStream.FlushAsync();
            }
            catch (IOException)
            {
                // It reads no more; why, it has said.
                Assert.Fail($"The program ended with {await ExitAsync()}: {string.Join(Environment.NewLine, ErrorLines)}");
            }
        }

        public async Task SignalAsync(string signal)
        {
            using var kill = Process.Start("kill", ["-" + signal, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }

        public void Kill() => _process.Kill();

        public async Task<int> ExitAsync()
        {
            await _process.WaitForExitAsync().WaitAsync(UtpRun.Patience);
            await _errorRead.WaitAsync(UtpRun.Patience);
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited)
                _process.Kill();
            _process.Dispose();
        }
    }
}
