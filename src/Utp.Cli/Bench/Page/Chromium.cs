using System.ComponentModel;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Utp.Cli;

/// <summary>A headless Chromium, driven over its own protocol (DevTools). One thread's at a time.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private const string ListeningMark = "DevTools listening on ";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private readonly Process _process;
    private readonly string _profile;
    private readonly ClientWebSocket _socket = new();
    private int _asked;

    private Chromium(Process process, string profile) => (_process, _profile) = (process, profile);

    /// <exception cref="CliException">It is not there, or does not start.</exception>
    public static async Task<Chromium> StartAsync(string program, CancellationToken cancellation)
    {
        var profile = Directory.CreateTempSubdirectory("utp-bench-chromium-").FullName;
        string[] arguments =
        [
            "--headless=new", "--remote-debugging-port=0", $"--user-data-dir={profile}", "--window-size=1280,900", "--no-first-run", "--disable-gpu",
            // As root, as in containers, its own sandbox cannot be.
            .. Environment.IsPrivilegedProcess ? (string[])["--no-sandbox"] : [],
            "about:blank",
        ];
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        }
        catch (Win32Exception e)
        {
            Directory.Delete(profile, recursive: true);
            throw new CliException($"{program} cannot be started ({Sentences.OneLine(e.Message)}): install chromium, or name it with --browser.", inner: e);
        }

        var chromium = new Chromium(process, profile);
        try
        {
            await chromium.ConnectAsync(cancellation).WaitAsync(Patience, cancellation).ConfigureAwait(false);
            return chromium;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await chromium.DisposeAsync().ConfigureAwait(false);
            throw new CliException($"{program} does not start as a headless browser: {Sentences.OneLine(e.Message)}", inner: e);
        }
    }

    /// <summary>Opens a page, as soon as there is a server.</summary>
    public async Task OpenAsync(Uri page, CancellationToken cancellation)
    {
        using var client = new HttpClient();
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(page, cancellation).ConfigureAwait(false);
                break;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(LookAgain, cancellation).ConfigureAwait(false);
            }
        }

        await AskAsync("Page.navigate", new JsonObject { ["url"] = page.AbsoluteUri }, cancellation).ConfigureAwait(false);
    }

    /// <summary>Waits until an expression is true.</summary>
    public async Task UntilAsync(string expression, CancellationToken cancellation)
    {
        while (await EvaluateAsync($"String(!!({expression}))", cancellation).ConfigureAwait(false) != "true")
            await Task.Delay(LookAgain, cancellation).ConfigureAwait(false);
    }

    /// <summary>The text that an expression comes to, also later.</summary>
    /// <exception cref="CliException">It fails.</exception>
    public async Task<string> EvaluateAsync(string expression, CancellationToken cancellation)
    {
        var asked = new JsonObject { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true };
        var answer = await AskAsync("Runtime.evaluate", asked, cancellation).ConfigureAwait(false);
        return answer["exceptionDetails"] is { } failed
            ? throw new CliException($"The page failed: {Sentences.OneLine((string?)failed["exception"]?["description"] ?? failed.ToJsonString())}")
            : (string?)answer["result"]?["value"] ?? "";
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose();
        try
        {
            Directory.Delete(_profile, recursive: true);
        }
        catch (IOException)
        {
            // A process of its own still writes there: a few files stay in the folder for temporary ones.
        }
    }

    private async Task ConnectAsync(CancellationToken cancellation)
    {
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        while (true)
        {
            var line = await _process.StandardError.ReadLineAsync(cancellation).ConfigureAwait(false) ?? throw new IOException("it ended at once.");
            if (!line.StartsWith(ListeningMark, StringComparison.Ordinal))
                continue;
            var browser = new Uri(line[ListeningMark.Length..]);

            // A browser whose pipe is full would stand still. This ends with the browser.
            _ = _process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            using var client = new HttpClient();
            var pages = JsonNode.Parse(await client.GetStringAsync(new Uri($"http://{browser.Authority}/json/list"), cancellation).ConfigureAwait(false))!.AsArray();
            var page = pages.First(static target => (string?)target!["type"] == "page")!;
            await _socket.ConnectAsync(new Uri((string)page["webSocketDebuggerUrl"]!), cancellation).ConfigureAwait(false);
            return;
        }
    }

    // One question at a time; what it tells unasked is passed over.
    private async Task<JsonNode> AskAsync(string method, JsonObject parameters, CancellationToken cancellation)
    {
        var id = ++_asked;
        var question = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        await _socket.SendAsync(Encoding.UTF8.GetBytes(question.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, cancellation).ConfigureAwait(false);
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            message.SetLength(0);
            ValueWebSocketReceiveResult part;
            do
            {
                part = await _socket.ReceiveAsync(buffer.AsMemory(), cancellation).ConfigureAwait(false);
                message.Write(buffer, 0, part.Count);
            }
            while (!part.EndOfMessage);
            if (JsonNode.Parse(message.ToArray()) is { } answer && (int?)answer["id"] == id)
                return answer["result"] ?? throw new CliException($"The browser does not understand {method}: {answer["error"]?.ToJsonString()}");
        }
    }
}
