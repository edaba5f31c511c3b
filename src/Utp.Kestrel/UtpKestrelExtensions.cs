using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Utp.Kestrel;

/// <summary>Lets Kestrel listen with uTP.</summary>
public static class UtpKestrelExtensions
{
    /// <summary>
    /// Lets Kestrel listen with uTP wherever it is told to listen on a <see cref="UtpEndPoint"/>, where a URL begins with <c>utp://</c> or, with TLS, <c>utps://</c>, and
    /// where the section <c>Kestrel:UtpEndpoints</c> of the configuration says so; other end points stay what they were. Before or after <c>UseKestrel</c>;
    /// a second call only adds to the options.
    /// </summary>
    /// <param name="builder">The web host.</param>
    /// <param name="configure">Sets what is to differ from the defaults; null: nothing.</param>
    public static IWebHostBuilder UseUtp(this IWebHostBuilder builder, Action<UtpTransportOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services => services.AddUtpTransport(configure));
    }

    /// <summary>As <see cref="UseUtp"/>, where there are only the services.</summary>
    /// <param name="services">Of the web application.</param>
    /// <param name="configure">Sets what is to differ from the defaults; null: nothing.</param>
    public static IServiceCollection AddUtpTransport(this IServiceCollection services, Action<UtpTransportOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<UtpTransportOptions>();
        if (configure is not null)
            services.Configure(configure);

        // Kestrel adds its own sockets only where no transport is registered yet: here they would be missing if this came first.
        services.TryAddSingleton<IConnectionListenerFactory, SocketTransportFactory>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, UtpTransportFactory>());
        services.TryAddEnumerable(ServiceDescriptor.Transient<IStartupFilter, UtpAddresses>());
        return services;
    }
}
