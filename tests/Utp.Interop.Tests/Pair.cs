using Utp.Interop.Tests.Ours;
using Utp.Interop.Tests.Peers;
using Utp.Interop.Tests.Relay;
using Utp.Messages;

namespace Utp.Interop.Tests;

/// <summary>Who connects.</summary>
public enum Role
{
    /// <summary>We do.</summary>
    WeConnect,

    /// <summary>The peer does.</summary>
    PeerConnects,
}

/// <summary>What lies between the two ends.</summary>
public enum Network
{
    /// <summary>Loopback itself.</summary>
    Clean,

    /// <summary>A relay that loses, reorders and duplicates: <see cref="RelayRules.Bad"/>.</summary>
    Bad,
}

/// <summary>One of our connections and the peer at its other end.</summary>
internal sealed class Pair : IAsyncDisposable
{
    private readonly OurNode _node;

    private Pair(OurNode node, OurConnection ours, NodePeer peer, UdpRelay? relay)
    {
        _node = node;
        Ours = ours;
        Peer = peer;
        Relay = relay;
    }

    public OurConnection Ours { get; }

    public NodePeer Peer { get; }

    public UdpRelay? Relay { get; }

    public static Task<Pair> OpenAsync(PeerLibrary library, Role role, Network network = Network.Clean) =>
        OpenAsync(library, role, network == Network.Bad ? RelayRules.Bad(Seed) : null);

    /// <summary>Through a relay if there is a rule.</summary>
    public static async Task<Pair> OpenAsync(PeerLibrary library, Role role, RelayRule? rule, UtpOptions? options = null)
    {
        var peer = await NodePeer.StartAsync(library);
        return role == Role.WeConnect ? await ConnectAsync(peer, rule, options) : await AcceptAsync(peer, rule, options);
    }

    /// <summary>Connects to a peer that was told before what to do.</summary>
    public static async Task<Pair> ConnectAsync(NodePeer peer, RelayRule? rule = null, UtpOptions? options = null, byte[]? initialData = null)
    {
        var port = await peer.ListenAsync();
        var relay = rule is null ? null : new UdpRelay(port, rule);
        var node = new OurNode();
        return new Pair(node, await node.ConnectAsync(relay?.Port ?? port, options, initialData: initialData), peer, relay);
    }

    public async ValueTask DisposeAsync()
    {
        // What a test has left open must not be flushed toward a peer that is gone.
        Ours.Abort();
        await Peer.DisposeAsync();
        await _node.DisposeAsync();
        Relay?.Dispose();
    }

    // Another seed is another bad network: UTP_INTEROP_SEED=7 dotnet test ...
    private static int Seed => int.TryParse(Environment.GetEnvironmentVariable("UTP_INTEROP_SEED"), out var seed) ? seed : 2026;

    private static async Task<Pair> AcceptAsync(NodePeer peer, RelayRule? rule, UtpOptions? options)
    {
        var node = new OurNode();
        var port = await node.ListenAsync(options);
        var relay = rule is null ? null : new UdpRelay(port, rule);
        await peer.ConnectAsync(relay?.Port ?? port);
        return new Pair(node, await node.AcceptAsync(), peer, relay);
    }
}
