using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Utp.Messages;
using Utp.Streams;

namespace Utp.Kestrel.Tests;

/// <summary>The framework's client, as <see cref="UtpHttp"/> prepares it.</summary>
public sealed class ClientTests
{
    [Fact]
    public async Task A_handler_of_the_users_own_goes_over_uTP()
    {
        await using var server = await Server.StartAsync(static app => app.MapGet("/", static () => "page"));
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 1 }.UseUtp());

        Assert.Equal("page", await client.GetStringAsync(server.Url).Soon());
    }

    [Fact]
    public async Task A_host_name_is_resolved()
    {
        await using var server = await Server.StartAsync(static app => app.MapGet("/", static () => "page"));
        using var client = Server.NewClient();

        Assert.Equal("page", await client.GetStringAsync(new Uri($"http://localhost:{server.Address.Port}/")).Soon());
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_failed_request_with_the_cause()
    {
        // Bound, so that nobody else has the port, and silent.
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = Server.NewClient(options: new UtpClientOptions { ConnectTimeout = TimeSpan.FromMilliseconds(300) });

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(new Uri($"http://{silent.LocalEndPoint}/"))).Soon();

        Assert.Equal(FailureCause.ConnectTimeout, Assert.IsType<UtpException>(error.InnerException).FailureCause);
    }

    [Fact]
    public void What_belongs_to_one_connection_is_refused()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        Assert.Throws<ArgumentException>(() => UtpHttp.CreateHandler(new UtpClientOptions { Socket = socket }));
        Assert.Throws<ArgumentException>(() => UtpHttp.CreateHandler(new UtpClientOptions { InitialData = new byte[1] }));
    }
}
