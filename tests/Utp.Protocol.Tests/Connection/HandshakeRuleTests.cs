using Utp.Protocol.Tests.Wire;
using Xunit;

namespace Utp.Protocol.Tests.Connection;

/// <summary>The handshake's decisions alone: what is to be sent, what an answer means, which timers run.</summary>
public sealed class HandshakeRuleTests
{
    private const int Id = 1_000, FallbackId = 2_000, Seq = 100, FallbackSeq = 200;
    private static readonly ConnectionSeed Seed = new(new ConnectionId(Id), new SeqNr(Seq), new ConnectionId(FallbackId), new SeqNr(FallbackSeq));

    private readonly Timers _timers = new();
    private readonly PeerTraits _peer;
    private readonly Handshake _handshake;
    private Instant _now = new(1_000_000);

    public HandshakeRuleTests()
        : this(ConnectionOptions.Default)
    {
    }

    private HandshakeRuleTests(ConnectionOptions options, ConnectionState initial = ConnectionState.SynSent)
    {
        _peer = new PeerTraits(options);
        _handshake = new Handshake(options, Seed, initial, _peer, new PacketTags(0), default, _timers, _now);
    }

    private static HandshakeRuleTests Acceptor(ConnectionOptions? options = null) => new(options ?? ConnectionOptions.Default, ConnectionState.SynReceived);

    private InboundPacket Packet(PacketType type, int id, int ackNr, int seqNr = 5_000, Capabilities shown = Capabilities.None, params byte[] payload)
    {
        byte[] extension = [];
        if (shown != Capabilities.None)
        {
            extension = new byte[2 + CapabilitiesExtension.Length];
            extension[1] = CapabilitiesExtension.Length;
            CapabilitiesExtension.Write(extension.AsSpan(2), shown);
        }

        var header = Packets.Header(
            type, id, seqNr, ackNr, extension: shown == Capabilities.None ? (byte)0 : ExtensionType.CapabilitiesOrMetadata);
        var datagram = Packets.Bytes(header, [.. extension, .. payload]);
        return new InboundPacket(Packets.Parse(datagram), datagram, _now);
    }

    private HandshakePacket NextSyn(int? firstWrite = null)
    {
        if (_timers.IsArmed(TimerKind.SynRetry))
        {
            _now = _timers[TimerKind.SynRetry];
            _timers.Stop(TimerKind.SynRetry);
            Assert.False(_handshake.OnRetryTimer(_now));
        }

        Assert.True(_handshake.Attempts!.IsDue);
        return _handshake.NextSyn(firstWrite, 1_200, _now);
    }

    [Fact]
    public void Retries_are_identical_and_the_last_within_the_time_is_plain_with_an_id_of_its_own()
    {
        var syns = new List<HandshakePacket>();
        do
            syns.Add(NextSyn());
        while (_timers.IsArmed(TimerKind.SynRetry));

        Assert.All(syns[..^1], syn => Assert.Equal(syns[0], syn));
        Assert.Equal(new ConnectionId(Id), syns[0].Id);
        Assert.NotEqual(Capabilities.None, syns[0].Capabilities);
        Assert.Equal(new ConnectionId(FallbackId), syns[^1].Id);
        Assert.Equal(Capabilities.None, syns[^1].Capabilities);
        Assert.True(_timers.IsArmed(TimerKind.Handshake));
    }

    [Fact]
    public void The_first_bytes_ride_along_when_they_fit_and_a_retry_carries_only_what_passes_everywhere()
    {
        Assert.True(NextSyn(1_000).CarriesFirstWrite);
        Assert.False(NextSyn(1_000).CarriesFirstWrite);
        Assert.True(NextSyn(400).CarriesFirstWrite);
        Assert.False(new HandshakeRuleTests().NextSyn(1_200).CarriesFirstWrite);
    }

    [Fact]
    public void An_answer_tells_ids_sequence_capabilities_and_round_trip()
    {
        NextSyn(10);
        _now = _now.Plus(30_000);

        Assert.Equal(
            ReceiveVerdict.Accepted,
            _handshake.OnAnswer(Packet(PacketType.State, Id, Seq, shown: Capabilities.OwnPeer | Capabilities.SynPayload), out var answer));

        Assert.Equal(new HandshakeAnswer(IsFallback: false, new SeqNr(5_000), TakesPayload: true, 30_000), answer);
        Assert.True(_peer.IsOwn);
        Assert.Equal(new ConnectionId(Id + 1), _handshake.SendId);
        Assert.Null(_handshake.Attempts);
        Assert.False(_timers.IsArmed(TimerKind.Handshake));
    }

    [Fact]
    public void After_a_retry_the_round_trip_is_ambiguous()
    {
        NextSyn();
        NextSyn();

        _handshake.OnAnswer(Packet(PacketType.State, Id, Seq), out var answer);

        Assert.Null(answer.RttMicros);
    }

    [Fact]
    public void An_answer_to_what_was_never_sent_is_none()
    {
        NextSyn();

        Assert.Equal(ReceiveVerdict.BadAck, _handshake.OnAnswer(Packet(PacketType.State, Id, Seq + 1), out _));
        Assert.Equal(ReceiveVerdict.BadAck, _handshake.OnAnswer(Packet(PacketType.State, FallbackId, FallbackSeq), out _));
        Assert.NotNull(_handshake.Attempts);
    }

    [Fact]
    public void Data_that_overtook_the_answer_marks_where_the_sequence_begins()
    {
        NextSyn();
        Assert.Equal(ReceiveVerdict.NotAllowed, _handshake.OnAnswer(Packet(PacketType.Data, Id, Seq, seqNr: 5_001), out _));

        _handshake.OnAnswer(Packet(PacketType.State, Id, Seq, seqNr: 5_003), out var answer);

        Assert.Equal(new SeqNr(5_001), answer.Expected);
    }

    // The npm utp takes up to 511 packets from its oldest on as acknowledged by the ack_nr of a repeated ST_SYN.
    [Fact]
    public void A_retry_after_early_data_acknowledges_nothing_that_the_peer_can_have_sent()
    {
        Assert.Equal(default, NextSyn().AckNr);
        _handshake.OnAnswer(Packet(PacketType.Data, Id, Seq, seqNr: 400), out _);

        Assert.InRange(NextSyn().AckNr.DistanceTo(new SeqNr(400)), 1_022, 32_767);
    }

    [Fact]
    public void A_stateless_acceptor_is_told_our_capabilities_again_until_it_was_heard()
    {
        NextSyn();
        _handshake.OnAnswer(Packet(PacketType.State, Id, Seq, shown: Capabilities.OwnPeer | Capabilities.Stateless), out _);
        Assert.True(_handshake.IsConfirmationDue);
        _handshake.OnConfirmationSent();
        _handshake.OnAskedAgain();
        Assert.True(_handshake.IsConfirmationDue);
        _handshake.OnConfirmationSent();

        _handshake.OnPacket(Packet(PacketType.State, Id, Seq), isConfirmed: true);
        _handshake.OnAskedAgain();

        Assert.False(_handshake.IsConfirmationDue);
    }

    [Fact]
    public void Our_confirmation_is_repeated_after_1_3_and_7_seconds_and_no_more()
    {
        NextSyn();
        _handshake.OnAnswer(Packet(PacketType.State, Id, Seq, shown: Capabilities.OwnPeer), out _);
        var start = _now;
        var repeats = new List<long>();
        _handshake.ConfirmAgainLater(_now);
        while (_timers.IsArmed(TimerKind.SynRetry))
        {
            _now = _timers[TimerKind.SynRetry];
            _timers.Stop(TimerKind.SynRetry);
            Assert.True(_handshake.OnRetryTimer(_now));
            repeats.Add(_now.Since(start) / 1_000_000);
        }

        Assert.Equal([1, 3, 7], repeats);
    }

    [Fact]
    public void The_same_syn_is_answered_again_and_another_is_not()
    {
        var acceptor = Acceptor();
        var syn = acceptor.Packet(PacketType.Syn, Id - 1, 0, seqNr: 9);
        acceptor._handshake.OnSyn(syn, _now);
        acceptor._handshake.NextAnswer(new SeqNr(9), _now);
        Assert.False(acceptor._handshake.HalfOpen!.IsAnswerDue);

        Assert.Equal(ReceiveVerdict.Duplicate, acceptor._handshake.OnSynAgain(syn));
        Assert.True(acceptor._handshake.HalfOpen.IsAnswerDue);
        Assert.Equal(ReceiveVerdict.NotAllowed, acceptor._handshake.OnSynAgain(acceptor.Packet(PacketType.Syn, Id - 1, 0, seqNr: 10)));
        Assert.Equal(1, acceptor._handshake.Duplicates);
    }

    [Theory]
    [InlineData(Capabilities.OwnPeer | Capabilities.SynPayload, true)]
    [InlineData(Capabilities.None, false)]
    public void The_bytes_on_a_syn_count_when_that_was_negotiated(Capabilities shown, bool counts)
    {
        var acceptor = Acceptor();

        Assert.Equal(counts, acceptor._handshake.OnSyn(acceptor.Packet(PacketType.Syn, Id - 1, 0, shown: shown, payload: [1, 2]), _now));

        Assert.Equal(counts, (acceptor._handshake.ShownCapabilities & Capabilities.SynPayload) != 0);
    }

    [Theory]
    [InlineData(true, 3_000_000)]
    [InlineData(false, 250_000)]
    public void A_silent_foreign_initiator_is_asked_sooner_when_our_user_waits_for_it(bool acceptUnconfirmed, long afterMicros)
    {
        var acceptor = Acceptor(ConnectionOptions.Default with { AcceptUnconfirmed = acceptUnconfirmed });
        acceptor._handshake.OnSyn(acceptor.Packet(PacketType.Syn, Id - 1, 0), _now);
        Assert.Equal(afterMicros, acceptor._timers[TimerKind.SynRetry].Since(_now));

        acceptor._handshake.OnRetryTimer(_now.Plus(afterMicros));

        Assert.True(acceptor._handshake.HalfOpen!.WantsQuestion(isEager: false));
    }

    [Fact]
    public void The_confirmation_tells_the_round_trip_of_an_answer_that_left_once()
    {
        var acceptor = Acceptor();
        acceptor._handshake.OnSyn(acceptor.Packet(PacketType.Syn, Id - 1, 0, shown: Capabilities.OwnPeer), _now);
        acceptor._handshake.NextAnswer(new SeqNr(9), _now);

        Assert.Equal(20_000, acceptor._handshake.OnConfirmed(_now.Plus(20_000)));
        Assert.Null(acceptor._handshake.HalfOpen);
        Assert.False(acceptor._timers.IsArmed(TimerKind.Handshake));
    }

    [Fact]
    public void What_icmp_quotes_is_our_syn_by_its_numbers_and_a_stamp_of_the_time_in_which_we_tried()
    {
        var syn = NextSyn();
        var header = new PacketHeader(PacketType.Syn, 0, syn.Id, WireTimestamp.From(_now), 0, 0, syn.SeqNr, default);

        Assert.True(_handshake.IsOurSyn(header));
        Assert.False(_handshake.IsOurSyn(header with { SeqNr = new SeqNr(Seq + 1) }));
        Assert.False(_handshake.IsOurSyn(header with { Timestamp = WireTimestamp.From(_now.Plus(1)) }));
    }
}
