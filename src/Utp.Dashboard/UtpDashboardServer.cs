using System.Net;
using Akka.Actor;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Utp.Dashboard;

/// <summary>The page with a small HTTP server of its own, for programs that are no ASP.NET Core applications. Configuration, environment and logs of such are not read or written.</summary>
public sealed class UtpDashboardServer : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly WebApplication _application;

    private UtpDashboardServer(WebApplication application, Uri address)
    {
        _application = application;
        Address = address;
    }

    /// <summary>Where the page is.</summary>
    public Uri Address { get; }

    /// <summary>Starts it.</summary>
    /// <param name="system">The actor system whose connections are shown.</param>
    /// <param name="local">Where to listen; port 0: any free one. An address that is not loopback needs <see cref="UtpDashboardOptions.AllowRemote"/>.</param>
    /// <param name="configure">Says who may see it.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The address is none of this machine, or may not be opened.</exception>
    /// <exception cref="ArgumentException">The address is not loopback, and nobody said that others may see the page.</exception>
    public static Task<UtpDashboardServer> StartAsync(ActorSystem system, IPEndPoint local, Action<UtpDashboardOptions>? configure = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(local);
        var options = new UtpDashboardOptions();
        configure?.Invoke(options);
        if (!IPAddress.IsLoopback(local.Address) && !options.AllowRemote)
            throw new ArgumentException($"{local} is not of this machine alone: set UtpDashboardOptions.AllowRemote if others may see the page, or listen on {IPAddress.Loopback}.", nameof(local));
        return StartAsync(new ActorSystemSource(options.ActorSystem ?? system), local, options, cancellation);
    }

    /// <summary>Starts a page that shows what comes from <paramref name="source"/>.</summary>
    internal static async Task<UtpDashboardServer> StartAsync(IConnectionSource source, IPEndPoint local, UtpDashboardOptions options, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.MaxConcurrentConnections = 256;
            kestrel.Listen(local, static listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddRoutingCore();
        var application = builder.Build();
        try
        {
            UtpDashboardExtensions.Map(application, "/", source, options);
            await application.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        var bound = application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        return new UtpDashboardServer(application, new Uri(bound.TrimEnd('/') + "/"));
    }

    /// <summary>Stops it; browsers that look at it are cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(StopTimeout);
        try
        {
            await _application.StopAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Whoever still reads is cut off by the disposal.
        }

        await _application.DisposeAsync().ConfigureAwait(false);
    }
}
