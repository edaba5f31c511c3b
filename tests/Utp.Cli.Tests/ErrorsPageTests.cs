using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Utp.Streams;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary>
/// <c>docs/errors.md</c>: errors, each provoked here, and what they print. To write it anew:
/// <c>UTP_ACCEPT_ERRORS=1 dotnet test tests/Utp.Cli.Tests -c Release --filter ErrorsPageTests</c>, and commit the file.
/// </summary>
public sealed partial class ErrorsPageTests
{
    // A command line; FOLDER is an empty folder but for FILE (a text) and BINARY, TAKEN a port in use, SILENT one that does not answer, FREE one where nobody is.
    private static readonly string[] CommandLines =
    [
        "", "frobnicate", "send", "send FILE", "send FILE 127.0.0.1", "send FILE ::1:9000", "send FILE 127.0.0.1:99999", "send FILE 300.1.1.1:9", "send FILE 127.0.0.1:9 more",
        "send --timeout 5 FILE 127.0.0.1:9", "send '' 127.0.0.1:9", "send FOLDER/none 127.0.0.1:9", "send FILE FOLDER/none 127.0.0.1:9", "send FILE FILE 127.0.0.1:9", "send FILE - 127.0.0.1:9", "send - 127.0.0.1:9 --resume", "send FILE 127.0.0.1:9 --limit fast", "send FILE 127.0.0.1:FREE",
        "send FILE 127.0.0.1:SILENT --set utp.connect-timeout=300ms", "send FILE 127.0.0.1:9 --set utp.delivery=frames",
        "receive --out FOLDER/in", "receive --bind 127.0.0.1:0", "receive --bind nowhere:0 --out FOLDER/in", "receive --bind 127.0.0.1:0 --out ''", "receive --bind 127.0.0.1:0 --out FILE",
        "receive --bind 127.0.0.1:0 --out FILE --once", "receive --bind 127.0.0.1:0 --out FOLDER/in --resume", "receive --bind 127.0.0.1:0 --out - --resume", "receive --bind 127.0.0.1:0 --out FOLDER/none/file --once", "receive --bind 127.0.0.1:0 --out /proc/self",
        "receive --bind 203.0.113.1:0 --out FOLDER/copy --once", "receive --bind 127.0.0.1:TAKEN --out FOLDER/copy --once",
        "cat", "cat 127.0.0.1:9 --listen 127.0.0.1:0", "echo", "echo --bind 127.0.0.1",
        "demo --size much", "demo --size 2000GiB", "demo --config FOLDER/none", "demo --config BINARY", "demo --set utp.send-buffer", "demo --set send-buffer=1MiB", "demo --set utp.send-buffer=1",
        "demo --set utp.keep-alive=5", "demo --set utp.keepalive=9s", "demo --set utp.foo=1", "demo --set utp.congestion-control=vegas", "demo --set utp.connect-timeout=yes",
        "swarm create FOLDER/none", "swarm create FILE --out FILE", "swarm get FOLDER/none --peer 127.0.0.1:9", "swarm get FILE --peer 127.0.0.1:9", "swarm get magnet:?dn=x", "swarm seed FILE",
        "simulate --profile moon", "simulate --congestion vegas", "simulate --congestion lbe@0ms", "simulate --repeat 0", "simulate --seed -1", "simulate --plot all.png",
        "simulate --profile loss-1 --markdown FOLDER/none/table.md",
        "bench", "bench swim", "bench bulk --connections 0", "bench bulk --ports many", "bench bulk --mtu 100", "bench bulk --api moon", "bench bulk --bytes 0", "bench bulk --bytes 1MB --seconds 1",
        "bench ping --size 7", "bench idle --seconds 0", "bench compare --work swim", "bench compare --against moon", "bench compare --rounds 0",
    ];

    [Fact]
    public async Task The_page_of_errors_shows_what_each_of_them_prints()
    {
        var page = await WriteAsync();
        var file = Path.Combine(Root(), "docs", "errors.md");
        if (Environment.GetEnvironmentVariable("UTP_ACCEPT_ERRORS") == "1")
            await File.WriteAllTextAsync(file, page);
        Assert.True(File.Exists(file) && await File.ReadAllTextAsync(file) == page, $"docs/errors.md is not what is printed now: see the summary of {nameof(ErrorsPageTests)}.");
        Assert.True(page.Split('\n').Count(static line => line.StartsWith("| `", StringComparison.Ordinal)) >= 60);
    }

    private static async Task<string> WriteAsync()
    {
        using var folder = new TestFolder();
        var (file, binary) = (folder.Add("FILE", "text"u8.ToArray()), folder.Add("BINARY", [0x7F, 0x45, 0x4C, 0x46, 0, 0xFF]));
        using var taken = Bind();
        using var silent = Bind();
        int free;
        using (var freed = Bind())
            free = Port(freed);
        var names = new (string Name, string Value)[]
        {
            ("FILE", file), ("BINARY", binary), ("FOLDER", folder.Path),
            ("TAKEN", $"{Port(taken)}"), ("SILENT", $"{Port(silent)}"), ("FREE", $"{free}"),
        };
        var text = new StringBuilder(
            """
            # Errors

            What the command and the libraries say when something is wrong. A test provokes each of these and writes this page
            (`UTP_ACCEPT_ERRORS=1 dotnet test tests/Utp.Cli.Tests -c Release --filter ErrorsPageTests`). FOLDER, FILE and BINARY
            are paths, TAKEN, SILENT and FREE ports: one that is in use, one that does not answer, and one where nobody listens.

            ## The command

            The exit code is 1 for what failed and 2 for wrong usage. The sentence stands on standard error; with `--json` it is
            the field `error`, too.

            | `utp …` | exit code | says |
            |---|---|---|

            """);
        foreach (var line in CommandLines)
        {
            var args = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(argument => argument == "''" ? "" : names.Aggregate(argument, static (all, name) => all.Replace(name.Name, name.Value, StringComparison.Ordinal)));
            using var run = UtpRun.Start([.. args]);
            var code = await run.ExitAsync();
            var said = run.ErrorLines.Last(static l => l.StartsWith("utp: ", StringComparison.Ordinal))["utp: ".Length..];
            Assert.NotEqual(ExitCode.Done, code);
            Assert.DoesNotContain("defect", said, StringComparison.Ordinal);
            text.Append($"| `{(line.Length == 0 ? "(nothing)" : line)}` | {code} | {Shown(said, names)} |\n");
        }

        text.Append("\n## The libraries\n\n| what | exception | says |\n|---|---|---|\n");
        foreach (var (what, provoke) in ApiErrors(Port(taken), free))
        {
            var error = await Record.ExceptionAsync(provoke).WaitAsync(UtpRun.Patience);
            Assert.NotNull(error);
            text.Append($"| `{what}` | {error.GetType().Name} | {Ports().Replace(Shown(error.Message, names), "127.0.0.1:PORT")} |\n");
        }

        return text.ToString();
    }

    private static IEnumerable<(string What, Func<Task> Provoke)> ApiErrors(int taken, int free)
    {
        yield return ("UtpClient.ConnectAsync", async () => await UtpClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, free)));
        yield return ("UtpListener.BindAsync", async () => await UtpListener.BindAsync(new IPEndPoint(IPAddress.Loopback, taken)));
        yield return ("UtpListener.BindAsync, foreign address", async () => await UtpListener.BindAsync(new IPEndPoint(IPAddress.Parse("203.0.113.1"), 0)));
        yield return ("write after CompleteWritesAsync", () => WithPairAsync(async (client, server) =>
        {
            await client.CompleteWritesAsync();
            await client.WriteAsync(new byte[1]);
        }));
        yield return ("write to a peer that reads no more", () => WithPairAsync(async (client, server) =>
        {
            server.AbortReading();
            while (true)
                await client.WriteAsync(new byte[1_000]);
        }));
        yield return ("read from a peer that aborted with code 9", () => WithPairAsync(async (client, server) =>
        {
            server.Abort(9);
            await client.ReadExactlyAsync(new byte[1]);
        }));
        yield return ("read after Abort", () => WithPairAsync(async (client, server) =>
        {
            client.Abort();
            await client.ReadExactlyAsync(new byte[1]);
        }));
        yield return ("two reads at once", () => WithPairAsync(async (client, server) =>
        {
            _ = client.ReadAsync(new byte[1]).AsTask();
            await client.ReadExactlyAsync(new byte[1]);
        }));
        yield return ("Read with ReadTimeout = 20", () => WithPairAsync((client, server) =>
        {
            client.ReadTimeout = 20;
            _ = client.Read(new byte[1]);
            return Task.CompletedTask;
        }));
    }

    private static async Task WithPairAsync(Func<UtpStream, UtpStream, Task> act)
    {
        await using var listener = await UtpListener.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), new UtpListenerOptions { Linger = TimeSpan.Zero });
        var accepting = listener.AcceptAsync();
        await using var client = await UtpClient.ConnectAsync(listener.LocalEndPoint, new UtpClientOptions { Linger = TimeSpan.Zero });
        await using var server = await accepting;
        await act(client, server);
    }

    // In a cell nothing may end it, and angle brackets would be taken for HTML.
    private static string Shown(string sentence, (string Name, string Value)[] names) =>
        names.Aggregate(sentence, static (all, name) => all.Replace(name.Value, name.Name, StringComparison.Ordinal)).Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    private static Socket Bind()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static int Port(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Utp.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex Ports();
}
