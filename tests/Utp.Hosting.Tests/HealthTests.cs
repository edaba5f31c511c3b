using Akka.Actor;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Utp.Messages;

namespace Utp.Hosting.Tests;

public sealed class HealthTests
{
    private const string Check = "utp-" + nameof(TheListener);

    [Fact]
    public async Task A_bound_listener_is_healthy_and_shows_its_address_and_counters()
    {
        await using var host = await StartAsync();

        var entry = (await host.CheckHealthAsync()).Entries[Check];

        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal((await host.AddressAsync()).ToString(), entry.Data["address"]);
        Assert.Equal(0, entry.Data["connections"]);
        Assert.Equal(0L, entry.Data["receive-drops"]);
        Assert.Contains("utp", entry.Tags);
    }

    [Fact]
    public async Task A_listener_that_fails_is_unhealthy_and_says_why()
    {
        await using var host = await StartAsync();
        Assert.Equal(HealthStatus.Healthy, (await host.CheckHealthAsync()).Status);

        await host.Listener.GracefulStop(HostedSystem.Patience);

        var entry = await UnhealthyAsync(host);
        Assert.Contains("bind again", entry.Description, StringComparison.Ordinal);
        Assert.True(entry.Data.ContainsKey("address"));
    }

    [Fact]
    public async Task A_listener_whose_handler_died_is_unhealthy()
    {
        await using var host = await StartAsync();

        host.System.ActorSelection("/user/utp-handler-" + typeof(TheListener)).Tell(PoisonPill.Instance);

        Assert.Contains("handler", (await UnhealthyAsync(host)).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unbound_listener_is_unhealthy()
    {
        await using var host = await StartAsync();

        await host.Listener.Ask<Unbound>(Unbind.Instance, HostedSystem.Patience);

        Assert.Contains("unbound", (await UnhealthyAsync(host)).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_health_check_may_have_another_name_and_none_is_made_without_one()
    {
        await using var named = await StartAsync(static options => options.HealthCheckName = "port-9000");
        await using var unnamed = await StartAsync(static options => options.HealthCheckName = null);

        Assert.Equal(["port-9000"], (await named.CheckHealthAsync()).Entries.Keys);
        Assert.Empty((await unnamed.CheckHealthAsync()).Entries);
    }

    private static async Task<HostedSystem> StartAsync(Action<UtpHostListenerOptions>? configure = null)
    {
        var host = new HostedSystem(akka => akka.WithUtp().WithUtpListener<TheListener>(HostedSystem.AnyPort, Props.Create<Echo>(), configure));
        await host.StartAsync();
        return host;
    }

    // The end of an actor is heard of a little later.
    private static async Task<HealthReportEntry> UnhealthyAsync(HostedSystem host)
    {
        using var limit = new CancellationTokenSource(HostedSystem.Patience);
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            var entry = (await host.CheckHealthAsync()).Entries[Check];
            if (entry.Status == HealthStatus.Unhealthy && entry.Description?.Contains("does not answer", StringComparison.Ordinal) == false)
                return entry;
        }
    }
}
