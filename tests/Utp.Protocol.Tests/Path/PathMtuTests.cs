using Utp.Protocol.Tests.Congestion;
using Xunit;

namespace Utp.Protocol.Tests;

/// <summary>What the fate of packets says about size, without packets: the component that the sender and the loss recovery tell.</summary>
public sealed class PathMtuTests
{
    private const int Start = 1_200, Ceiling = 1_472;
    private static readonly Instant Now = new(1_000_000);

    private readonly RecordingLaw _law = new();
    private readonly PeerTraits _peer;
    private readonly PathMtu _mtu;

    public PathMtuTests()
    {
        var options = ConnectionOptions.Default with { MaxDatagramBytes = Start, MtuCeilingBytes = Ceiling, MtuForeignCeilingBytes = 1_400 };
        _peer = new PeerTraits(options);
        _mtu = new PathMtu(options, _law, _peer);
    }

    private OutstandingPacket Probe(int bytes)
    {
        var packet = new OutstandingPacket { Transmissions = 1, Payload = new PayloadRange(0, 0, 1_000, 0), LastSent = Now };
        _mtu.OnCut(ref packet, 1_020, bytes);
        return packet;
    }

    [Fact]
    public void A_probe_that_arrives_is_the_new_size_and_the_law_hears_of_it()
    {
        _peer.OnShown(Capabilities.OwnPeer);
        Assert.Equal(Start - PacketHeader.Length, _law.MaxPayload);
        var size = _mtu.NextProbe(Now);
        Assert.Equal(Ceiling, size);

        _mtu.OnArrived(Probe(size));

        Assert.Equal(Ceiling, _mtu.MaxDatagramBytes);
        Assert.Equal(Ceiling - PacketHeader.Length, _law.MaxPayload);
    }

    [Fact]
    public void A_foreign_peer_is_trusted_with_less()
    {
        Assert.Equal(1_400, _mtu.NextProbe(Now));
    }

    [Fact]
    public void A_lost_probe_is_a_packet_like_any_other_afterwards_and_the_size_stays()
    {
        _peer.OnShown(Capabilities.OwnPeer);
        var probe = Probe(_mtu.NextProbe(Now));

        _mtu.OnLost(ref probe, peerWindow: 100_000, consecutiveTimeouts: 0, Now);

        Assert.False(probe.IsMtuProbe);
        Assert.Equal(Start, probe.DatagramBytes);
        Assert.Equal(Start, _mtu.MaxDatagramBytes);
        Assert.Equal(Ceiling, _mtu.NextProbe(Now));
    }

    [Fact]
    public void A_probe_that_was_sent_again_without_padding_proves_nothing()
    {
        _peer.OnShown(Capabilities.OwnPeer);
        var probe = Probe(_mtu.NextProbe(Now));
        probe.Transmissions = 2;

        _mtu.OnArrived(probe);

        Assert.Equal(Start, _mtu.MaxDatagramBytes);
    }

    [Fact]
    public void What_finds_no_room_at_the_peer_is_not_lost_by_its_size()
    {
        var packet = new OutstandingPacket { Transmissions = 1, DatagramBytes = Start, Payload = new PayloadRange(0, 0, 1_000, 0), LastSent = Now };

        _mtu.OnLost(ref packet, peerWindow: 999, consecutiveTimeouts: 1, Now);
        Assert.Equal(Start, _mtu.MaxDatagramBytes);

        _mtu.OnLost(ref packet, peerWindow: 1_000, consecutiveTimeouts: 1, Now);
        Assert.Equal(MtuSearch.Smallest, _mtu.MaxDatagramBytes);
        Assert.Equal(MtuSearch.Smallest - PacketHeader.Length, _law.MaxPayload);
    }

    [Fact]
    public void A_suggestion_counts_once_the_peer_is_known_and_as_far_as_it_is_trusted()
    {
        _mtu.Suggest(new PathSize(1_450, 1_460), useNow: false);
        Assert.Equal(Start, _mtu.MaxDatagramBytes);

        _mtu.UseSuggestion();

        Assert.Equal(1_400, _mtu.MaxDatagramBytes);
        Assert.Equal(1_400 - PacketHeader.Length, _law.MaxPayload);
    }

    [Fact]
    public void Pieces_of_a_packet_are_remembered_by_the_largest_of_them()
    {
        var packet = new OutstandingPacket { DatagramBytes = 1_472 };
        PathMtu.OnPiece(ref packet, offset: 0, datagramBytes: 548);
        PathMtu.OnPiece(ref packet, offset: 500, datagramBytes: 300);

        Assert.Equal(548, packet.DatagramBytes);
    }
}
