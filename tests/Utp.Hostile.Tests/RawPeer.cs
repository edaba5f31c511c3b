using System.Net;
using System.Net.Sockets;
using Utp.Protocol;

namespace Utp.Hostile.Tests;

/// <summary>A peer made by hand on a UDP socket of its own, which says what it likes, and hears nothing once it is connected.</summary>
internal sealed class RawPeer : IDisposable
{
    /// <summary>The seq_nr of its first packet behind the ST_SYN.</summary>
    public const ushort FirstSeqNr = 2;

    private const ushort SynId = 700;
    private readonly Socket _socket;
    private SeqNr _ackNr;

    private RawPeer(Socket socket) => _socket = socket;

    /// <summary>Connects, and confirms its address.</summary>
    /// <param name="from">An address of this machine.</param>
    /// <param name="victim">Who listens.</param>
    /// <param name="capabilities">None: a foreign peer.</param>
    public static async Task<RawPeer> ConnectAsync(IPAddress from, IPEndPoint victim, Capabilities capabilities = Capabilities.None)
    {
        var peer = new RawPeer(Open(from, victim));
        var syn = Syn(SynId, capabilities);
        var answer = new byte[2_048];

        // Sent again until it is answered: it may be lost on a busy machine.
        for (var tries = 0; ; tries++)
        {
            await peer._socket.SendAsync(syn);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            try
            {
                var bytes = await peer._socket.ReceiveAsync(answer, patience.Token);
                Assert.True(PacketHeader.TryParse(answer.AsSpan(0, bytes), out var header));
                peer._ackNr = header.SeqNr.Previous;
                break;
            }
            catch (OperationCanceledException) when (tries < 30)
            {
                // Once more.
            }
        }

        peer.Send(PacketType.State, FirstSeqNr, default, []);
        return peer;
    }

    /// <summary>A socket from which ST_SYNs leave.</summary>
    public static Socket Open(IPAddress from, IPEndPoint victim)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(from, 0));
        socket.Connect(victim);
        return socket;
    }

    /// <summary>A ST_SYN.</summary>
    public static byte[] Syn(ushort id, Capabilities capabilities = Capabilities.None)
    {
        var isOwn = capabilities != Capabilities.None;
        var datagram = new byte[PacketHeader.Length + (isOwn ? 2 + CapabilitiesExtension.Length : 0)];
        new PacketHeader(
            PacketType.Syn, isOwn ? ExtensionType.CapabilitiesOrMetadata : ExtensionType.None, new ConnectionId(id), new WireTimestamp(1), 0, 1 << 20, new SeqNr(FirstSeqNr - 1), default).Write(datagram);
        if (isOwn)
        {
            datagram[PacketHeader.Length + 1] = CapabilitiesExtension.Length;
            CapabilitiesExtension.Write(datagram.AsSpan(PacketHeader.Length + 2), capabilities);
        }

        return datagram;
    }

    /// <summary>Sends a packet whose ids and ack_nr are right.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="seqNr">Its seq_nr.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="extension2">Metadata, or the header of a frame; empty: none.</param>
    public void Send(PacketType type, ushort seqNr, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> extension2)
    {
        var extension = extension2.IsEmpty ? 0 : 2 + extension2.Length;
        var datagram = new byte[PacketHeader.Length + extension + payload.Length];
        new PacketHeader(
            type, extension2.IsEmpty ? ExtensionType.None : ExtensionType.CapabilitiesOrMetadata, new ConnectionId(SynId + 1), new WireTimestamp(2), 0, 1 << 20, new SeqNr(seqNr), _ackNr).Write(datagram);
        if (!extension2.IsEmpty)
        {
            datagram[PacketHeader.Length + 1] = (byte)extension2.Length;
            extension2.CopyTo(datagram.AsSpan(PacketHeader.Length + 2));
        }

        payload.CopyTo(datagram.AsSpan(PacketHeader.Length + extension));
        _socket.Send(datagram);
    }

    public void Dispose() => _socket.Dispose();
}
