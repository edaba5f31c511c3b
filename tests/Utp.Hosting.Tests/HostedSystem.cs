using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Utp.Messages;

namespace Utp.Hosting.Tests;

/// <summary>The key of the tests' listener.</summary>
internal sealed class TheListener;

/// <summary>A real host with an actor system.</summary>
internal sealed class HostedSystem : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public const string Quiet = "akka.stdout-loglevel = OFF\nakka.loglevel = WARNING\nutp.time-wait = 10ms\nutp.shutdown-flush-timeout = 1s\n";
    private readonly IHost _host;

    public HostedSystem(Action<AkkaConfigurationBuilder, IServiceProvider> configure, Action<IServiceCollection>? services = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.Services.AddHealthChecks();
        services?.Invoke(builder.Services);
        builder.Services.AddAkka("hosted", (akka, provider) =>
        {
            akka.AddHocon(ConfigurationFactory.ParseString(Quiet), HoconAddMode.Append);
            configure(akka, provider);
        });
        _host = builder.Build();
    }

    public HostedSystem(Action<AkkaConfigurationBuilder> configure)
        : this((akka, _) => configure(akka))
    {
    }

    public static IPEndPoint AnyPort => new(IPAddress.Loopback, 0);

    public ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    public IActorRef Listener => _host.Services.GetRequiredService<IReadOnlyActorRegistry>().Get<TheListener>();

    public async Task<IPEndPoint> AddressAsync() => (await Listener.Ask<Bound>(GetLocalAddress.Instance, Patience)).LocalAddress;

    public Task StartAsync() => _host.StartAsync().WaitAsync(Patience);

    public Task StopAsync() => _host.StopAsync().WaitAsync(Patience);

    public async Task<HealthReport> CheckHealthAsync() => await _host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync().WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        await System.Terminate().WaitAsync(Patience);
        _host.Dispose();
    }
}

/// <summary>Sends back what it receives, on every connection that it is told of.</summary>
internal sealed class Echo : ReceiveActor
{
    public Echo()
    {
        Receive<Connected>(_ => Sender.Tell(new Register(Self)));
        Receive<Received>(received => Sender.Tell(new Write(received.Data)));
    }
}
