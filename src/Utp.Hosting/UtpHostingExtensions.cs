using System.Net;
using Akka.Actor;
using Akka.DependencyInjection;
using Akka.Hosting;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Hosting;

/// <summary>uTP for programs that are hosted with Akka.Hosting: <c>services.AddAkka("name", builder => builder.WithUtp(…).WithUtpListener&lt;TKey&gt;(…))</c>.</summary>
public static class UtpHostingExtensions
{
    private static readonly TimeSpan BindTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Starts uTP with the actor system, so that a wrong setting stops the host's start (<see cref="Akka.Configuration.ConfigurationException"/>, which names key, value
    /// and range) and not the first use. What is set here overrides HOCON that was added before.
    /// </summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="configure">Sets what is to differ from the configuration; null: nothing.</param>
    public static AkkaConfigurationBuilder WithUtp(this AkkaConfigurationBuilder builder, Action<UtpHostOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new UtpHostOptions();
        configure?.Invoke(options);
        builder.AddHocon(HoconWriter.Write(options), HoconAddMode.Prepend);
        if (options.CongestionControls.Count > 0)
            builder.AddSetup(new UtpCongestionControlSetup(options.CongestionControls.AsReadOnly()));
        return builder.WithActors(static (system, _) => UtpExtension.Get(system));
    }

    /// <summary>
    /// Adds two health checks of all uTP in the actor system, tagged <c>utp</c>: <c>utp-sockets</c> is degraded when the kernel has dropped datagrams since the check before, because
    /// a socket's buffer was full; <c>utp-memory</c> when a memory with a limit is nine tenths used.
    /// </summary>
    /// <param name="builder">The builder of the actor system.</param>
    public static AkkaConfigurationBuilder WithUtpHealthChecks(this AkkaConfigurationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder
            .WithHealthCheck("utp-sockets", new SocketHealthCheck(), tags: ["utp"])
            .WithHealthCheck("utp-memory", new MemoryHealthCheck(), tags: ["utp"]);
    }

    /// <summary>
    /// Binds a listener when the host starts, and registers it under <typeparamref name="TKey"/>: the registered actor takes what a listener takes (<see cref="Unbind"/>,
    /// <see cref="GetLocalAddress"/>, <see cref="GetStatistics"/>, <see cref="SendOutOfBand"/>) and may be the <see cref="Connect.Listener"/> of outgoing connections.
    /// The host's stop unbinds it, and waits a bounded time (<c>utp.shutdown-flush-timeout</c>) for its connections to send what was written.
    /// A health check says whether it is bound.
    /// </summary>
    /// <typeparam name="TKey">The key in the <see cref="ActorRegistry"/>; any type.</typeparam>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="localAddress">Where to listen; port 0: any free one.</param>
    /// <param name="handler">Makes the actor that hears <see cref="Connected"/> of each accepted connection. Its death unbinds the listener.</param>
    /// <param name="configure">Sets what is to differ from the configuration; null: nothing.</param>
    /// <remarks>
    /// When the port cannot be bound, or an option is wrong, the host's start fails with <see cref="UtpListenerStartException"/>; when the key is taken, with
    /// <see cref="InvalidOperationException"/>.
    /// </remarks>
    public static AkkaConfigurationBuilder WithUtpListener<TKey>(
        this AkkaConfigurationBuilder builder, IPEndPoint localAddress, Func<ActorSystem, IActorRegistry, IDependencyResolver, Props> handler, Action<UtpHostListenerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return AddListener<TKey>(builder, localAddress, configure, (system, registry) =>
            system.ActorOf(handler(system, registry, DependencyResolver.For(system).Resolver), "utp-handler-" + PathOf<TKey>()));
    }

    /// <summary>As the other overload, with a handler of the given props.</summary>
    /// <inheritdoc cref="WithUtpListener{TKey}(AkkaConfigurationBuilder, IPEndPoint, Func{ActorSystem, IActorRegistry, IDependencyResolver, Props}, Action{UtpHostListenerOptions}?)"/>
    public static AkkaConfigurationBuilder WithUtpListener<TKey>(
        this AkkaConfigurationBuilder builder, IPEndPoint localAddress, Props handler, Action<UtpHostListenerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return builder.WithUtpListener<TKey>(localAddress, (_, _, _) => handler, configure);
    }

    /// <summary>As the other overloads, with the actor registered under <typeparamref name="THandler"/> as handler: start it before, by <c>WithActors</c>.</summary>
    /// <inheritdoc cref="WithUtpListener{TKey}(AkkaConfigurationBuilder, IPEndPoint, Func{ActorSystem, IActorRegistry, IDependencyResolver, Props}, Action{UtpHostListenerOptions}?)"/>
    /// <typeparam name="TKey">The listener's key.</typeparam>
    /// <typeparam name="THandler">The handler's key.</typeparam>
    public static AkkaConfigurationBuilder WithUtpListener<TKey, THandler>(this AkkaConfigurationBuilder builder, IPEndPoint localAddress, Action<UtpHostListenerOptions>? configure = null) =>
        AddListener<TKey>(builder, localAddress, configure, static (_, registry) => registry.Get<THandler>());

    private static AkkaConfigurationBuilder AddListener<TKey>(
        AkkaConfigurationBuilder builder, IPEndPoint localAddress, Action<UtpHostListenerOptions>? configure, Func<ActorSystem, IActorRegistry, IActorRef> findHandler)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(localAddress);
        var name = typeof(TKey).Name;
        var options = new UtpHostListenerOptions { HealthCheckName = "utp-" + name };
        configure?.Invoke(options);

        var health = new ListenerHealthCheck(name);
        if (options.HealthCheckName is { } check)
            builder.WithHealthCheck(check, health, tags: options.HealthCheckTags);
        return builder.WithActors(async (system, registry) =>
        {
            if (registry.TryGet<TKey>(out _))
                throw new InvalidOperationException($"An actor is registered under {typeof(TKey)} already: give each uTP listener a key type of its own.");
            var bind = new Bind(findHandler(system, registry), localAddress)
            {
                Options = options.Connections,
                PullMode = options.PullMode,
                Backlog = options.Backlog,
                Limits = options.Limits,
                DualMode = options.DualMode,
                OutOfBandHandler = options.OutOfBandHandler?.Invoke(system),
            };
            var guard = system.ActorOf(Props.Create(() => new ListenerGuard(bind)), "utp-listener-" + PathOf<TKey>());
            health.Guard = guard;
            var outcome = await guard.Ask<object>(AwaitBound.Instance, BindTimeout).ConfigureAwait(false);
            if (outcome is CommandFailed failed)
                throw new UtpListenerStartException(name, localAddress, failed);
            registry.Register<TKey>(((ListenerBound)outcome).Listener);
        });
    }

    // The names of generic types have characters that those of actors may not have.
    private static string PathOf<TKey>() => string.Concat(typeof(TKey).ToString().Select(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '+' or '_' ? c : '-'));
}
