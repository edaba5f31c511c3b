using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace Utp.BitTorrent.Tests.Tracking;

/// <summary>A tracker for one test, over HTTP or UDP: remembers who announced, and tells each of the others. All of them are on loopback.</summary>
internal sealed partial class FakeTracker : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private readonly List<int> _ports = [];
    private readonly Channel<string> _heard = Channel.CreateUnbounded<string>();

    public FakeTracker(bool udp)
    {
        _socket = udp ? new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) : new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Url = $"{(udp ? "udp" : "http")}://127.0.0.1:{((IPEndPoint)_socket.LocalEndPoint!).Port}/announce";
        _running = udp ? UdpAsync() : HttpAsync();
    }

    public string Url { get; }

    /// <summary>The next announce: its event and how much was left.</summary>
    public async Task<string> HearsAsync()
    {
        using var patience = new CancellationTokenSource(Session.OurSession.Patience);
        return await _heard.Reader.ReadAsync(patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _running;
        _stop.Dispose();
    }

    private async Task HttpAsync()
    {
        _socket.Listen();
        try
        {
            while (true)
            {
                using var connection = await _socket.AcceptAsync(_stop.Token);
                var request = new byte[4_096];
                var text = Encoding.Latin1.GetString(request, 0, await connection.ReceiveAsync(request, _stop.Token));
                var told = Query().Match(text);
                var peers = Answer(int.Parse(told.Groups["port"].Value, null), $"{told.Groups["event"].Value} {told.Groups["left"].Value}");
                byte[] body = [.. Encoding.Latin1.GetBytes($"d8:intervali1800e5:peers{peers.Length}:"), .. peers, (byte)'e'];
                await connection.SendAsync((byte[])[.. Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), .. body], _stop.Token);
                connection.Shutdown(SocketShutdown.Both);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task UdpAsync()
    {
        var buffer = new byte[2_048];
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                var transaction = buffer.AsSpan(12, 4).ToArray();
                if (received.ReceivedBytes == 16)
                {
                    // An answer to another's question first: it must be passed over.
                    await _socket.SendToAsync((byte[])[0, 0, 0, 0, .. transaction.Select(static value => (byte)~value), 9, 9, 9, 9, 9, 9, 9, 9], received.RemoteEndPoint, _stop.Token);
                    await _socket.SendToAsync((byte[])[0, 0, 0, 0, .. transaction, 1, 2, 3, 4, 5, 6, 7, 8], received.RemoteEndPoint, _stop.Token);
                    continue;
                }

                Assert.Equal(0x0102030405060708, BinaryPrimitives.ReadInt64BigEndian(buffer));
                var happened = new[] { "", "completed", "started", "stopped" }[BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(80))];
                var peers = Answer(BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(96)), $"{happened} {BinaryPrimitives.ReadInt64BigEndian(buffer.AsSpan(64))}");
                await _socket.SendToAsync((byte[])[0, 0, 0, 1, .. transaction, 0, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, .. peers], received.RemoteEndPoint, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private byte[] Answer(int port, string told)
    {
        byte[] peers = [.. _ports.Where(other => other != port).SelectMany(static other => new byte[] { 127, 0, 0, 1, (byte)(other >> 8), (byte)other })];
        _ports.Add(port);
        _heard.Writer.TryWrite(told);
        return peers;
    }

    [GeneratedRegex(@"port=(?<port>\d+).*left=(?<left>\d+)(?:.*event=(?<event>\w+))?")]
    private static partial Regex Query();
}
