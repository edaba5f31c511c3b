using System.Net.Sockets;
using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class UnconfirmedTests(ITestOutputHelper output) : UtpSpec(output)
{
    [Fact]
    public void Spoofed_syns_are_told_to_no_handler_and_a_real_connection_behind_them_is()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor);
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        stranger.Connect(address);
        for (ushort id = 0; id < 100; id++)
            stranger.Send(Syn(id));
        AwaitAssert(() =>
        {
            listener.Tell(GetStatistics.Instance, TestActor);
            Assert.Equal(100, ExpectMsg<ListenerStatistics>().Connections);
        });

        var real = Open(address);
        Assert.Equal(LocalAddressOf(real), acceptor.ExpectMsg<Connected>().RemoteAddress);
        acceptor.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void Where_unconfirmed_connections_are_accepted_a_handler_hears_of_a_syn_at_once()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor, bind => bind with { Options = new UtpOptions { AcceptUnconfirmed = true } });
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        stranger.Connect(address);
        stranger.Send(Syn(7));
        Assert.Equal(stranger.LocalEndPoint, acceptor.ExpectMsg<Connected>().RemoteAddress);
    }

    private static System.Net.IPEndPoint LocalAddressOf(End end)
    {
        end.Tell(GetStatistics.Instance);
        return end.Handler.ExpectMsg<ConnectionStatistics>().LocalAddress;
    }

    private static byte[] Syn(ushort id)
    {
        var datagram = new byte[PacketHeader.Length];
        new PacketHeader(PacketType.Syn, 0, new ConnectionId(id), default, 0, 100_000, new SeqNr(1), default).Write(datagram);
        return datagram;
    }
}
