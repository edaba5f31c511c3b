using System.Net;
using System.Net.Sockets;

namespace Utp.Sockets.Tests;

/// <summary>
/// Waiting for a socket to take more. Loopback frees a datagram's send buffer before sendmsg returns, so
/// the socket that is full here is a TCP one, which the wait cannot tell from another.
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

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
        _writable.Dispose();
    }

    [Fact]
    public async Task A_full_socket_is_writable_once_when_it_has_room_again()
    {
        var filled = Fill();
        using var wait = new WritableWait(_sender, OnWritable, Unexpected);
        wait.Request(backOff: false);
        wait.Request(backOff: true);
        Assert.Equal(0, Volatile.Read(ref _count));

        Drain(filled);
        Assert.True(await _writable.WaitAsync(ChannelProbe.Patience));
        Assert.Equal(1, Volatile.Read(ref _count));
    }

    [Fact]
    public async Task A_socket_with_room_is_writable_at_once_unless_what_refused_lies_below_it()
    {
        using var wait = new WritableWait(_sender, OnWritable, Unexpected);
        wait.Request(backOff: false);
        Assert.Equal(1, Volatile.Read(ref _count));
        wait.Request(backOff: true);
        Assert.True(await _writable.WaitAsync(ChannelProbe.Patience));
        Assert.True(await _writable.WaitAsync(ChannelProbe.Patience));
        Assert.Equal(2, Volatile.Read(ref _count));
    }

    [Fact]
    public void A_disposed_wait_is_quiet()
    {
        Fill();
        var wait = new WritableWait(_sender, OnWritable, Unexpected);
        wait.Request(backOff: false);
        wait.Dispose();
        var backedOff = new WritableWait(_sender, OnWritable, Unexpected);
        backedOff.Dispose();
        backedOff.Request(backOff: true);
        Assert.Equal(0, Volatile.Read(ref _count));
    }

    [Fact]
    public void A_socket_that_is_gone_ends_the_wait_with_its_cause()
    {
        Exception? cause = null;
        using var wait = new WritableWait(_sender, OnWritable, e => cause = e);
        _sender.Dispose();
        wait.Request(backOff: false);
        Assert.IsType<ObjectDisposedException>(cause);
        Assert.Equal(0, Volatile.Read(ref _count));
    }

    private void OnWritable()
    {
        Interlocked.Increment(ref _count);
        _writable.Release();
    }

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
