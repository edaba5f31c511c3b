using System.Net.Sockets;
using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

/// <summary>A limit that is reached is named once a minute, however often it is met: a stranger fills no disk.</summary>
public sealed class LimitLogTests(ITestOutputHelper output)
    : UtpSpec(output, "utp.limits.resets-per-second = 1\nutp.unread-memory = 1MiB\nutp.reorder-memory = 1MiB\nutp.limits.connections-per-address = 2")
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static UtpOptions WideWindow => new() { InitialReceiveWindowBytes = 4 << 20, MaxReceiveWindowBytes = 4 << 20 };

    [Fact]
    public void Packets_of_unknown_connections_that_are_not_answered()
    {
        var (_, address) = BindTo(CreateTestProbe());
        EventFilter.Warning(contains: "utp.limits.resets-per-second").ExpectOne(Patience, () =>
        {
            using var stranger = Open(address);
            for (var i = 0; i < 100; i++)
                stranger.Send(Packet(PacketType.Data, (ushort)(i * 3), 1, 0));
        });
    }

    [Fact]
    public void Data_that_nobody_reads()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor, static bind => bind with { Options = WideWindow });
        EventFilter.Warning(contains: "utp.unread-memory").ExpectOne(Patience, () =>
        {
            var client = OpenConnection(address);
            acceptor.ExpectMsg<Connected>();
            acceptor.LastSender.Tell(SuspendReading.Instance);
            acceptor.LastSender.Tell(new Register(CreateTestProbe().Ref));
            for (var i = 0; i < 4; i++)
                client.Tell(new Write(Bytes(1 << 20)));
        });
    }

    [Fact]
    public void Packets_that_are_far_ahead()
    {
        var (_, address) = BindTo(CreateTestProbe(), static bind => bind with { Options = WideWindow });
        EventFilter.Warning(contains: "utp.reorder-memory").ExpectOne(Patience, () =>
        {
            using var peer = Open(address);
            peer.Send(Packet(PacketType.Syn, 900, 1, 0));
            var datagram = new byte[100];
            peer.Receive(datagram);
            Assert.True(PacketHeader.TryParse(datagram, out var answer));
            var ack = answer.SeqNr.Previous.Value;
            peer.Send(Packet(PacketType.State, 901, 2, ack));

            // More than half of the memory; some may be lost on the way.
            for (ushort seq = 3; seq < 1_503; seq++)
                peer.Send([.. Packet(PacketType.Data, 901, seq, ack), .. new byte[1_000]]);
        });
    }

    [Fact]
    public void Connections_of_one_address()
    {
        var (_, address) = BindTo(CreateTestProbe());
        EventFilter.Warning(contains: "utp.limits.connections-per-address").ExpectOne(Patience, () =>
        {
            using var stranger = Open(address);
            for (var i = 0; i < 50; i++)
                stranger.Send(Packet(PacketType.Syn, (ushort)(i * 3), 1, 0));
        });
    }

    private static Socket Open(System.Net.IPEndPoint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        socket.Connect(address);
        return socket;
    }

    private End OpenConnection(System.Net.IPEndPoint address) => base.Open(address, connect => connect);

    private static byte[] Packet(PacketType type, ushort id, ushort seq, ushort ack)
    {
        var datagram = new byte[PacketHeader.Length];
        new PacketHeader(type, 0, new ConnectionId(id), default, 0, 100_000, new SeqNr(seq), new SeqNr(ack)).Write(datagram);
        return datagram;
    }
}
