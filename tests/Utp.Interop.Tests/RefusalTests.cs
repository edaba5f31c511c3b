using Utp.Interop.Tests.Ours;
using Utp.Interop.Tests.Peers;
using Utp.Interop.Tests.Relay;
using Utp.Messages;

namespace Utp.Interop.Tests;

/// <summary>Connections that do not come about.</summary>
public sealed class RefusalTests
{
    [PeerTheory]
    [InlineData(PeerLibrary.Libutp)]
    [InlineData(PeerLibrary.Utp)]
    public async Task A_port_that_the_peer_has_left_refuses_us(PeerLibrary library)
    {
        await using var node = new OurNode();
        int port;
        await using (var peer = await NodePeer.StartAsync(library))
            port = await peer.ListenAsync();
        var failure = await Assert.ThrowsAsync<ConnectFailedException>(() => node.ConnectAsync(port));
        Assert.Equal(FailureCause.Refused, failure.Cause);
    }

    [PeerFact]
    public async Task A_libutp_that_accepts_nobody_is_a_connect_timeout()
    {
        await using var peer = await NodePeer.StartAsync(PeerLibrary.Libutp);
        await using var node = new OurNode();
        var port = await peer.OpenDeafAsync();
        var failure = await Assert.ThrowsAsync<ConnectFailedException>(() => node.ConnectAsync(port, timeout: TimeSpan.FromSeconds(2)));
        Assert.Equal(FailureCause.ConnectTimeout, failure.Cause);
    }

    [PeerTheory]
    [InlineData(Network.Clean)]
    [InlineData(Network.Bad)]
    public async Task Our_port_without_an_acceptor_refuses_libutp(Network network)
    {
        await using var peer = await NodePeer.StartAsync(PeerLibrary.Libutp);
        await using var node = new OurNode();
        using var relay = await RelayToRefusalAsync(node, network);
        await peer.ConnectAsync(relay.Port);

        // libutp has a code for a refused connection, and says "reset" all the same.
        Assert.Equal("UTP_ECONNRESET", (await peer.ExpectAsync("error")).GetProperty("code").GetString());
        await peer.ExpectAsync("close");
    }

    [PeerTheory]
    [InlineData(Network.Clean)]
    [InlineData(Network.Bad)]
    public async Task Our_port_without_an_acceptor_refuses_the_npm_utp(Network network)
    {
        await using var peer = await NodePeer.StartAsync(PeerLibrary.Utp);
        await using var node = new OurNode();
        using var relay = await RelayToRefusalAsync(node, network);
        await peer.ConnectAsync(relay.Port);

        // It knows no error: the stream ends and closes.
        await peer.ExpectAsync("close");
        Assert.DoesNotContain("\"connect\"", peer.Transcript, StringComparison.Ordinal);
    }

    private static async Task<UdpRelay> RelayToRefusalAsync(OurNode node, Network network) =>
        new(await node.ListenWithoutAcceptingAsync(), network == Network.Bad ? RelayRules.Bad(7) : RelayRules.Clean);
}
