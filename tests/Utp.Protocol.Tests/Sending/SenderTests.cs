using Xunit;

namespace Utp.Protocol.Tests.Sending;

public sealed class SenderTests
{
    private const long Rtt = 40_000;

    // Without a search for the path's size: a packet is a packet.
    private static readonly ConnectionOptions Options = ConnectionOptions.Default with { MaxDatagramBytes = 1_020, MtuCeilingBytes = 0 };

    private readonly SendingRig _rig = new(Options);

    [Fact]
    public void A_write_leaves_in_full_packets_and_a_rest()
    {
        _rig.Write(2_500);

        Assert.Equal([1_000, 1_000, 500], _rig.PollAll().Select(static packet => (int)packet.PayloadLength));
        Assert.Equal(2_500, _rig.Sender.BytesSent);
        Assert.True(_rig.Timers.IsArmed(TimerKind.Retransmission));
    }

    [Fact]
    public void The_congestion_window_holds_what_is_beyond_it_and_is_told_so()
    {
        _rig.Law.WindowBytes = 2_000;
        _rig.Write(5_000);

        Assert.Equal(2, _rig.PollAll().Count);
        Assert.True(_rig.Sender.TakeWindowLimited());
        Assert.False(_rig.Sender.TakeWindowLimited());
    }

    [Fact]
    public void The_peers_window_holds_new_data_but_not_what_goes_again()
    {
        _rig.PeerWindow.Begin(2_000, default);
        _rig.Write(5_000);
        Assert.Equal(2, _rig.PollAll().Count);
        Assert.False(_rig.Sender.TakeWindowLimited());

        _rig.Losses.MarkLost(SendingRig.Seq(0), LossCause.Timeout, 0, _rig.Now);
        Assert.Single(_rig.PollAll());
        Assert.Equal(1, _rig.Sender.Retransmissions);
    }

    [Fact]
    public void The_pace_holds_a_packet_until_its_time()
    {
        _rig.Law.PacingBytesPerSecond = 1_000_000;
        _rig.Write(5_000);
        Assert.Equal(2, _rig.PollAll().Count);
        var when = _rig.Timers[TimerKind.Pacing];
        Assert.Equal(1_000, when.Since(_rig.Now));

        _rig.Now = when;
        Assert.Single(_rig.PollAll());
    }

    [Fact]
    public void The_first_retransmission_of_a_loss_waits_for_nothing()
    {
        _rig.Write(2_000);
        _rig.PollAll();
        _rig.Losses.MarkLost(SendingRig.Seq(0), LossCause.Timeout, 0, _rig.Now);
        _rig.Law.WindowBytes = 10;
        Assert.Empty(_rig.PollAll());

        _rig.Losses.SendNow();

        Assert.Single(_rig.PollAll());
        Assert.False(_rig.Losses.MustSendNow);
    }

    [Fact]
    public void After_a_time_out_nothing_new_leaves_until_it_is_decided()
    {
        _rig.Write(1_000);
        _rig.PollAll();
        _rig.Retransmission.OnTimer(isBlocked: false, isFinLast: false, lastHeard: default, _rig.Now);
        _rig.Write(100);

        var packet = Assert.Single(_rig.PollAll());
        Assert.Equal(SendingRig.Seq(0), packet.Header.SeqNr);
        _rig.Now = _rig.Now.Plus(Rtt);
        _rig.Acknowledge(1);
        Assert.Single(_rig.PollAll());
    }

    [Fact]
    public void A_closed_window_is_asked_with_an_empty_packet_when_its_time_has_come()
    {
        _rig.PeerWindow.Begin(0, default);
        _rig.Write(1_000);
        Assert.Empty(_rig.PollAll());
        Assert.True(_rig.Timers.IsArmed(TimerKind.Persist));
        _rig.PeerWindow.OnTimer(_rig.Mtu.MaxPayload, nothingOutstanding: true);

        var probe = Assert.Single(_rig.PollAll());

        Assert.Equal(0, probe.PayloadLength);
        Assert.Equal(PacketType.Data, probe.Header.Type);
    }

    [Fact]
    public void The_fin_follows_the_last_data_once()
    {
        _rig.Write(1_500);
        _rig.End.Request();

        Assert.Equal([PacketType.Data, PacketType.Data, PacketType.Fin], _rig.PollAll().Select(static packet => packet.Header.Type));
        Assert.Equal(ConnectionState.FinSent, _rig.Life.State);
        Assert.True(_rig.End.IsSent);
    }

    [Fact]
    public void A_fin_that_would_be_the_first_packet_to_a_silent_foreign_acceptor_follows_an_empty_one()
    {
        var rig = new SendingRig(Options, Capabilities.None);
        rig.End.Request();

        Assert.Equal([PacketType.Data, PacketType.Fin], rig.PollAll().Select(static packet => packet.Header.Type));
    }

    [Fact]
    public void A_fin_in_whose_place_a_reset_is_sent_does_not_leave()
    {
        _rig.End.Request();

        Assert.Null(_rig.Poll(isFinWithheld: true));
    }

    [Fact]
    public void What_the_socket_did_not_take_waits_with_a_timer_and_is_no_retransmission()
    {
        _rig.Write(1_000);
        _rig.PollAll();
        Assert.True(_rig.Refusals.TryTakeBack(out var datagram));
        _rig.Timers.Stop(TimerKind.Retransmission);

        Assert.Equal(1_000, _rig.Sender.TakeBack(datagram, _rig.Now));

        Assert.True(_rig.Timers.IsArmed(TimerKind.Retransmission));
        Assert.Single(_rig.PollAll());
        Assert.Equal(0, _rig.Sender.Retransmissions);
    }

    [Fact]
    public void What_was_cut_for_a_larger_path_leaves_in_pieces_that_make_the_same_packet()
    {
        var rig = new SendingRig(Options, Capabilities.OwnPeer | Capabilities.PacketPieces);
        rig.Write(1_000);
        rig.PollAll();
        rig.Mtu.OnTooLarge(MtuSearch.Smallest, rig.Now);
        rig.Losses.OnTooLarge(0, rig.Now);

        var pieces = rig.PollAll();

        Assert.Equal(2, pieces.Count);
        Assert.All(pieces, static piece => Assert.True(piece.HasPiece));
        Assert.All(pieces, static piece => Assert.Equal(SendingRig.Seq(0), piece.Header.SeqNr));
        Assert.Equal(1_000, pieces.Sum(static piece => piece.PayloadLength));
        Assert.Equal(1_000, pieces[1].Piece.Offset + pieces[1].PayloadLength);
    }

    [Fact]
    public void An_undersized_packet_waits_for_the_last_one_when_that_was_asked_for()
    {
        var rig = new SendingRig(Options with { CoalesceSmallWrites = true });
        rig.Write(10);
        Assert.Single(rig.PollAll());
        rig.Write(10);
        Assert.Empty(rig.PollAll());

        rig.Now = rig.Now.Plus(Rtt);
        rig.Acknowledge(1);
        Assert.Single(rig.PollAll());
    }

    [Fact]
    public void The_law_hears_of_a_start_after_an_idle_time()
    {
        _rig.Write(10);
        _rig.PollAll();
        _rig.Now = _rig.Now.Plus(Rtt);
        _rig.Acknowledge(1);
        _rig.Now = _rig.Now.Plus(5_000_000);
        _rig.Write(10);
        _rig.PollAll();

        Assert.Equal(5_000_000 + Rtt, Assert.Single(_rig.Law.IdleRestarts));
    }

    [Fact]
    public void Stopped_it_forgets_everything_and_no_timer_of_it_runs()
    {
        _rig.Write(5_000);
        _rig.Poll();

        _rig.Sender.Stop();

        Assert.Empty(_rig.PollAll());
        Assert.Equal(0, _rig.SendBuffer.BufferedBytes);
        Assert.All(
            [TimerKind.Retransmission, TimerKind.Reordering, TimerKind.TailProbe, TimerKind.Persist, TimerKind.Pacing],
            kind => Assert.False(_rig.Timers.IsArmed(kind)));
    }
}
