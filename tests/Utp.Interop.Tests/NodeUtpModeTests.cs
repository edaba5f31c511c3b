using Utp.Interop.Tests.Peers;
using Utp.Interop.Tests.Relay;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Interop.Tests;

/// <summary>
/// <c>compatibility = node-utp</c> toward the npm package utp, which is the predecessor's nearest relative: it reads no extension, and
/// takes one on ST_DATA for payload.
/// </summary>
public sealed class NodeUtpModeTests
{
    // Small datagrams, so that the packets in flight are limited by their number and not by the peer's 256 kB window.
    private static readonly UtpOptions NodeUtp = new() { Compatibility = PeerCompatibility.NodeUtp, MaxDatagramBytes = 548 };

    // Fewer than 512 packets where datagrams come twice (PeerDefectTests).
    private const int FewPacketsBytes = TestData.OneMegabyte / 4;

    [PeerTheory]
    [InlineData(Role.WeConnect)]
    [InlineData(Role.PeerConnects)]
    public async Task One_megabyte_each_way_without_any_extension_and_at_most_500_packets_in_flight(Role role)
    {
        await using var pair = await Pair.OpenAsync(PeerLibrary.Utp, role, RelayRules.Clean, NodeUtp);
        await ExchangeAsync(pair, TestData.OneMegabyte);
        var we = role == Role.WeConnect ? RelayDirection.FromInitiator : RelayDirection.FromAcceptor;
        Assert.Equal(0, pair.Relay!.Watch.WithExtension(we));
        Assert.InRange(pair.Relay.Watch.MostInFlight(we), 1, 500);
    }

    [PeerTheory]
    [InlineData(Role.WeConnect)]
    [InlineData(Role.PeerConnects)]
    public async Task What_is_missing_is_not_shown_by_an_extension_either(Role role)
    {
        await using var pair = await Pair.OpenAsync(PeerLibrary.Utp, role, RelayRules.Bad(11), NodeUtp);
        await ExchangeAsync(pair, FewPacketsBytes);
        var we = role == Role.WeConnect ? RelayDirection.FromInitiator : RelayDirection.FromAcceptor;
        Assert.Equal(0, pair.Relay!.Watch.WithExtension(we));
        Assert.NotEqual(0, pair.Relay.Watch.Count(RelayFate.Drop));
    }

    [PeerFact]
    public async Task In_the_default_mode_extensions_are_sent_where_the_peer_does_not_take_them_for_payload()
    {
        await using var pair = await Pair.OpenAsync(
            PeerLibrary.Utp, Role.WeConnect, RelayRules.Bad(11), NodeUtp with { Compatibility = PeerCompatibility.Negotiate });
        await ExchangeAsync(pair, FewPacketsBytes);
        Assert.NotEqual(0, pair.Relay!.Watch.WithExtension(RelayDirection.FromInitiator));
    }

    private static async Task ExchangeAsync(Pair pair, int bytesFromUs)
    {
        var file = TestData.Of(1, bytesFromUs);
        await pair.Peer.WriteAsync(2, TestData.OneMegabyte);
        await pair.Peer.EndAsync();
        await pair.Ours.SendAsync(file);
        pair.Ours.CloseWrite();
        Assert.Equal(TestData.Sha256(file), await pair.Peer.ReceivedAllAsync());
        Assert.Equal(TestData.Sha256(TestData.Of(2, TestData.OneMegabyte)), await pair.Ours.ReceivedAllAsync());
    }
}
