using Utp.Interop.Tests.Peers;
using Utp.Interop.Tests.Relay;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Interop.Tests;

/// <summary>Half close, reset, and the end of a process, with either end as initiator.</summary>
public sealed class ClosingTests
{
    private const int AnswerBytes = 200_000;
    private static readonly byte[] Question = "a question"u8.ToArray();

    public static TheoryData<PeerLibrary, Role, Network> Networks
    {
        get
        {
            var cases = new TheoryData<PeerLibrary, Role, Network>();
            foreach (var network in Enum.GetValues<Network>())
            {
                cases.Add(PeerLibrary.Libutp, Role.WeConnect, network);
                cases.Add(PeerLibrary.Libutp, Role.PeerConnects, network);
                cases.Add(PeerLibrary.Utp, Role.WeConnect, network);
                cases.Add(PeerLibrary.Utp, Role.PeerConnects, network);
            }

            return cases;
        }
    }

    public static TheoryData<PeerLibrary, Role> Roles => new()
    {
        { PeerLibrary.Libutp, Role.WeConnect },
        { PeerLibrary.Libutp, Role.PeerConnects },
        { PeerLibrary.Utp, Role.WeConnect },
        { PeerLibrary.Utp, Role.PeerConnects },
    };

    [PeerTheory]
    [MemberData(nameof(Networks))]
    public async Task After_we_have_closed_our_direction_the_peer_goes_on(PeerLibrary library, Role role, Network network)
    {
        await using var pair = await Pair.OpenAsync(library, role, network);
        await pair.Ours.SendAsync(Question);
        pair.Ours.CloseWrite();
        Assert.Equal(TestData.Sha256(Question), await pair.Peer.ReceivedAllAsync());
        await pair.Peer.WriteAsync(1, AnswerBytes);
        await pair.Peer.EndAsync();
        Assert.Equal(TestData.Sha256(TestData.Of(1, AnswerBytes)), await pair.Ours.ReceivedAllAsync());
        Assert.IsType<ConfirmedClosed>(await pair.Ours.EndedAsync());
    }

    [PeerTheory]
    [MemberData(nameof(Networks))]
    public async Task After_the_peer_has_closed_its_direction_we_go_on(PeerLibrary library, Role role, Network network)
    {
        await using var pair = await Pair.OpenAsync(library, role, network);
        await pair.Ours.SendAsync(Question);
        await pair.Peer.ExpectAsync("first-data");
        await pair.Peer.WriteAsync(2, 1_000);
        await pair.Peer.EndAsync();
        Assert.Equal(TestData.Sha256(TestData.Of(2, 1_000)), await pair.Ours.ReceivedAllAsync());
        var answer = TestData.Of(3, AnswerBytes);
        await pair.Ours.SendAsync(answer);
        pair.Ours.CloseWrite();
        Assert.Equal(TestData.Sha256([.. Question, .. answer]), await pair.Peer.ReceivedAllAsync());
        Assert.IsType<ConfirmedClosed>(await pair.Ours.EndedAsync());
    }

    [PeerTheory]
    [InlineData(Role.WeConnect, Network.Clean)]
    [InlineData(Role.PeerConnects, Network.Clean)]
    [InlineData(Role.WeConnect, Network.Bad)]
    [InlineData(Role.PeerConnects, Network.Bad)]
    public async Task A_reset_by_libutp_is_reported_as_one(Role role, Network network)
    {
        await using var pair = await Pair.OpenAsync(PeerLibrary.Libutp, role, network);
        await pair.Ours.SendAsync(Question);
        await pair.Peer.ExpectAsync("first-data");

        // It sends ST_FIN, forgets the connection when that is acknowledged, and answers what comes then with ST_RESET.
        await pair.Peer.DestroyAsync();
        await pair.Peer.ExpectAsync("close");
        var sending = pair.Ours.SendAsync(TestData.Of(4, AnswerBytes));
        var end = Assert.IsType<ErrorClosed>(await pair.Ours.EndedAsync());
        Assert.Equal(CloseCause.Reset, end.Reason.Cause);
        await Assert.ThrowsAsync<InvalidOperationException>(() => sending);
    }

    [PeerTheory]
    [MemberData(nameof(Roles))]
    public async Task The_peer_learns_that_we_have_aborted(PeerLibrary library, Role role)
    {
        await using var pair = await Pair.OpenAsync(library, role);
        await pair.Ours.SendAsync(Question);
        await pair.Peer.ExpectAsync("first-data");
        pair.Ours.Abort();
        Assert.IsType<Aborted>(await pair.Ours.EndedAsync());
        await HearsResetAsync(pair.Peer, library);
    }

    [PeerFact]
    public async Task A_libutp_that_missed_our_st_reset_gets_another_one_when_it_speaks()
    {
        await using var pair = await Pair.OpenAsync(PeerLibrary.Libutp, Role.PeerConnects, RelayRules.LoseFirstReset());
        await pair.Ours.SendAsync(Question);
        await pair.Peer.ExpectAsync("first-data");
        pair.Ours.Abort();
        Assert.IsType<Aborted>(await pair.Ours.EndedAsync());
        await pair.Peer.WriteAsync(5, 1_000);
        await HearsResetAsync(pair.Peer, PeerLibrary.Libutp);
    }

    [PeerTheory]
    [MemberData(nameof(Roles))]
    public async Task A_peer_whose_process_was_killed_is_noticed(PeerLibrary library, Role role)
    {
        await using var pair = await Pair.OpenAsync(library, role);
        await pair.Ours.SendAsync(Question);
        pair.Peer.Kill();
        var sending = pair.Ours.SendAsync(TestData.Of(6, AnswerBytes));
        var end = Assert.IsType<ErrorClosed>(await pair.Ours.EndedAsync());
        Assert.Equal(CloseCause.Reset, end.Reason.Cause);
        await Assert.ThrowsAsync<InvalidOperationException>(() => sending);
    }

    // The npm utp knows no error: its stream ends and closes.
    private static async Task HearsResetAsync(NodePeer peer, PeerLibrary library)
    {
        if (library == PeerLibrary.Libutp)
            Assert.Equal("UTP_ECONNRESET", (await peer.ExpectAsync("error")).GetProperty("code").GetString());
        await peer.ExpectAsync("close");
    }
}
