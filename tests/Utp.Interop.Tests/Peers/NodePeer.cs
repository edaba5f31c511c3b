using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Utp.Tests.Peers;

namespace Utp.Interop.Tests.Peers;

/// <summary>
/// A process of its own that runs <c>node/peer.js</c> with one of the libraries. It is told what to do by JSON lines and tells what happened
/// the same way; what it tells is kept in order until the test asks for it. Disposing ends the process and nothing else.
/// </summary>
internal sealed class NodePeer : IAsyncDisposable
{
    private readonly ToldProcess _process;

    private NodePeer(ToldProcess process) => _process = process;

    /// <summary>Everything that the process said, for a failing test's message.</summary>
    public string Transcript => _process.Transcript;

    /// <summary>Starts a peer.</summary>
    /// <param name="library">Which.</param>
    /// <param name="defaultBuffers">With the socket buffers that the kernel gives to everybody, not 4 MiB.</param>
    /// <param name="random">From 0 to 1, for every random number that the npm <c>utp</c> draws; null: it draws.</param>
    public static async Task<NodePeer> StartAsync(PeerLibrary library, bool defaultBuffers = false, double? random = null)
    {
        NodeModules.Require();
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = NodeModules.Folder,
            ArgumentList = { "peer.js", library == PeerLibrary.Libutp ? "libutp" : "utp", defaultBuffers ? "default-buffers" : "wide-buffers" },
        };
        if (random is { } drawn)
            start.ArgumentList.Add(drawn.ToString(CultureInfo.InvariantCulture));
        var peer = new NodePeer(new ToldProcess(start, Patience.Long, keepsOthers: true));
        await peer.ExpectAsync("ready");
        return peer;
    }

    /// <summary>Starts listening; returns the port.</summary>
    public async Task<int> ListenAsync()
    {
        await TellAsync(new { @do = "listen" });
        return (await ExpectAsync("listening")).GetProperty("port").GetInt32();
    }

    /// <summary>Opens a port that accepts nobody; returns it. libutp alone can.</summary>
    public async Task<int> OpenDeafAsync()
    {
        await TellAsync(new { @do = "deaf" });
        return (await ExpectAsync("listening")).GetProperty("port").GetInt32();
    }

    public Task ConnectAsync(int port) => TellAsync(new { @do = "connect", port });

    /// <summary>Writes bytes that <see cref="TestData"/> makes of the seed.</summary>
    public Task WriteAsync(uint seed, int bytes) => TellAsync(new { @do = "write", seed, bytes });

    /// <summary>Writes so much as soon as somebody has connected.</summary>
    public Task GreetAsync(uint seed, int bytes) => TellAsync(new { @do = "greet", seed, bytes });

    /// <summary>Closes its direction.</summary>
    public Task EndAsync() => TellAsync(new { @do = "end" });

    /// <summary>From now on sends back what comes, and closes its direction when ours is closed.</summary>
    public async Task EchoAsync()
    {
        await TellAsync(new { @do = "echo" });
        await ExpectAsync("echoing");
    }

    /// <summary>Drops the connection as its library does that.</summary>
    public Task DestroyAsync() => TellAsync(new { @do = "destroy" });

    /// <summary>Waits until our direction has ended for it; returns the SHA-256 of all that came.</summary>
    public async Task<string> ReceivedAllAsync() => (await ExpectAsync("end")).GetProperty("sha256").GetString()!;

    /// <summary>The next event of that name; others before it are kept for later.</summary>
    public Task<JsonElement> ExpectAsync(string name) => _process.ExpectAsync(name);

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>Ends the process at once, as a crash would.</summary>
    public void Kill() => _process.Kill();

    private Task TellAsync<T>(T command) => _process.TellAsync(command);
}
