using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Utp.Hostile.Tests;

/// <summary>ST_SYNs that nobody stands behind, at a real <c>utp receive</c>: no file, no line, no end.</summary>
public sealed class ReceiveCommandTests : IDisposable
{
    private const int SynsPerSocket = 250;
    private const int Sockets = 20;

    // Fewer than the ST_SYNs: what held a descriptor for each would end.
    private const int MostOpenFiles = 400;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);
    private readonly string _folder = Directory.CreateTempSubdirectory("utp-hostile").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [LinuxFact]
    public async Task Five_thousand_spoofed_syns_leave_no_file_and_no_line_and_a_user_s_file_arrives()
    {
        var received = Directory.CreateDirectory(Path.Combine(_folder, "in")).FullName;
        var original = Path.Combine(_folder, "original");
        var bytes = new byte[3_000_000];
        new Random(8).NextBytes(bytes);
        await File.WriteAllBytesAsync(original, bytes);
        var lines = new ConcurrentQueue<string>();
        using var receiver = Start(lines, "receive", "--bind", "127.0.0.1:0", "--out", received + "/");
        try
        {
            await UntilAsync(() => lines.Any(static line => line.StartsWith("Listening on ", StringComparison.Ordinal)), "it listens", lines);
            var before = lines.Count;
            var port = IPEndPoint.Parse(lines.Single(static line => line.StartsWith("Listening on ", StringComparison.Ordinal))["Listening on ".Length..].TrimEnd('.'));
            for (var i = 0; i < Sockets; i++)
            {
                // Their answers are heard by nobody.
                using var socket = RawPeer.Open(IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"127.0.1.{i + 1}")), port);
                for (ushort n = 0; n < SynsPerSocket; n++)
                    await socket.SendAsync(RawPeer.Syn((ushort)(n * 3)));
            }

            Assert.Empty(Directory.EnumerateFileSystemEntries(received));
            using var sender = Start(lines, "send", original, port.ToString());
            await sender.WaitForExitAsync().WaitAsync(Patience);
            Assert.True(sender.ExitCode == 0, string.Join('\n', lines));
            await UntilAsync(() => Directory.GetFiles(received) is [var file] && new FileInfo(file).Length == bytes.Length && !file.EndsWith(".part", StringComparison.Ordinal), "the file is there, alone", lines);
            Assert.Equal(bytes, await File.ReadAllBytesAsync(Directory.GetFiles(received)[0]));
            Assert.False(receiver.HasExited, string.Join('\n', lines));

            // What the user's file says of itself, and one line of each limit at most.
            Assert.InRange(lines.Count - before, 0, 8);
        }
        finally
        {
            if (!receiver.HasExited)
                receiver.Kill();
        }
    }

    private static Process Start(ConcurrentQueue<string> lines, params string[] args)
    {
        var program = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var start = new ProcessStartInfo("sh") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var arg in (string[])["-c", $"ulimit -n {MostOpenFiles}; exec \"$@\"", "sh", program, Path.Combine(AppContext.BaseDirectory, "utp.dll"), .. args])
            start.ArgumentList.Add(arg);
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, said) =>
        {
            if (said.Data is { Length: > 0 } line)
                lines.Enqueue(line);
        };
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task UntilAsync(Func<bool> condition, string what, IEnumerable<string> said)
    {
        for (var end = DateTime.UtcNow + Patience; !condition(); await Task.Delay(20))
            Assert.True(DateTime.UtcNow < end, $"not within {Patience.TotalSeconds} s: {what}. It said: {string.Join('\n', said)}");
    }
}
