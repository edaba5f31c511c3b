using Akka.Actor;
using Akka.Hosting;
using Utp.Remote;

namespace Utp.Hosting;

/// <summary>Akka.Remote, and with it Akka.Cluster, over uTP in programs that are hosted with Akka.Hosting.</summary>
public static class UtpRemotingExtensions
{
    /// <summary>
    /// Makes uTP the one transport of Akka.Remote, in place of <c>WithRemoting</c>; before or after <c>WithClustering</c>. A port in use, or a wrong setting, stops the host's start with an error that
    /// says which. What is set here overrides HOCON that was added before. A health check says whether the transport listens.
    /// </summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="configure">Sets what is to differ from the configuration; null: nothing.</param>
    public static AkkaConfigurationBuilder WithUtpRemoting(this AkkaConfigurationBuilder builder, Action<UtpRemotingOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new UtpRemotingOptions();
        configure?.Invoke(options);
        builder.AddHocon(RemotingHocon.Write(options), HoconAddMode.Prepend);
        if (options.Certificate is { } certificate)
            builder.AddSetup(new UtpRemoteTlsSetup(certificate, options.ValidateCertificate));
        if (options.HealthCheckName is { } check)
            builder.WithHealthCheck(check, new RemotingHealthCheck(), tags: options.HealthCheckTags);

        // A cluster's provider is more than remoting's, and stays.
        return builder.ActorRefProvider.HasValue ? builder : builder.WithActorRefProvider(ProviderSelection.Remote.Instance);
    }

    /// <summary>As the other overload, with the address alone.</summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="hostname">Where to listen: an address of this machine, or a name of it.</param>
    /// <param name="port">The UDP port; 0: any free one.</param>
    /// <param name="publicHostname">How others reach this node, when that is not <paramref name="hostname"/>.</param>
    /// <param name="publicPort">How others reach it, when that is not <paramref name="port"/>.</param>
    public static AkkaConfigurationBuilder WithUtpRemoting(this AkkaConfigurationBuilder builder, string hostname, int port, string? publicHostname = null, int? publicPort = null) =>
        builder.WithUtpRemoting(options => (options.Hostname, options.Port, options.PublicHostname, options.PublicPort) = (hostname, port, publicHostname, publicPort));
}
