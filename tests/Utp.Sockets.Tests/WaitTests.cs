using System.Net;
using System.Net.Sockets;
using Utp.Sockets.Linux;

namespace Utp.Sockets.Tests;

/// <summary>
/// Waiting for a socket to take more. Loopback frees a datagram's send buffer before sendmsg returns, so
/// the socket that is full here is a TCP one, which a wait cannot tell from another.
/// </summary>
public sealed class WaitTests : IDisposable
{
    private readonly Socket _sender;
    private readonly Socket _receiver;
    private readonly SemaphoreSlim _writable = new(0);
    private int _count;

    public WaitTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _sender = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { SendBufferSize = 5_000 };
        _sender.Connect(listener.LocalEndPoint!);
        _sender.Blocking = false;
        _receiver = listener.Accept();
    }

    public enum Way
    {
        Runtime,
        Epoll,
    }

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
        _writable.Dispose();
    }

    [Theory]
    [InlineData(Way.Runtime)]
    [InlineData(Way.Epoll)]
    public async Task A_full_socket_is_writable_once_when_it_has_room_again(Way way)
    {
        var filled = Fill();
        using var wait = Create(way, Unexpected);
        wait.RequestWritable();
        wait.RequestWritable();
        Assert.Equal(0, Volatile.Read(ref _count));

        Drain(filled);
        await WhenWritable();
        wait.RequestWritable();
        await WhenWritable();
        Assert.Equal(2, Volatile.Read(ref _count));
    }

    [Theory]
    [InlineData(Way.Runtime)]
    [InlineData(Way.Epoll)]
    public async Task A_socket_with_room_is_writable_as_often_as_it_is_asked(Way way)
    {
        using var wait = Create(way, Unexpected);
        for (var i = 1; i < 10; i++)
        {
            wait.RequestWritable();
            await WhenWritable();
            Assert.Equal(i, Volatile.Read(ref _count));
        }
    }

    [Theory]
    [InlineData(Way.Runtime)]
    [InlineData(Way.Epoll)]
    public void A_disposed_wait_is_quiet(Way way)
    {
        Fill();
        var wait = Create(way, Unexpected);
        wait.RequestWritable();
        wait.Dispose();
        wait.Dispose();
        wait.RequestWritable();
        Assert.Equal(0, Volatile.Read(ref _count));
    }

    [Theory]
    [InlineData(Way.Runtime)]
    [InlineData(Way.Epoll)]
    public void A_socket_that_is_gone_ends_the_wait_with_its_cause(Way way)
    {
        Exception? cause = null;
        using var wait = Create(way, e => cause = e);
        _sender.Dispose();
        wait.RequestWritable();
        Assert.IsType<ObjectDisposedException>(cause);
        Assert.Equal(0, Volatile.Read(ref _count));
    }

    private SocketWait Create(Way way, Action<Exception> onGone)
    {
        var events = new SocketEvents(() => { }, OnWritable, () => { }, onGone);
        return way == Way.Epoll ? new EpollWait(_sender, events) : new RuntimeWait(_sender, events);
    }

    private void OnWritable()
    {
        Interlocked.Increment(ref _count);
        _writable.Release();
    }

    private async Task WhenWritable() => Assert.True(await _writable.WaitAsync(ChannelProbe.Patience), "OnWritable did not come.");

    private int Fill()
    {
        var total = 0;
        var chunk = new byte[65_536];
        while (true)
        {
            var sent = _sender.Send(chunk, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                // The peer's acknowledgements may still make room; full is full when the kernel says so.
                if (!_sender.Poll(0, SelectMode.SelectWrite))
                    return total;
                continue;
            }

            Assert.Equal(SocketError.Success, error);
            total += sent;
        }
    }

    private void Drain(int bytes)
    {
        var buffer = new byte[65_536];
        while (bytes > 0)
            bytes -= _receiver.Receive(buffer, Math.Min(bytes, buffer.Length), SocketFlags.None);
    }

    private static void Unexpected(Exception cause) => Assert.Fail(cause.ToString());
}
