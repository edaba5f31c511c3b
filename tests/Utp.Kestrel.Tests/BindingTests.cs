using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Utp.Messages;
using Utp.Streams;

namespace Utp.Kestrel.Tests;

/// <summary>Which end points are uTP's, and what cannot be bound.</summary>
public sealed class BindingTests
{
    [Fact]
    public async Task One_server_serves_TCP_and_uTP_side_by_side()
    {
        await using var server = await Server.StartAsync(
            static app => app.MapGet("/", static (HttpContext http) => http.Features.Get<IUtpConnectionFeature>() is null ? "TCP" : "uTP"),
            configure: static builder => builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0)));
        using var utp = Server.NewClient();
        using var tcp = new HttpClient();

        Assert.Equal("uTP", await utp.GetStringAsync(server.Url).Soon());
        Assert.Equal("TCP", await tcp.GetStringAsync(new Uri($"http://{server.AddressOf("127.")}/")).Soon());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_order_of_UseUtp_and_UseKestrel_does_not_matter(bool utpFirst)
    {
        using var host = new HostBuilder().ConfigureWebHost(web =>
        {
            if (utpFirst)
                web.UseUtp();
            web.UseKestrelCore().ConfigureKestrel(static kestrel =>
            {
                kestrel.Listen(Server.AnyPort);
                kestrel.Listen(IPAddress.Loopback, 0);
            });
            if (!utpFirst)
                web.UseUtp();
            web.Configure(static app => app.Run(static http => http.Response.WriteAsync("page")));
        }).Build();

        await host.StartAsync().Soon();
        await host.StopAsync().Soon();
    }

    [Fact]
    public async Task A_port_that_is_taken_is_the_error_that_users_of_Kestrel_know()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var endPoint = new UtpEndPoint((IPEndPoint)taken.LocalEndPoint!);

        var error = await Assert.ThrowsAsync<IOException>(() => Server.StartAsync(
            static _ => { },
            configure: builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(endPoint)))).Soon();

        Assert.Contains("address already in use", error.Message, StringComparison.Ordinal);
        Assert.Contains(endPoint.ToString(), error.Message, StringComparison.Ordinal);
        Assert.IsType<AddressInUseException>(error.InnerException);
        Assert.Equal(FailureCause.AddressInUse, Assert.IsType<UtpException>(error.InnerException.InnerException).FailureCause);
    }

    [Fact]
    public async Task A_uTP_end_point_without_UseUtp_fails_the_start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(Server.AnyPort));
        await using var app = builder.Build();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync()).Soon();

        Assert.Contains(nameof(IConnectionListenerFactory), error.Message, StringComparison.Ordinal);
        Assert.Contains("utp:127.0.0.1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_fails_the_start_and_says_why()
    {
        var error = await Assert.ThrowsAsync<UtpException>(() => Server.StartAsync(
            static _ => { },
            configure: static builder => builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(new UtpEndPoint(IPAddress.Parse("192.0.2.1"), 0))))).Soon();

        Assert.Equal(FailureCause.AddressNotAvailable, error.FailureCause);
        Assert.Contains("192.0.2.1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_wrong_option_fails_the_start_and_names_itself(long size)
    {
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Server.StartAsync(
            static _ => { },
            configure: builder => builder.WebHost.UseUtp(utp => utp.MaxReadBufferSize = size))).Soon();

        Assert.Equal(nameof(UtpTransportOptions.MaxReadBufferSize), error.ParamName);
    }

    [Fact]
    public async Task The_actor_system_that_is_registered_runs_the_connections()
    {
        using var system = ActorSystem.Create("own", "akka.loglevel = WARNING");
        await using var server = await Server.StartAsync(
            static app => app.MapGet("/", static () => "page"),
            configure: builder => builder.Services.AddSingleton(system));
        using var client = Server.NewClient();
        Assert.Equal("page", await client.GetStringAsync(server.Url).Soon());

        // With it goes all that it runs.
        await system.Terminate().Soon();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(server.Url)).Soon();
    }

    [Fact]
    public void An_end_point_is_equal_to_its_like_and_to_no_TCP_end_point()
    {
        var endPoint = new UtpEndPoint(IPAddress.Loopback, 9000);

        Assert.Equal(new UtpEndPoint(IPAddress.Loopback, 9000), endPoint);
        Assert.Equal(new UtpEndPoint(IPAddress.Loopback, 9000).GetHashCode(), endPoint.GetHashCode());
        Assert.NotEqual(new UtpEndPoint(IPAddress.Loopback, 9001), endPoint);
        Assert.NotEqual<EndPoint>(new IPEndPoint(IPAddress.Loopback, 9000), endPoint);
        Assert.Equal(endPoint, endPoint.Create(endPoint.Serialize()));
        Assert.Equal((AddressFamily.InterNetwork, "utp:127.0.0.1:9000"), (endPoint.AddressFamily, endPoint.ToString()));
    }
}
