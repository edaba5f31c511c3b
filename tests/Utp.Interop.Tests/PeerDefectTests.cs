using Utp.Interop.Tests.Peers;
using Utp.Interop.Tests.Relay;

namespace Utp.Interop.Tests;

/// <summary>What a peer cannot do, shown with two of itself: none of our software takes part.</summary>
public sealed class PeerDefectTests
{
    // 749 packets of 1,400 bytes.
    private const int FileBytes = TestData.OneMegabyte;
    private static readonly string FileHash = TestData.Sha256(TestData.Of(1, FileBytes));

    [PeerFact]
    public async Task The_npm_utp_is_whole_with_itself_where_nothing_comes_twice() =>
        Assert.Equal(FileHash, await SendToItselfAsync(RelayRules.Clean));

    [PeerFact]
    public async Task The_npm_utp_delivers_a_duplicate_in_place_of_the_packet_512_later() =>
        Assert.NotEqual(FileHash, await SendToItselfAsync(RelayRules.Repeat(RelayDirection.FromInitiator, 10)));

    private static async Task<string> SendToItselfAsync(RelayRule rule)
    {
        await using var acceptor = await NodePeer.StartAsync(PeerLibrary.Utp);
        await using var initiator = await NodePeer.StartAsync(PeerLibrary.Utp);
        using var relay = new UdpRelay(await acceptor.ListenAsync(), rule);
        await initiator.ConnectAsync(relay.Port);
        await initiator.ExpectAsync("connect");
        await initiator.WriteAsync(1, FileBytes);
        await initiator.EndAsync();
        return await acceptor.ReceivedAllAsync();
    }
}
