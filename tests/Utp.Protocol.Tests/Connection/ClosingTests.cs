using Utp.Protocol.Tests.Sending;
using Utp.Protocol.Tests.Wire;
using Xunit;

namespace Utp.Protocol.Tests.Connection;

/// <summary>How both directions end, and what the user hears: without a network and without packets but those that end something.</summary>
public sealed class ClosingTests
{
    private readonly SendingRig _rig;
    private readonly UserEvents _events;
    private readonly Closing _closing;

    public ClosingTests()
        : this(Capabilities.OwnPeer)
    {
    }

    private ClosingTests(Capabilities peer)
    {
        _rig = new SendingRig(peer: peer);
        _events = new UserEvents(_rig.Receiver, _rig.Data, _rig.SendBuffer, _rig.Mtu);
        _closing = new Closing(
            _rig.Options, _rig.Life, _rig.Peer, _rig.Tags, _rig.Handshake, _rig.Receiver, _rig.Data, _rig.Ack, _rig.Packets, _rig.SendBuffer, _rig.End, _rig.Horizon, _rig.Rtt,
            _rig.Sender, _rig.Notice, _rig.Refusals, _events, _rig.Timers);
        _events.OnConnected();
        Assert.Equal(ConnectionEventKind.Connected, Next()!.Value.Kind);
    }

    private ConnectionEvent? Next() =>
        _events.TryTake(_closing.PeerCode, _closing.IsReadToTheEnd, 0, _rig.Now, out var next) ? next : null;

    private void ReceiveFin()
    {
        var datagram = Packets.Bytes(Packets.Header(PacketType.Fin, seqNr: _rig.Receiver.Expected.Value));
        _rig.Receiver.Take(new InboundPacket(Packets.Parse(datagram), datagram, _rig.Now), new PathFacts(1_000, 40_000), _rig.Now, out var news);
        if ((news & ReceiverNews.FinReached) != 0)
            _closing.OnPeerFin(_rig.Now);
    }

    private void ReceiveData()
    {
        var datagram = Packets.Bytes(Packets.Header(PacketType.Data, seqNr: _rig.Receiver.Expected.Value), 1);
        _rig.Receiver.Take(new InboundPacket(Packets.Parse(datagram), datagram, _rig.Now), new PathFacts(1_000, 40_000), _rig.Now, out _);
    }

    private void AcknowledgeFin()
    {
        Assert.NotEmpty(_rig.PollAll());
        _rig.Acknowledge(_rig.Packets.Count);
        _closing.OnFinAcked(_rig.Now);
    }

    private ReceiveVerdict Reset(SeqNr ackNr, int? seqNr = null)
    {
        var datagram = Packets.Bytes(Packets.Header(PacketType.Reset, ackNr: ackNr.Value, seqNr: seqNr ?? 1));
        return _closing.OnReset(new InboundPacket(Packets.Parse(datagram), datagram, _rig.Now), _rig.Now);
    }

    [Fact]
    public void Close_ends_when_our_fin_is_acknowledged_and_answers_late_packets_for_a_while()
    {
        _closing.Close(null, _rig.Now);
        Assert.Null(Next());

        AcknowledgeFin();

        Assert.Equal(CloseCause.Closed, Next()!.Value.Reason.Cause);
        Assert.Equal(ConnectionState.TimeWait, _rig.Life.State);
        Assert.True(_rig.Timers.IsArmed(TimerKind.TimeWait));
        _closing.OnTimeWaitTimer(_rig.Now);
        Assert.Equal(ConnectionState.Closed, _rig.Life.State);
    }

    [Fact]
    public void Half_closed_it_waits_for_the_peers_end()
    {
        _closing.CloseWrite(null, _rig.Now);
        AcknowledgeFin();
        Assert.Equal(ConnectionState.FinSent, _rig.Life.State);

        ReceiveFin();

        Assert.Equal(ConnectionEventKind.PeerFinished, Next()!.Value.Kind);
        Assert.Equal(CloseCause.ConfirmedClosed, Next()!.Value.Reason.Cause);
        Assert.Equal(ConnectionState.TimeWait, _rig.Life.State);
    }

    [Fact]
    public void Who_closes_second_is_done_at_once()
    {
        ReceiveFin();
        _closing.CloseWrite(null, _rig.Now);
        Assert.Contains(_rig.Poll(hasPeersFin: true)!.Value.Header.Type, new[] { PacketType.Fin });
        _rig.Acknowledge(1);

        _closing.OnFinAcked(_rig.Now);

        Assert.Equal(ConnectionState.Closed, _rig.Life.State);
    }

    [Fact]
    public void What_is_left_unread_is_told_by_a_reset_behind_what_we_wrote()
    {
        ReceiveData();
        _closing.Close(3, _rig.Now);
        Assert.True(_rig.Receiver.LeavesUnread);
        Assert.False(_closing.IsResetDue);

        AcknowledgeFin();

        Assert.True(_closing.IsResetDue);
        Assert.Equal((ushort?)3, _rig.Notice.Code);
        Assert.Equal(ConnectionState.Reset, _rig.Life.State);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, true)]
    [InlineData(-2, false)]
    public void A_reset_counts_when_it_names_our_last_packet_or_the_next(int fromNext, bool counts)
    {
        _rig.Send(3);

        Reset(_rig.Packets.NextSeqNr.Plus(fromNext));

        Assert.Equal(counts, _rig.Life.IsOver);
        if (counts)
            Assert.Equal(CloseCause.Reset, Next()!.Value.Reason.Cause);
        else
            Assert.True(_rig.Ack.IsDue);
    }

    [Fact]
    public void Our_own_peer_may_prove_its_reset_by_its_own_next_number()
    {
        _rig.Send(3);

        Assert.Equal(ReceiveVerdict.Accepted, Reset(_rig.Packets.LeftEdge, seqNr: SendingRig.FirstExpected));

        Assert.True(_rig.Life.IsOver);
    }

    [Fact]
    public void A_reset_when_only_our_fin_is_open_is_a_normal_close()
    {
        ReceiveFin();
        _closing.CloseWrite(null, _rig.Now);
        _rig.PollAll();

        Reset(_rig.Packets.NextSeqNr);

        Assert.Equal(ConnectionState.TimeWait, _rig.Life.State);
    }

    [Fact]
    public void A_failure_tells_the_peer_later_if_the_socket_takes_nothing_now()
    {
        _rig.Refusals.OnUnsent(new PolledDatagram(PolledKind.State, default, 20, DontFragment: true, CarriesAck: false, 0), _rig.Now);
        var until = _rig.Timers[TimerKind.Blocked];

        _closing.Abort(null, _rig.Now);

        Assert.True(_closing.IsResetDue);
        Assert.Equal(until, _rig.Timers[TimerKind.Blocked]);
        Assert.Equal(until, _rig.Timers.Next);
    }

    [Fact]
    public void When_the_peer_reads_no_more_our_writes_fail_and_reading_goes_on()
    {
        _rig.Write(100);
        var datagram = Packets.Bytes(
            Packets.Header(PacketType.State, seqNr: SendingRig.FirstExpected, extension: ExtensionType.CloseReason), 0, 4, CloseNotice.NotReadFlag, 0, 0, 7);

        _closing.OnNotRead(Packets.Parse(datagram), _rig.Now);

        var failed = Next()!.Value;
        Assert.Equal((ConnectionEventKind.WritesFailed, (ushort?)7), (failed.Kind, failed.Reason.PeerCode));
        Assert.True(_rig.End.IsUnheard);
        Assert.False(_rig.Life.IsOver);
        Assert.False(_rig.SendBuffer.HasUnsent);
    }
}
