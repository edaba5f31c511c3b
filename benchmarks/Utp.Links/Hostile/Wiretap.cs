using System.Buffers.Binary;
using System.Net.Sockets;
using Utp.Protocol;

namespace Utp.Links.Hostile;

/// <summary>
/// Hears what the victim sends to this host (raw(7) gets a copy of each datagram): so a test can forge with everything known that is not secret. Reads on a thread of its own.
/// </summary>
internal sealed class Wiretap : IDisposable
{
    private readonly Socket _socket;
    private readonly Host _victim;
    private volatile Seen? _last;

    private Wiretap(Host victim)
    {
        _victim = victim;
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Udp);
        _socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Any, 0));
        new Thread(Run) { IsBackground = true, Name = "wiretap" }.Start();
    }

    /// <summary>The last packet that the victim sent to the first connection that was heard; null: none yet.</summary>
    public Seen? Last => _last;

    public static Wiretap Start(Host victim) => new(victim);

    public void Dispose() => _socket.Dispose();

    private void Run()
    {
        var buffer = new byte[1 << 16];
        try
        {
            while (true)
            {
                var bytes = buffer.AsSpan(0, _socket.Receive(buffer));
                var udp = (bytes[0] & 0xF) * 4;
                if (bytes.Length < udp + 8 + PacketHeader.Length || BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]) != _victim.Address
                    || BinaryPrimitives.ReadUInt16BigEndian(bytes[udp..]) != _victim.Port
                    || !PacketHeader.TryParse(bytes[(udp + 8)..], out var header) || header.Type is not (PacketType.Data or PacketType.State))
                {
                    continue;
                }

                // The first that is heard, and nobody else: an answer to a forged ST_SYN would let whoever hears it open a connection.
                var userPort = BinaryPrimitives.ReadUInt16BigEndian(bytes[(udp + 2)..]);
                if (_last is { } last && last.UserPort != userPort)
                    continue;
                _last = new Seen(userPort, header.ConnectionId, header.SeqNr, header.AckNr, unchecked(header.Timestamp.Micros - header.TimestampDifference));
            }
        }
        catch (SocketException)
        {
            // It is closed.
        }
        catch (ObjectDisposedException)
        {
            // As above.
        }
    }

    /// <summary>What a packet told.</summary>
    /// <param name="UserPort">Whom it was for.</param>
    /// <param name="Id">Its connection id.</param>
    /// <param name="SeqNr">Its seq_nr.</param>
    /// <param name="AckNr">Its ack_nr.</param>
    /// <param name="UserClock">The user's timestamps, more or less.</param>
    internal sealed record Seen(ushort UserPort, ConnectionId Id, SeqNr SeqNr, SeqNr AckNr, uint UserClock);
}
