using Xunit;

namespace Utp.Protocol.Tests.Sending;

public sealed class PacketWriterTests
{
    private readonly SendingRig _rig = new(peer: Capabilities.OwnPeer);

    private void Receive(int index, byte payload = 1)
    {
        var datagram = Wire.Packets.Bytes(Wire.Packets.Header(PacketType.Data, seqNr: SendingRig.FirstExpected + index), payload);
        _rig.Receiver.Take(new InboundPacket(Wire.Packets.Parse(datagram), datagram, _rig.Now), new PathFacts(1_000, 40_000), _rig.Now, out _);
    }

    private ParsedPacket State() => _rig.Written(buffer => _rig.Writer.WriteState(buffer, _rig.Now));

    [Fact]
    public void A_state_acknowledges_all_that_is_there_and_carries_the_acknowledgement_that_was_due()
    {
        Receive(0);
        Assert.True(_rig.Ack.IsDue);

        var state = State();

        Assert.Equal(new SeqNr(SendingRig.FirstExpected), state.Header.AckNr);
        Assert.Equal(SendingRig.Seq(0), state.Header.SeqNr);
        Assert.True(_rig.Writer.CarriesAck);
        Assert.False(_rig.Ack.IsDue);
        Assert.Equal(_rig.Now, _rig.Writer.LastStateSent);
    }

    [Fact]
    public void What_waits_beyond_a_gap_is_named()
    {
        Receive(2);

        var state = State();

        Assert.Equal(4, state.SelectiveAckLength);
        Assert.Equal(new SeqNr(SendingRig.FirstExpected - 1), state.Header.AckNr);
    }

    [Fact]
    public void Toward_the_npm_utp_nothing_stands_behind_the_header()
    {
        var rig = new SendingRig(ConnectionOptions.Default with { Compatibility = PeerCompatibility.NodeUtp }, Capabilities.None);
        var datagram = Wire.Packets.Bytes(Wire.Packets.Header(PacketType.Data, seqNr: SendingRig.FirstExpected + 2), 1);
        rig.Receiver.Take(new InboundPacket(Wire.Packets.Parse(datagram), datagram, rig.Now), new PathFacts(1_000, 40_000), rig.Now, out _);

        Assert.False(rig.Written(buffer => rig.Writer.WriteState(buffer, rig.Now)).HasExtensions);
    }

    [Fact]
    public void A_keep_alive_repeats_an_old_ack_and_becomes_a_question_when_nobody_was_heard()
    {
        var keepAlive = _rig.Written(buffer => _rig.Writer.WriteKeepAlive(buffer, _rig.Now));
        Assert.Equal(PacketType.State, keepAlive.Header.Type);
        Assert.Equal(new SeqNr(SendingRig.FirstExpected - 2), keepAlive.Header.AckNr);

        _rig.Now = _rig.Now.Plus(2 * _rig.Options.KeepAliveMicros);
        var question = _rig.Written(buffer => _rig.Writer.WriteKeepAlive(buffer, _rig.Now));
        Assert.Equal(PacketType.Data, question.Header.Type);
        Assert.Equal(SendingRig.Seq(-512), question.Header.SeqNr);
    }

    [Fact]
    public void The_reset_names_the_last_number_we_know_of_and_the_reason_stands_behind_a_selective_ack()
    {
        Receive(3);
        _rig.Notice.OnClose(77);

        var reset = _rig.Written(buffer => _rig.Writer.WriteReset(buffer, _rig.Now));

        Assert.Equal(PacketType.Reset, reset.Header.Type);
        Assert.Equal(new SeqNr(SendingRig.FirstExpected + 3), reset.Header.AckNr);
        Assert.Equal(77, reset.PeerCloseReason);
        Assert.Equal(ExtensionType.SelectiveAck, reset.Header.Extension);
        Assert.Equal(0u, reset.Header.WndSize);
    }

    [Fact]
    public void To_our_own_peer_every_state_says_that_something_is_not_read()
    {
        _rig.Receiver.RefuseFromNowOn();

        var state = State();

        Assert.True(state.IsNotRead);
        Assert.Equal(CloseCodes.NotRead, state.PeerCloseReason);
    }

    [Fact]
    public void A_probe_of_the_path_to_our_own_peer_is_padded_to_its_size()
    {
        _rig.Send(1);
        _rig.Mtu.OnCut(ref _rig.Packets[SendingRig.Seq(0)], 1_020, probeBytes: 1_400);
        var length = 0;

        var packet = _rig.Written(buffer =>
        {
            var transmit = _rig.Writer.WriteData(SendingRig.Seq(0), buffer, _rig.Now, out _);
            length = transmit.Length;
            Assert.True(transmit.DontFragment);
            return transmit;
        });

        Assert.Equal(SendingRig.PayloadBytes, packet.PayloadLength);
        Assert.InRange(length, 1_399, 1_400);
    }
}
