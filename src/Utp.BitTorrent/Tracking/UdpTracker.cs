using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Utp.BitTorrent;

/// <summary>
/// A tracker over UDP (BEP 15): first an id is asked for, which proves our address, then the announce goes with it. Nothing arrives for sure, so each is sent again after 15 s, 30 s …
/// </summary>
internal static class UdpTracker
{
    private const long Magic = 0x41727101980;
    private const int ConnectAction = 0;
    private const int AnnounceAction = 1;
    private const int ErrorAction = 3;
    private const int Tries = 3;
    private const int MaxAnswerBytes = 4_096;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(15);

    public static async Task<AnnounceAnswer> AnnounceAsync(Uri tracker, Announce announce, Random random, CancellationToken cancellationToken)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(tracker.DnsSafeHost, cancellationToken).ConfigureAwait(false);
            var address = addresses.FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork) ?? addresses.FirstOrDefault()
                ?? throw new TrackerException($"{tracker.Host} has no address");
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            await socket.ConnectAsync(address, tracker.Port, cancellationToken).ConfigureAwait(false);
            var connected = await AskAsync(socket, tracker, ConnectRequest(random.Next()), ConnectAction, 16, cancellationToken).ConfigureAwait(false);
            var id = BinaryPrimitives.ReadInt64BigEndian(connected.AsSpan(8));
            var request = AnnounceRequest(id, random.Next(), random.Next(), announce);
            var answer = await AskAsync(socket, tracker, request, AnnounceAction, 20, cancellationToken).ConfigureAwait(false);
            return Read(answer, address.AddressFamily == AddressFamily.InterNetwork ? 4 : 16);
        }
        catch (SocketException e)
        {
            throw new TrackerException($"{tracker.Host} cannot be reached ({e.Message})", e);
        }
    }

    internal static byte[] ConnectRequest(int transaction)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), ConnectAction);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(12), transaction);
        return bytes;
    }

    internal static byte[] AnnounceRequest(long connection, int transaction, int key, Announce announce)
    {
        var bytes = new byte[98];
        BinaryPrimitives.WriteInt64BigEndian(bytes, connection);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), AnnounceAction);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(12), transaction);
        announce.InfoHash.Span.CopyTo(bytes.AsSpan(16));
        announce.PeerId.Span.CopyTo(bytes.AsSpan(36));
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(56), announce.Downloaded);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(64), announce.Left);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(72), announce.Uploaded);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(80), (int)announce.Event);
        // Our address is left as zeros: the tracker sees it.
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(88), key);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(92), announce.Wanted);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(96), (ushort)announce.Port);
        return bytes;
    }

    internal static AnnounceAnswer Read(byte[] answer, int addressBytes) =>
        new(TimeSpan.FromSeconds(Math.Clamp(BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(8)), 0, 86_400)), [.. CompactPeers.Read(answer.AsMemory(20), addressBytes)]);

    private static async Task<byte[]> AskAsync(Socket socket, Uri tracker, byte[] request, int action, int minBytes, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxAnswerBytes];
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            wait.CancelAfter(FirstWait * (1 << attempt));
            try
            {
                await socket.SendAsync(request, wait.Token).ConfigureAwait(false);
                while (true)
                {
                    var count = await socket.ReceiveAsync(buffer, wait.Token).ConfigureAwait(false);
                    // What is not the answer to this is somebody else's, or an old one.
                    if (count < 8 || !buffer.AsSpan(4, 4).SequenceEqual(request.AsSpan(12, 4)))
                        continue;
                    var answered = BinaryPrimitives.ReadInt32BigEndian(buffer);
                    if (answered == ErrorAction)
                        throw new TrackerException($"{tracker.Host} refuses: {Encoding.UTF8.GetString(buffer, 8, count - 8)}");
                    if (answered == action && count >= minBytes)
                        return buffer[..count];
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Once more.
            }
        }

        throw new TrackerException($"{tracker.Host} did not answer in time");
    }
}
