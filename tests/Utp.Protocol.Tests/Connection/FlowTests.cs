using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

public class FlowTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Peer = Conversation.PeerSeq;
    private static readonly ConnectionOptions Unpaced = new() { Pacing = false, TailLossProbe = false };

    private static readonly ConnectionOptions SmallWindow = new()
    {
        InitialReceiveWindowBytes = 3_000,
        MaxReceiveWindowBytes = 3_000,
    };

    [Fact]
    public void The_peers_window_limits_what_is_in_flight()
    {
        var c = Conversation.Established(Unpaced);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Window(2_500));
        c.Write(new byte[5_000]);
        c.Expect(PacketType.Data, bytes: 1_180);
        c.Expect(PacketType.Data, bytes: 1_180);
        c.ExpectNothing();
    }

    [Fact]
    public void A_window_below_one_packet_still_takes_what_fits()
    {
        var c = Conversation.Established(Unpaced);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Window(100));
        c.Write(new byte[5_000]);
        c.Expect(PacketType.Data, bytes: 100);
        c.ExpectNothing();
    }

    [Fact]
    public void A_closed_window_is_probed_by_an_empty_packet_and_its_opening_is_used()
    {
        var c = Conversation.Established(Unpaced);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Window(0));
        c.Write("data");
        c.ExpectNothing();
        c.Advance(600_000);
        c.Expect(PacketType.Data, seq: Seq, bytes: 0);
        c.Send(PacketBuilder.State().Ack(Seq).Window(0)).ExpectNothing();
        c.Advance(1_100_000);
        c.Expect(PacketType.Data, seq: Seq + 1, bytes: 0);
        c.Send(PacketBuilder.State().Ack(Seq + 1).Window(10_000));
        c.Expect(PacketType.Data, seq: Seq + 2, text: "data");
    }

    [Fact]
    public void An_opened_window_is_used_at_once()
    {
        var c = Conversation.Established(Unpaced);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Window(0));
        c.Write("data");
        c.Send(PacketBuilder.State().Ack(Seq - 1).Window(10_000));
        c.Expect(PacketType.Data, text: "data");
    }

    [Fact]
    public void An_older_packet_does_not_undo_what_a_newer_one_said_of_the_window()
    {
        var c = Conversation.Established(Unpaced);
        var older = (uint)(c.Now.Micros + c.PeerClockOffsetMicros);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Window(10_000).SentAt(older + 10));
        c.Send(PacketBuilder.State().Ack(Seq - 1).Window(0).SentAt(older));
        c.Write("data");
        c.Expect(PacketType.Data, text: "data");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1L << 31)]
    [InlineData((1L << 32) - 1_500_000)]
    public void The_answer_tells_the_peers_window_wherever_its_clock_stands(long peerClockMicros)
    {
        var c = Conversation.Connect(Unpaced);
        c.PeerClockOffsetMicros = peerClockMicros;
        c.Expect(PacketType.Syn);
        c.Send(PacketBuilder.State().Ack(Conversation.LocalSeq));
        c.Expect(PacketType.State);
        c.Write("data");
        c.Expect(PacketType.Data, text: "data");
    }

    [Fact]
    public void A_reader_that_stops_closes_the_window_and_its_return_is_announced()
    {
        var c = Conversation.Established(SmallWindow);
        c.Do((connection, _) => connection.SuspendReading());
        c.Send(PacketBuilder.Data(new byte[1_000]), PacketBuilder.Data(new byte[1_000]), PacketBuilder.Data(new byte[1_000]));
        Assert.Equal(0u, c.Expect(PacketType.State, ack: Peer + 2).Window);
        c.ExpectNoEvent();
        c.Do((connection, now) => connection.ResumeReading(now)).Advance(0);
        Assert.Equal(3_000u, c.Expect(PacketType.State, ack: Peer + 2).Window);
        Assert.Equal(3_000, c.TakeEvents().Sum(e => e.Data.Length));
    }

    [Fact]
    public void A_closed_window_is_announced_as_soon_as_one_packet_fits_though_most_is_unread()
    {
        var c = Conversation.Established(new ConnectionOptions { InitialReceiveWindowBytes = 10_000, MaxReceiveWindowBytes = 10_000 });
        c.Do((connection, _) => connection.SuspendReading());
        for (var i = 0; i < 10; i++)
            c.Send(PacketBuilder.Data(new byte[1_000]));
        Assert.Equal(0u, c.TakeSent()[^1].Window);

        c.Do(ReadOne).Advance(0).ExpectNothing();
        c.Do(ReadOne).Advance(0);
        Assert.Equal(2_000u, c.Expect(PacketType.State, ack: Peer + 9).Window);
        c.ExpectNothing();
    }

    [Fact]
    public void A_greedy_sender_is_held_to_the_window_and_told_once_per_round_trip()
    {
        var c = Conversation.Established(SmallWindow);
        c.Do((connection, _) => connection.SuspendReading());
        for (var i = 0; i < 3; i++)
            c.Send(PacketBuilder.Data(new byte[1_000]).Seq(Peer + i));
        c.TakeSent();
        c.Send(PacketBuilder.Data(new byte[1_000]).Seq(Peer + 3));
        c.Expect(PacketType.State, ack: Peer + 2);
        c.Send(PacketBuilder.Data(new byte[1_000]).Seq(Peer + 3)).ExpectNothing();
        Assert.Equal(3_000, c.Connection.GetStatistics().BytesReceived);
    }

    [Fact]
    public void Early_packets_are_held_to_the_window()
    {
        var c = Conversation.Established(SmallWindow);
        for (var i = 1; i <= 10; i++)
            c.Send(PacketBuilder.Data(new byte[1_000]).Seq(Peer + i));
        Assert.Equal(3_000, c.Connection.GetStatistics().ReorderBytes);
    }

    [Fact]
    public void Early_packets_are_held_to_the_budget_that_connections_share()
    {
        var budget = new MemoryBudget(4_000);
        var c = Conversation.Established(new ConnectionOptions { ReorderBudget = budget });
        c.Send(PacketBuilder.Data(new byte[1_000]).Seq(Peer + 1), PacketBuilder.Data(new byte[1_000]).Seq(Peer + 2));
        Assert.Equal(1_000, c.Connection.GetStatistics().ReorderBytes);
        Assert.InRange(budget.UsedBytes, 1_000, 2_000);
        c.Send(PacketBuilder.Data("a").Seq(Peer));
        Assert.InRange(budget.UsedBytes, 0, 1_000);
        c.Send(PacketBuilder.Data(new byte[1_000]).Seq(Peer + 3));
        c.Do((connection, now) => connection.Abort(now));
        Assert.Equal(0, budget.UsedBytes);
    }

    [Fact]
    public void The_window_grows_with_what_the_application_reads()
    {
        var c = Conversation.Established(new ConnectionOptions { InitialReceiveWindowBytes = 10_000, MaxReceiveWindowBytes = 40_000 });
        for (var i = 0; i < 200; i++)
        {
            c.Send(PacketBuilder.Data(new byte[1_000]));
            c.Advance(1_000);
        }

        Assert.Equal(40_000, c.Connection.GetStatistics().ReceiveWindowBytes);
    }

    [Fact]
    public void A_smaller_socket_shrinks_the_window_but_never_below_what_was_promised()
    {
        var c = Conversation.Established(new ConnectionOptions { InitialReceiveWindowBytes = 10_000, MaxReceiveWindowBytes = 10_000 });
        c.Do((connection, _) => connection.LimitReceiveWindow(4_000));
        c.Do((connection, _) => connection.SuspendReading());
        c.Send(PacketBuilder.Data(new byte[1_000]));
        Assert.Equal(9_000u, c.Expect(PacketType.State).Window);
        c.Do((connection, now) => connection.ResumeReading(now));
        for (var i = 0; i < 6; i++)
            c.Send(PacketBuilder.Data(new byte[1_000]));
        Assert.Equal(4_000u, c.TakeSent()[^1].Window);
    }

    [Fact]
    public void At_most_500_packets_are_in_flight_toward_node_utp()
    {
        var c = Conversation.Connect(new ConnectionOptions
        {
            Compatibility = PeerCompatibility.NodeUtp,
            Pacing = false,
            CongestionControl = static () => new WideOpen(),
        });
        c.Send(PacketBuilder.State().Seq(Peer).Ack(Conversation.LocalSeq));
        c.TakeSent();
        c.Write(new byte[1_000_000]);
        Assert.Equal(500, c.TakeSent().Length);
    }

    [Theory]
    [InlineData(Capabilities.None, 900)]
    [InlineData(Capabilities.OwnPeer | Capabilities.LargeWindow, 2_543)]
    public void A_foreign_peer_gets_900_packets_at_most_and_ours_more(Capabilities capabilities, int packets)
    {
        var c = Conversation.Established(new ConnectionOptions { Pacing = false, CongestionControl = static () => new WideOpen() }, capabilities);
        c.PeerWindow = 10_000_000;
        c.Send(PacketBuilder.State().Ack(Seq - 1));
        c.Write(new byte[3_000_000]);
        Assert.Equal(packets, c.TakeSent().Length);
    }

    [Fact]
    public void Pacing_sends_a_burst_of_two_and_then_one_by_one()
    {
        var c = Conversation.Established();
        c.Write(new byte[11_800]);
        Assert.Equal(2, c.TakeSent().Length);
        var gap = c.AdvanceToDeadline();
        Assert.Single(c.TakeSent());
        Assert.InRange(gap, 100, 2_000);
        c.Advance(20_000);
        Assert.Equal(7, c.TakeSent().Length);
    }

    [Fact]
    public void A_keep_alive_repeats_an_old_ack_every_29_seconds()
    {
        var c = Conversation.Established();
        c.Advance(28_999_000).ExpectNothing();
        c.Advance(1_000);
        c.Expect(PacketType.State, ack: Peer - 2);
        c.ExpectNothing();
    }

    [Fact]
    public void An_idle_connection_ends_when_asked_to()
    {
        var c = Conversation.Established(new ConnectionOptions { IdleTimeoutMicros = 10_000_000 });
        c.Advance(5_000_000);
        c.Send(PacketBuilder.State().Ack(Seq - 1));
        c.Advance(9_999_999).ExpectNoEvent();
        c.Advance(1).ExpectClosed(CloseCause.IdleTimeout);
    }

    [Fact]
    public void With_delayed_acks_one_packet_waits_20_ms_and_a_second_does_not()
    {
        var c = Conversation.Established(new ConnectionOptions { DelayedAck = true });
        c.Send(PacketBuilder.Data("a")).ExpectNothing();
        Assert.Equal(20_000, c.AdvanceToDeadline());
        c.Expect(PacketType.State, ack: Peer);
        c.Send(PacketBuilder.Data("b")).ExpectNothing();
        c.Send(PacketBuilder.Data("c"));
        c.Expect(PacketType.State, ack: Peer + 2);
    }

    // A handler that pulls.
    private static void ReadOne(UtpConnection connection, Instant now)
    {
        connection.ResumeReading(now);
        Assert.True(connection.PollEvent(out var read));
        Assert.Equal((ConnectionEventKind.Received, 1_000), (read.Kind, read.Data.Length));
        connection.SuspendReading();
    }

    /// <summary>A law without limits: other limits show.</summary>
    private sealed class WideOpen : ICongestionControl
    {
        public string Name => "wide-open";
        public long WindowBytes => long.MaxValue;
        public long PacingBytesPerSecond => long.MaxValue;
        public bool InSlowStart => false;
        public void OnMaxPayload(int bytes) { }
        public void OnAck(in AckSample sample) { }
        public void OnLoss(in LossSample sample) { }
        public void OnTimeout(Instant now) { }
        public void OnSpuriousTimeout(Instant now) { }
        public void OnIdleRestart(long idleMicros, Instant now) { }
    }
}
