using Utp.Protocol.Tests.Sending;
using Utp.Protocol.Tests.Wire;
using Xunit;

namespace Utp.Protocol.Tests.Connection;

/// <summary>What is believed of ICMP: only what quotes a packet of ours that is on its way.</summary>
public sealed class PathReportsTests
{
    private readonly SendingRig _rig = new();
    private readonly PathReports _reports;

    public PathReportsTests()
    {
        var events = new UserEvents(_rig.Receiver, _rig.Data, _rig.SendBuffer, _rig.Mtu);
        var closing = new Closing(
            _rig.Options, _rig.Life, _rig.Peer, _rig.Tags, _rig.Handshake, _rig.Receiver, _rig.Data, _rig.Ack, _rig.Packets, _rig.SendBuffer, _rig.End, _rig.Horizon, _rig.Rtt,
            _rig.Sender, _rig.Notice, _rig.Refusals, events, _rig.Timers);
        _reports = new PathReports(_rig.Life, _rig.Handshake, _rig.Packets, _rig.Mtu, _rig.Losses, _rig.Writer, default, closing);
        _rig.Send(2, gapMicros: 1_000);
    }

    private byte[] Quote(int index, long stampOffset = 0, int idOffset = 0)
    {
        var packet = _rig.Packets[SendingRig.Seq(index)];
        return Packets.Bytes(new PacketHeader(
            PacketType.Data, 0, new ConnectionId((ushort)(_rig.Handshake.SendId.Value + idOffset)), WireTimestamp.From(packet.LastSent.Plus(stampOffset)), 0, 0,
            SendingRig.Seq(index), default));
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(1, 0, false)]
    [InlineData(0, 1, false)]
    public void A_closed_port_ends_the_connection_when_it_quotes_id_number_and_stamp(long stampOffset, int idOffset, bool ends)
    {
        _reports.OnIcmp(PathError.Refused, Quote(0, stampOffset, idOffset), _rig.Now);

        Assert.Equal(ends, _rig.Life.IsOver);
    }

    [Fact]
    public void What_is_acknowledged_proves_nothing()
    {
        var quote = Quote(0);
        _rig.Now = _rig.Now.Plus(1);
        _rig.Acknowledge(1);

        _reports.OnIcmp(PathError.Refused, quote, _rig.Now);

        Assert.False(_rig.Life.IsOver);
    }

    [Fact]
    public void A_smaller_path_is_believed_and_what_left_since_goes_again()
    {
        _rig.Packets[SendingRig.Seq(0)].DatagramBytes = 1_200;
        _rig.Packets[SendingRig.Seq(1)].DatagramBytes = 1_200;

        _reports.OnPacketTooBig(1_000, Quote(0), _rig.Now);

        Assert.Equal(1_000, _rig.Mtu.MaxDatagramBytes);
        Assert.True(_rig.Packets[SendingRig.Seq(1)].Queued);
    }

    [Fact]
    public void What_is_said_to_pass_and_is_no_smaller_than_the_quoted_packet_is_nonsense()
    {
        _rig.Packets[SendingRig.Seq(0)].DatagramBytes = 900;

        _reports.OnPacketTooBig(900, Quote(0), _rig.Now);

        Assert.False(_rig.Packets.HasQueued);
    }

    [Fact]
    public void Our_own_system_is_believed_about_the_first_hop_without_a_quote()
    {
        _reports.OnOwnSystem(PathError.TooLarge, 700, _rig.Now);
        Assert.Equal(700, _rig.Mtu.MaxDatagramBytes);

        _reports.OnOwnSystem(PathError.Refused, 0, _rig.Now);
        Assert.False(_rig.Life.IsOver);
    }
}
