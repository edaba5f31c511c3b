using System.Net;

namespace Utp.Streams.Tests;

/// <summary>When a listener's port can be bound again.</summary>
public sealed class PortTests
{
    private const int Rounds = 20;

    [Fact]
    public async Task A_listener_that_is_disposed_has_freed_its_port()
    {
        var address = StreamPair.Loopback;
        for (var round = 0; round < Rounds; round++)
        {
            var listener = await UtpListener.BindAsync(address).Soon();
            address = listener.LocalEndPoint;
            await listener.DisposeAsync().Soon();
        }
    }

    [Fact]
    public async Task So_it_has_when_its_connections_were_disposed_before_it()
    {
        var address = StreamPair.Loopback;
        for (var round = 0; round < Rounds; round++)
        {
            var listener = await UtpListener.BindAsync(address).Soon();
            address = listener.LocalEndPoint;
            var connecting = UtpClient.ConnectAsync(address);
            var server = await listener.AcceptAsync().Soon();
            var client = await connecting.Soon();
            await client.DisposeAsync().Soon();
            await server.DisposeAsync().Soon();
            await listener.DisposeAsync().Soon();
        }
    }

    [Fact]
    public async Task A_connection_that_is_held_goes_on_and_keeps_the_port()
    {
        var pair = await StreamPair.OpenAsync();
        var address = pair.Listener.LocalEndPoint;
        await pair.Listener.DisposeAsync().Soon();
        Assert.False(pair.Listener.Closed.IsCompleted);

        await pair.Client.WriteAsync("still here"u8.ToArray()).Soon();
        var read = new byte[10];
        await pair.Server.ReadExactlyAsync(read).Soon();
        Assert.Equal("still here"u8.ToArray(), read);

        await pair.DisposeAsync();
        await pair.Listener.Closed.Soon();
        await using var next = await UtpListener.BindAsync(address).Soon();
        Assert.Equal(address, next.LocalEndPoint);
    }

    [Fact]
    public async Task A_second_dispose_waits_for_the_port_too()
    {
        var listener = await UtpListener.BindAsync(new IPEndPoint(IPAddress.Loopback, 0)).Soon();
        var address = listener.LocalEndPoint;
        listener.Dispose();
        await listener.DisposeAsync().Soon();
        await using var next = await UtpListener.BindAsync(address).Soon();
        Assert.Equal(address, next.LocalEndPoint);
    }
}
