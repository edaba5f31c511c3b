using System.Net;
using System.Text;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Utp.Actors;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Hosting.Tests;

/// <summary>The code that docs/guide-hosting.md shows, running.</summary>
public sealed class GuideTests
{
    [Fact]
    public async Task The_guides_host_starts_and_is_healthy()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<Greeting>();
        builder.Configuration.AddInMemoryCollection([new("Listen", "127.0.0.1:0"), new("Utp:ConnectTimeout", "00:00:03")]);
        #region host
        builder.Services.AddHealthChecks();
        builder.Services.AddAkka("files", akka => akka
            .WithUtp(utp =>
            {
                builder.Configuration.GetSection("Utp").Bind(utp);
                utp.Connections = new UtpOptions { Delivery = DeliveryMode.Frames, IdleTimeout = TimeSpan.FromMinutes(5) };
                utp.Limits = new EndpointLimits { MaxConnections = 1_000 };
                utp.Hocon = "rto.initial = 500ms";
            })
            .WithUtpListener<Files>(
                IPEndPoint.Parse(builder.Configuration["Listen"]!),
                (_, _, resolver) => resolver.Props<FileServer>(),
                listener => listener.Backlog = 100));
        #endregion
        using var host = builder.Build();
        await host.StartAsync().WaitAsync(HostedSystem.Patience);
        var registry = host.Services.GetRequiredService<IReadOnlyActorRegistry>();
        var system = host.Services.GetRequiredService<ActorSystem>();
        var peer = (await system.Utp().Ask<Bound>(new Bind(system.ActorOf<Silent>(), HostedSystem.AnyPort))).LocalAddress;
        #region registry
        var listener = registry.Get<Files>();
        var address = (await listener.Ask<Bound>(GetLocalAddress.Instance)).LocalAddress;
        var connected = await system.Utp().Ask<UtpEvent>(new Connect(peer) { Listener = listener });
        #endregion

        Assert.Equal(address, Assert.IsType<Connected>(connected).LocalAddress);
        Assert.Equal(HealthStatus.Healthy, (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status);
        Assert.Equal((500_000, 3_000_000), (UtpExtension.Get(system).Settings.Connection.InitialRtoMicros, UtpExtension.Get(system).Settings.Connection.ConnectTimeoutMicros));
        await host.StopAsync().WaitAsync(HostedSystem.Patience);
    }

    [Fact]
    public async Task The_guides_web_application_shows_its_health()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        #region web
        builder.Services.AddHealthChecks();
        builder.Services.AddAkka("web", akka => akka
            .WithUtp()
            .WithUtpListener<Files>(new IPEndPoint(IPAddress.Loopback, 0), Props.Create<Echo>()));
        await using var app = builder.Build();
        app.MapHealthChecks("/ready", new() { Predicate = check => check.Tags.Contains("ready") });
        #endregion
        await app.StartAsync().WaitAsync(HostedSystem.Patience);
        using var client = new HttpClient();

        Assert.Equal("Healthy", await client.GetStringAsync(new Uri(new Uri(app.Urls.Single()), "ready")));

        var listener = app.Services.GetRequiredService<IReadOnlyActorRegistry>().Get<Files>();
        await listener.GracefulStop(HostedSystem.Patience);
        using var limit = new CancellationTokenSource(HostedSystem.Patience);
        HttpResponseMessage response;
        do
            response = await client.GetAsync(new Uri(new Uri(app.Urls.Single()), "ready"), limit.Token);
        while (response.StatusCode == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        await app.StopAsync().WaitAsync(HostedSystem.Patience);
    }

    private sealed class Files;

    private sealed record Greeting(string Text = "welcome");

    private sealed class FileServer : ReceiveActor
    {
        public FileServer(Greeting greeting) => Receive<Connected>(_ =>
        {
            Sender.Tell(new Register(Self));
            Sender.Tell(new Write(Encoding.UTF8.GetBytes(greeting.Text)));
        });
    }

    private sealed class Silent : ReceiveActor;
}
