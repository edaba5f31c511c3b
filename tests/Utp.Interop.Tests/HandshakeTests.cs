using Utp.Interop.Tests.Peers;
using Utp.Interop.Tests.Relay;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Interop.Tests;

/// <summary>Who speaks first, and what the loss of one handshake packet does to either peer.</summary>
public sealed class HandshakeTests
{
    private const int GreetingBytes = 10_000;
    private static readonly byte[] Greeting = TestData.Of(1, GreetingBytes);

    /// <summary>Nothing lost; our ST_STATE lost; the question that follows it lost.</summary>
    public static TheoryData<PeerLibrary, int[]> LostFromAcceptor => new()
    {
        { PeerLibrary.Libutp, [] },
        { PeerLibrary.Libutp, [0] },
        { PeerLibrary.Libutp, [1] },
        { PeerLibrary.Utp, [] },
        { PeerLibrary.Utp, [0] },
        { PeerLibrary.Utp, [1] },
    };

    [PeerTheory]
    [MemberData(nameof(LostFromAcceptor))]
    public async Task Our_acceptor_speaks_first_to_a_silent_initiator(PeerLibrary library, int[] lost)
    {
        await using var pair = await Pair.OpenAsync(library, Role.PeerConnects, RelayRules.Lose(RelayDirection.FromAcceptor, lost));
        await GreetsAsync(pair);
    }

    [PeerTheory]
    [InlineData(PeerLibrary.Libutp)]
    [InlineData(PeerLibrary.Utp)]
    public async Task Our_acceptor_speaks_first_through_a_bad_network(PeerLibrary library)
    {
        await using var pair = await Pair.OpenAsync(library, Role.PeerConnects, Network.Bad);
        await GreetsAsync(pair);
    }

    [PeerTheory]
    [MemberData(nameof(LostFromAcceptor))]
    public async Task An_initiator_that_stays_silent_is_asked_and_does_not_expire(PeerLibrary library, int[] lost)
    {
        var options = new UtpOptions { HalfOpenTimeout = TimeSpan.FromSeconds(8) };
        await using var pair = await Pair.OpenAsync(library, Role.PeerConnects, RelayRules.Lose(RelayDirection.FromAcceptor, lost), options);
        await pair.Relay!.Watch.InitiatorAcknowledgedAsync();
        await GreetsAsync(pair);
    }

    [PeerFact]
    public async Task A_libutp_that_does_not_answer_a_repeated_st_syn_is_reached_by_the_plain_one()
    {
        await using var pair = await Pair.OpenAsync(
            PeerLibrary.Libutp, Role.WeConnect, RelayRules.Lose(RelayDirection.FromAcceptor, 0));
        Assert.Equal(Capabilities.None, pair.Ours.Connected.PeerCapabilities);
        await EchoesAsync(pair);
    }

    [PeerTheory]
    [InlineData(PeerLibrary.Libutp)]
    [InlineData(PeerLibrary.Utp)]
    public async Task A_lost_st_syn_is_repeated(PeerLibrary library)
    {
        await using var pair = await Pair.OpenAsync(library, Role.WeConnect, RelayRules.Lose(RelayDirection.FromInitiator, 0));
        await EchoesAsync(pair);
    }

    [PeerTheory]
    [InlineData(new int[0])]
    [InlineData(new[] { 0 })]
    public async Task A_utp_acceptor_that_speaks_first_is_heard_whole_also_when_its_answer_was_lost(int[] lost)
    {
        var peer = await NodePeer.StartAsync(PeerLibrary.Utp);
        await peer.GreetAsync(1, GreetingBytes);
        await using var pair = await Pair.ConnectAsync(peer, RelayRules.Lose(RelayDirection.FromAcceptor, lost));
        await peer.EndAsync();
        Assert.Equal(TestData.Sha256(Greeting), await pair.Ours.ReceivedAllAsync());
    }

    // The npm utp takes the ack_nr of a repeated ST_SYN for an acknowledgement of its data: 0 is one when its first seq_nr was drawn shortly before the wrap.
    [PeerTheory]
    [InlineData(0.993)]
    [InlineData(0.998)]
    [InlineData(0.99995)]
    public async Task A_utp_acceptor_whose_sequence_is_about_to_wrap_is_heard_whole_when_its_answer_was_lost(double random)
    {
        var peer = await NodePeer.StartAsync(PeerLibrary.Utp, random: random);
        await peer.GreetAsync(1, GreetingBytes);
        await using var pair = await Pair.ConnectAsync(peer, RelayRules.Lose(RelayDirection.FromAcceptor, 0));
        await peer.EndAsync();
        Assert.Equal(TestData.Sha256(Greeting), await pair.Ours.ReceivedAllAsync());
    }

    private static async Task GreetsAsync(Pair pair)
    {
        await pair.Ours.SendAsync(Greeting);
        pair.Ours.CloseWrite();
        Assert.Equal(TestData.Sha256(Greeting), await pair.Peer.ReceivedAllAsync());
    }

    private static async Task EchoesAsync(Pair pair)
    {
        await pair.Peer.EchoAsync();
        await pair.Ours.SendAsync(Greeting);
        pair.Ours.CloseWrite();
        Assert.Equal(TestData.Sha256(Greeting), await pair.Ours.ReceivedAllAsync());
    }
}
