using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Utp.Tests.Peers;

namespace Utp.BitTorrent.Tests.Peers;

/// <summary>
/// libtorrent in a process of its own (<c>peers/libtorrent_peer.py</c>, with Debian's python3-libtorrent), over uTP alone. It is told what to do by JSON lines and tells what happens the same way.
/// Disposing ends the process and nothing else.
/// </summary>
internal sealed class LibtorrentPeer : IAsyncDisposable
{
    private static readonly Lazy<string?> Missing = new(Prepare);

    private readonly ToldProcess _process;

    private LibtorrentPeer(ToldProcess process) => _process = process;

    /// <summary>Why it cannot run; null: it can.</summary>
    public static string? WhyMissing => Missing.Value;

    public IPEndPoint EndPoint { get; private set; } = null!;

    /// <summary>Starts it.</summary>
    /// <param name="encryption">"disabled", "enabled" or "forced": what it says of MSE.</param>
    /// <param name="networkNamespace">The network namespace that it runs in; null: ours.</param>
    /// <param name="local">Where it listens; null: a free port of 127.0.0.1.</param>
    public static async Task<LibtorrentPeer> StartAsync(string encryption = "disabled", string? networkNamespace = null, IPEndPoint? local = null)
    {
        if (WhyMissing is { } why)
            throw new InvalidOperationException(why);
        local ??= new IPEndPoint(IPAddress.Loopback, 0);
        string[] command = [Python, Script, encryption, local.ToString()];
        if (networkNamespace is not null)
            command = ["ip", "netns", "exec", networkNamespace, .. command];
        var peer = new LibtorrentPeer(new ToldProcess(new ProcessStartInfo(command[0], command[1..]), Session.OurSession.Patience, keepsOthers: false));
        peer.EndPoint = new IPEndPoint(local.Address, (await peer.ExpectAsync("listening")).GetProperty("port").GetInt32());
        return peer;
    }

    /// <summary>Waits until it is connected to a peer whom another peer has named to it.</summary>
    public async Task HasMetAsync(IPEndPoint other)
    {
        for (var end = DateTime.UtcNow + Session.OurSession.Patience; DateTime.UtcNow < end; await Task.Delay(100))
        {
            await TellAsync(new { @do = "peers" });
            var peers = (await ExpectAsync("peers")).GetProperty("peers").EnumerateArray();
            if (peers.Any(peer => peer.GetProperty("host").GetString() == other.Address.ToString() && peer.GetProperty("port").GetInt32() == other.Port && peer.GetProperty("pex").GetBoolean()))
                return;
        }

        throw new InvalidOperationException($"libtorrent has not met {other}. It said:{Environment.NewLine}{_process.Transcript}");
    }

    /// <summary>Makes a .torrent file.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="torrent">Where it goes.</param>
    /// <param name="version">"1", "2" or "hybrid".</param>
    /// <param name="pieceLength">Bytes; 0: as libtorrent likes.</param>
    public async Task<string> CreateAsync(string path, string torrent, string version = "1", int pieceLength = 0)
    {
        await TellAsync(new { @do = "create", path, @base = Path.GetDirectoryName(path), torrent, version, piece = pieceLength });
        return (await ExpectAsync("created")).GetProperty("hash").GetString()!;
    }

    public async Task SeedAsync(string torrent, string folder)
    {
        await TellAsync(new { @do = "add", torrent, folder, seed = true });
        await ExpectAsync("added");
    }

    public async Task DownloadAsync(string torrent, string folder, params IPEndPoint[] peers)
    {
        await TellAsync(new { @do = "add", torrent, folder, peers = Pairs(peers) });
        await ExpectAsync("added");
    }

    public async Task DownloadMagnetAsync(string magnet, string folder, params IPEndPoint[] peers)
    {
        await TellAsync(new { @do = "add", magnet, folder, peers = Pairs(peers) });
        await ExpectAsync("added");
    }

    /// <summary>Connects to us.</summary>
    public Task ConnectAsync(IPEndPoint peer) => TellAsync(new { @do = "connect", host = peer.Address.ToString(), port = peer.Port });

    /// <summary>Waits until everything is there.</summary>
    public Task<JsonElement> FinishedAsync() => ExpectAsync("finished");

    /// <summary>Ends the process at once, as a crash would.</summary>
    public void Kill() => _process.Kill();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    // Debian's package is of Debian's own Python, which need not be the first of the path.
    private static string Python => File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    private static string Script
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (Path.Combine(folder.FullName, "peers", "libtorrent_peer.py") is var candidate && File.Exists(candidate))
                    return candidate;
            }

            throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} has peers/libtorrent_peer.py.");
        }
    }

    private static string? Prepare()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Python, ["-c", "import libtorrent"]) { RedirectStandardError = true })!;
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"libtorrent does not load ({said.Trim().Split('\n')[^1]}): install python3-libtorrent to run these tests.";
        }
        catch (Win32Exception e)
        {
            return $"Python is not on this machine ({e.Message}): install python3-libtorrent to run these tests.";
        }
    }

    private static object[][] Pairs(IPEndPoint[] peers) => [.. peers.Select(static peer => new object[] { peer.Address.ToString(), peer.Port })];

    private Task TellAsync<T>(T command) => _process.TellAsync(command);

    private Task<JsonElement> ExpectAsync(string name) => _process.ExpectAsync(name);
}

/// <summary>A test that needs libtorrent. Where it cannot run the test is skipped with the reason, unless <c>UTP_REQUIRE_PEERS=1</c>: then it fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LibtorrentFactAttribute : FactAttribute
{
    public LibtorrentFactAttribute() => Skip = Environment.GetEnvironmentVariable("UTP_REQUIRE_PEERS") == "1" ? null : LibtorrentPeer.WhyMissing;
}
