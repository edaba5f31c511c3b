using System.Net;
using System.Net.Sockets;
using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class IcmpTests(ITestOutputHelper output) : UtpSpec(output)
{
    // The kernel quotes what it refuses on loopback as any host does.
    [Fact]
    public void A_peer_whose_process_is_gone_is_noticed_with_the_next_packet()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        using (var peer = new RawPeer(address))
            peer.Connect();
        acceptor.ExpectMsg<Connected>();
        var connection = acceptor.LastSender;
        connection.Tell(new Register(acceptor.Ref), acceptor.Ref);
        connection.Tell(new Write("is anybody there?"u8.ToArray()), acceptor.Ref);
        acceptor.ExpectMsg<CommandFailed>();
        Assert.Equal(CloseCause.Reset, acceptor.ExpectMsg<ErrorClosed>().Reason.Cause);
    }

    /// <summary>A foreign initiator by hand.</summary>
    private sealed class RawPeer : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        public RawPeer(IPEndPoint address)
        {
            _socket.ReceiveTimeout = 60_000;
            _socket.Connect(address);
        }

        public void Connect()
        {
            var datagram = new byte[100];
            Header(PacketType.Syn, 77, seq: 1, ack: 0).Write(datagram);
            _socket.Send(datagram.AsSpan(0, PacketHeader.Length));
            _socket.Receive(datagram);
            Assert.True(PacketHeader.TryParse(datagram, out var answer));
            Header(PacketType.State, 78, seq: 2, ack: (ushort)(answer.SeqNr.Value - 1)).Write(datagram);
            _socket.Send(datagram.AsSpan(0, PacketHeader.Length));
        }

        public void Dispose() => _socket.Dispose();

        private static PacketHeader Header(PacketType type, ushort id, ushort seq, ushort ack) =>
            new(type, 0, new ConnectionId(id), default, 0, 100_000, new SeqNr(seq), new SeqNr(ack));
    }
}
