using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Utp.BitTorrent.Tests.Peers;

/// <summary>
/// transmission-daemon in a process of its own, with a configuration of its own, spoken to by its RPC. It connects to nobody whom it has not heard of, so we connect to it; by uTP, as that is all
/// we speak. Disposing ends the process and nothing else.
/// </summary>
internal sealed class TransmissionPeer : IAsyncDisposable
{
    private static readonly Lazy<string?> Missing = new(Prepare);

    private readonly TempFolder _configuration = new();
    private readonly HttpClient _http = new();
    private readonly Uri _rpc;
    private readonly Process _process;

    private TransmissionPeer()
    {
        var (rpcPort, peerPort) = (FreePort(), FreePort());
        EndPoint = new IPEndPoint(IPAddress.Loopback, peerPort);
        _rpc = new Uri($"http://127.0.0.1:{rpcPort}/transmission/rpc");
        File.WriteAllText(_configuration["settings.json"], JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["bind-address-ipv4"] = "127.0.0.1",
            ["bind-address-ipv6"] = "::1",
            ["dht-enabled"] = false,
            ["lpd-enabled"] = false,
            ["pex-enabled"] = false,
            ["port-forwarding-enabled"] = false,
            ["utp-enabled"] = true,
            ["encryption"] = 0,
            ["peer-port"] = peerPort,
            ["rpc-port"] = rpcPort,
            ["rpc-bind-address"] = "127.0.0.1",
            ["rpc-authentication-required"] = false,
            ["rpc-whitelist-enabled"] = false,
            ["rpc-host-whitelist-enabled"] = false,
        }));
        _process = Process.Start(new ProcessStartInfo("transmission-daemon", ["--foreground", "--config-dir", _configuration.Path, "--logfile", _configuration["log"]])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Why it cannot run; null: it can.</summary>
    public static string? WhyMissing => Missing.Value;

    public IPEndPoint EndPoint { get; }

    public static async Task<TransmissionPeer> StartAsync()
    {
        if (WhyMissing is { } why)
            throw new InvalidOperationException(why);
        var peer = new TransmissionPeer();
        await peer.AsksUntilAsync("session-get", new { }, static _ => true);
        return peer;
    }

    /// <summary>Adds a torrent. What lies in the folder is verified.</summary>
    public async Task AddAsync(string torrent, string folder)
    {
        var metainfo = Convert.ToBase64String(await File.ReadAllBytesAsync(torrent));
        Directory.CreateDirectory(folder);
        await AsksUntilAsync("torrent-add", new Dictionary<string, object> { ["metainfo"] = metainfo, ["download-dir"] = folder, ["paused"] = false }, static _ => true);
        await AsksUntilAsync("torrent-verify", new { }, static _ => true);
    }

    /// <summary>Waits until everything is there, and it seeds.</summary>
    public Task CompletedAsync() => AsksUntilAsync("torrent-get", new { fields = new[] { "percentDone", "status" } }, static answer =>
        answer.GetProperty("torrents").EnumerateArray().Any(static torrent => torrent.GetProperty("percentDone").GetDouble() >= 1 && torrent.GetProperty("status").GetInt32() == 6));

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        _configuration.Dispose();
    }

    // It takes no port 0. Below those that the system gives to others, so that nobody takes it before the daemon does.
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(12_000, 32_000);
            try
            {
                using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                tcp.Bind(new IPEndPoint(IPAddress.Loopback, port));
                udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: another.
            }
        }
    }

    private static string? Prepare()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("transmission-daemon", ["--version"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return null;
        }
        catch (Win32Exception e)
        {
            return $"transmission-daemon is not on this machine ({e.Message}): install it to run these tests.";
        }
    }

    // Its RPC says nothing by itself: it is asked until the answer is there.
    private async Task AsksUntilAsync(string method, object arguments, Func<JsonElement, bool> isThere)
    {
        using var patience = new CancellationTokenSource(Session.OurSession.Patience);
        var last = "";
        try
        {
            while (true)
            {
                try
                {
                    using var answer = await _http.PostAsJsonAsync(_rpc, new { method, arguments }, patience.Token);
                    last = await answer.Content.ReadAsStringAsync(patience.Token);
                    if (answer.StatusCode == HttpStatusCode.Conflict)
                    {
                        _http.DefaultRequestHeaders.Remove("X-Transmission-Session-Id");
                        _http.DefaultRequestHeaders.Add("X-Transmission-Session-Id", answer.Headers.GetValues("X-Transmission-Session-Id"));
                        continue;
                    }

                    if (answer.IsSuccessStatusCode && isThere(JsonDocument.Parse(last).RootElement.GetProperty("arguments")))
                        return;
                }
                catch (HttpRequestException)
                {
                    // It does not listen yet.
                }

                await Task.Delay(100, patience.Token);
            }
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"transmission-daemon did not come to {method}; its last answer: {last}", e);
        }
    }
}

/// <summary>A test that needs transmission-daemon. Where it cannot run the test is skipped with the reason, unless <c>UTP_REQUIRE_PEERS=1</c>: then it fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TransmissionFactAttribute : FactAttribute
{
    public TransmissionFactAttribute() => Skip = Environment.GetEnvironmentVariable("UTP_REQUIRE_PEERS") == "1" ? null : TransmissionPeer.WhyMissing;
}
