using Akka.Actor;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Utp.Dashboard;

/// <summary>The page in ASP.NET Core.</summary>
public static class UtpDashboardExtensions
{
    /// <summary>
    /// Serves a page that shows the uTP connections of an actor system while they live. It only reads. It answers requests from this machine alone, and under names of this machine, unless
    /// <paramref name="configure"/> says otherwise; nothing is done while nobody looks.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">Where: a path such as <c>/utp</c>, without parameters.</param>
    /// <param name="configure">Says who may see it, and which actor system it shows.</param>
    /// <returns>The page's endpoints, for conventions such as authorization.</returns>
    /// <exception cref="InvalidOperationException">No actor system is named, and none is a service.</exception>
    public static IEndpointConventionBuilder MapUtpDashboard(this IEndpointRouteBuilder endpoints, string pattern = "/utp", Action<UtpDashboardOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        var options = new UtpDashboardOptions();
        configure?.Invoke(options);
        var system = options.ActorSystem ?? endpoints.ServiceProvider.GetService<ActorSystem>()
            ?? throw new InvalidOperationException("The page needs an actor system: set UtpDashboardOptions.ActorSystem, or add one to the services (AddAkka does).");
        return Map(endpoints, pattern, new ActorSystemSource(system), options);
    }

    /// <summary>Serves a page that shows what comes from <paramref name="source"/>.</summary>
    internal static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, string pattern, IConnectionSource source, UtpDashboardOptions options)
    {
        var stopping = endpoints.ServiceProvider.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        return new DashboardEndpoints(source, options, stopping).Map(endpoints, pattern);
    }
}
