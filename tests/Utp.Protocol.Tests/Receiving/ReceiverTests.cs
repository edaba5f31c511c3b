using Utp.Protocol.Tests.Wire;
using Xunit;

namespace Utp.Protocol.Tests.Receiving;

/// <summary>The receiver alone: no connection, no sender, no handshake.</summary>
public sealed class ReceiverTests
{
    private const int First = 65_534;
    private static readonly PathFacts Path = new(MaxPayload: 1_000, RttMicros: 20_000);

    private readonly Timers _timers = new();
    private readonly PeerTraits _peer;
    private readonly AckPolicy _ack;
    private readonly UnreadData _data;
    private readonly Receiver _receiver;
    private Instant _now = new(1_000_000);

    public ReceiverTests()
        : this(ConnectionOptions.Default, Capabilities.OwnPeer)
    {
    }

    private ReceiverTests(ConnectionOptions options, Capabilities peer)
    {
        _peer = new PeerTraits(options);
        _peer.OnShown(peer);
        _ack = new AckPolicy(delayed: false, _timers);
        _data = new UnreadData(options, _timers, memory: null);
        _receiver = new Receiver(options, _peer, _ack, _data, memory: null);
        _receiver.Begin(new SeqNr(First));
        _data.Advertise();
    }

    private ReceiverNews News { get; set; }

    private ReceiveVerdict Take(PacketType type, int seqNr, params byte[] payload)
    {
        var datagram = Packets.Bytes(Packets.Header(type, seqNr: seqNr & 0xFFFF), payload);
        var verdict = _receiver.Take(new InboundPacket(Packets.Parse(datagram), datagram, _now), Path, _now, out var news);
        News = news;
        return verdict;
    }

    private byte[] Read()
    {
        var read = new List<byte>();
        while (_data.TryRead(Path.RttMicros, _now, out var payload))
            read.AddRange(payload.Data.Span);
        return [.. read];
    }

    private bool TakeAck()
    {
        var due = _ack.IsDue;
        _ack.OnSent();
        return due;
    }

    [Fact]
    public void What_is_early_waits_for_what_is_missing_also_across_the_wrap()
    {
        Assert.Equal(ReceiveVerdict.Accepted, Take(PacketType.Data, First + 2, 3));
        Assert.Equal(ReceiveVerdict.Accepted, Take(PacketType.Data, First + 1, 2));
        Assert.True(_receiver.HasGap);
        Assert.Equal(2, _receiver.WaitingBytes);
        Assert.Empty(Read());

        Assert.Equal(ReceiveVerdict.Accepted, Take(PacketType.Data, First, 1));

        Assert.Equal([1, 2, 3], Read());
        Assert.False(_receiver.HasGap);
        Assert.Equal(new SeqNr(1), _receiver.Expected);
    }

    [Fact]
    public void A_repeat_is_counted_and_acknowledged_at_once_and_its_bytes_are_not_delivered_again()
    {
        Take(PacketType.Data, First, 1);
        Read();
        TakeAck();

        Assert.Equal(ReceiveVerdict.Duplicate, Take(PacketType.Data, First, 1));

        Assert.True(TakeAck());
        Assert.Empty(Read());
        Assert.Equal(1, _receiver.Duplicates);
    }

    [Fact]
    public void The_end_is_news_only_when_everything_before_it_has_come()
    {
        Take(PacketType.Fin, First + 1);
        Assert.Equal(ReceiverNews.FinSeen, News);
        Assert.False(_receiver.HasReachedFin);

        Take(PacketType.Data, First, 7);

        Assert.Equal(ReceiverNews.FinReached, News);
        Assert.True(_receiver.HasReachedFin);
        Assert.Equal([7], Read());
    }

    [Fact]
    public void Nothing_is_taken_behind_a_known_end()
    {
        Take(PacketType.Fin, First + 1);

        Assert.Equal(ReceiveVerdict.NotAllowed, Take(PacketType.Data, First + 2, 9));
        Assert.Equal(ReceiveVerdict.NotAllowed, Take(PacketType.Data, First + 1, 9));
        Assert.Equal(0, _receiver.WaitingBytes);
    }

    [Fact]
    public void An_end_before_what_has_arrived_already_is_refused()
    {
        Take(PacketType.Data, First + 3, 9);

        Assert.Equal(ReceiveVerdict.NotAllowed, Take(PacketType.Fin, First + 1));
    }

    [Fact]
    public void What_nobody_will_read_is_refused_and_its_number_remembered()
    {
        _data.Discard(Path.RttMicros, _now);

        Assert.Equal(ReceiveVerdict.NotRead, Take(PacketType.Data, First + 4, 1));
        Assert.Equal(ReceiveVerdict.NotRead, Take(PacketType.Fin, First));

        Assert.True(_receiver.LeavesUnread);
        Assert.Equal(new SeqNr(First), _receiver.Expected);
        Assert.Equal(new SeqNr(2), _receiver.Farthest);
    }

    [Fact]
    public void A_packet_outside_the_window_is_acknowledged_once_per_round_trip()
    {
        var receiver = new ReceiverTests(ConnectionOptions.Default with { InitialReceiveWindowBytes = 4 }, Capabilities.OwnPeer) { _now = _now };

        Assert.Equal(ReceiveVerdict.OutOfWindow, receiver.Take(PacketType.Data, First, new byte[5]));
        Assert.True(receiver.TakeAck());
        Assert.Equal(ReceiveVerdict.OutOfWindow, receiver.Take(PacketType.Data, First, new byte[5]));
        Assert.False(receiver.TakeAck());

        receiver._now = receiver._now.Plus(Path.RttMicros);
        Assert.Equal(ReceiveVerdict.OutOfWindow, receiver.Take(PacketType.Data, First, new byte[5]));
        Assert.True(receiver.TakeAck());
    }

    [Theory]
    [InlineData(499, true)]
    [InlineData(500, false)]
    public void Only_one_short_packet_may_have_its_acknowledgement_held(int bytes, bool mayBeHeld)
    {
        Take(PacketType.Data, First, new byte[bytes]);

        _ack.Hold(_now.Plus(500));

        Assert.True(_ack.IsDue);
        Assert.Equal(mayBeHeld, _ack.DueAt > _now);
    }

    [Fact]
    public void A_mask_is_as_wide_as_what_waits_and_ranges_take_four_bytes_each()
    {
        Take(PacketType.Data, First + 1, 1);
        Take(PacketType.Data, First + 40, 1);
        Assert.Equal(8, _receiver.SelectiveAckBytes);

        var mask = new byte[8];
        _receiver.WriteSelectiveAck(mask);
        Assert.Equal([1, 0, 0, 0, 0x80, 0, 0, 0], mask);

        _peer.OnShown(Capabilities.OwnPeer | Capabilities.SelectiveAckRanges);
        var ranges = new byte[_receiver.SelectiveAckBytes];
        _receiver.WriteSelectiveAck(ranges);
        Assert.Equal([0, 41, 0, 1, 0, 2, 0, 1], ranges);
    }

    [Fact]
    public void A_peer_that_breaks_the_rules_of_frames_is_news()
    {
        var frames = new ReceiverTests(ConnectionOptions.Default with { Mode = DeliveryMode.Frames }, Capabilities.OwnPeer | Capabilities.Frames);

        frames.Take(PacketType.Data, First, 1, 2, 3);

        Assert.Equal(ReceiverNews.BadFrame, frames.News);
    }

    [Fact]
    public void A_packet_from_a_wrap_ago_is_known_only_between_our_own_peers()
    {
        _receiver.OnAdvanced(new WireTimestamp(10_000_000), _now);

        Assert.True(_receiver.IsFromAWrapAgo(new WireTimestamp(8_000_000), _now));
        _peer.OnShown(Capabilities.None);
        Assert.False(_receiver.IsFromAWrapAgo(new WireTimestamp(8_000_000), _now));
    }
}
