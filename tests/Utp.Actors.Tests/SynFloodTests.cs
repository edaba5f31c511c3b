using System.Net.Sockets;
using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class SynFloodTests(ITestOutputHelper output) : UtpSpec(output, "utp.limits.half-open = 8")
{
    [Theory]
    [InlineData(DeliveryMode.Bytes)]
    [InlineData(DeliveryMode.Objects)]
    [InlineData(DeliveryMode.Frames)]
    public void Connections_open_at_the_first_try_and_move_data_while_nothing_is_remembered_of_syns(DeliveryMode mode)
    {
        var acceptor = CreateTestProbe();
        var options = new UtpOptions { Delivery = mode };
        var (listener, address) = BindTo(acceptor, bind => bind with { Options = options });
        Flood(address, 200);
        for (var i = 0; i < 5; i++)
        {
            var client = Open(address, connect => connect with { Options = options, Timeout = TimeSpan.FromSeconds(30) });
            var metadata = mode == DeliveryMode.Bytes ? default : new ReadOnlyMemory<byte>([7]);
            client.Tell(new Write(Bytes(5_000)) { Metadata = metadata });
            acceptor.ExpectMsg<Connected>();
            var server = new End(acceptor.LastSender, CreateTestProbe());
            server.Tell(new Register(server.Handler.Ref));
            Assert.Equal(Bytes(5_000), server.ExpectBytes(5_000));
            server.Tell(new Write(Bytes(3_000, 2)));
            Assert.Equal(Bytes(3_000, 2), client.ExpectBytes(3_000));
        }

        listener.Tell(GetStatistics.Instance, TestActor);
        var statistics = ExpectMsg<ListenerStatistics>();
        Assert.InRange(statistics.Endpoint.SynStateless, 150, 300);
        Assert.InRange(statistics.Connections, 8, 13 + 1);
    }

    [Fact]
    public void Data_on_the_syn_that_nobody_remembers_arrives_once()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        Flood(address, 50);
        Open(address, connect => connect with { InitialData = Bytes(300) });
        acceptor.ExpectMsg<Connected>();
        var server = new End(acceptor.LastSender, CreateTestProbe());
        server.Tell(new Register(server.Handler.Ref));
        Assert.Equal(Bytes(300), server.ExpectBytes(300));
    }

    [Fact]
    public void A_foreign_initiator_is_accepted_by_its_first_data()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        Flood(address, 50);
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        peer.ReceiveTimeout = 10_000;
        peer.Connect(address);
        peer.Send(Packet(PacketType.Syn, 900, 1, 0));
        var datagram = new byte[100];
        Assert.Equal(PacketHeader.Length, peer.Receive(datagram));
        Assert.True(PacketHeader.TryParse(datagram, out var answer));
        acceptor.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        peer.Send([.. Packet(PacketType.Data, 901, 2, (ushort)(answer.SeqNr.Value - 1)), 65]);
        acceptor.ExpectMsg<Connected>();
        var server = new End(acceptor.LastSender, CreateTestProbe());
        server.Tell(new Register(server.Handler.Ref));
        Assert.Equal([65], server.ExpectBytes(1));
    }

    [Fact]
    public void The_limit_that_is_reached_is_logged_once_with_its_key()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        EventFilter.Warning(contains: "utp.limits.half-open").ExpectOne(() => Flood(address, 300));
    }

    private void Flood(System.Net.IPEndPoint address, int count)
    {
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        stranger.Connect(address);
        for (var i = 0; i < count; i++)
            stranger.Send(Packet(PacketType.Syn, (ushort)(i * 3), 1, 0));
    }

    private static byte[] Packet(PacketType type, ushort id, ushort seq, ushort ack)
    {
        var datagram = new byte[PacketHeader.Length];
        new PacketHeader(type, 0, new ConnectionId(id), default, 0, 100_000, new SeqNr(seq), new SeqNr(ack)).Write(datagram);
        return datagram;
    }
}
