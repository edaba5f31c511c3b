using Akka.Actor;
using Akka.Configuration;

namespace Utp.Actors;

/// <summary>uTP in one actor system: its settings and its manager, which <see cref="UtpActorSystemExtensions.Utp"/> gives.</summary>
public sealed class UtpExtension : IExtension
{
    internal UtpExtension(ExtendedActorSystem system)
    {
        // Merged before the first actor starts, so that system.Settings.Config shows what is in force.
        var laws = system.Settings.Setup.Get<UtpCongestionControlSetup>() is { HasValue: true } setup ? new CongestionControls(setup.Value.Laws) : CongestionControls.Default;
        Settings = UtpSettings.Parse(system.Settings.Config, laws);
        system.Settings.InjectTopLevelFallback(UtpSettings.Reference.WithFallback(ConnectionMailbox.Configuration));

        var deadlines = DeadlineClock.Start(system);
        system.RegisterOnTermination(deadlines.Dispose);
        Manager = system.SystemActorOf(Props.Create(() => new UtpManager(Settings, deadlines)).WithDispatcher(Settings.Dispatcher), "utp");
        GracefulShutdown.Register(system, Manager, Settings.ShutdownFlushTimeout);
    }

    /// <summary>The section <c>utp</c> of the configuration, validated.</summary>
    public UtpSettings Settings { get; }

    /// <summary>Takes <see cref="Messages.Bind"/> and <see cref="Messages.Connect"/>.</summary>
    public IActorRef Manager { get; }

    /// <summary>The extension of a system, started when it is asked for first.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong; the message names key, value and allowed range.</exception>
    public static UtpExtension Get(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return system.WithExtension<UtpExtension, UtpExtensionProvider>();
    }
}

/// <summary>Makes the extension; may be named in <c>akka.extensions</c> to start uTP with the system.</summary>
public sealed class UtpExtensionProvider : ExtensionIdProvider<UtpExtension>
{
    /// <inheritdoc/>
    public override UtpExtension CreateExtension(ExtendedActorSystem system) => new(system);
}

/// <summary><c>system.Utp()</c>, as <c>system.Tcp()</c>.</summary>
public static class UtpActorSystemExtensions
{
    /// <summary>The manager, which takes <see cref="Messages.Bind"/> and <see cref="Messages.Connect"/>.</summary>
    /// <exception cref="ConfigurationException">A setting is wrong; the message names key, value and allowed range.</exception>
    public static IActorRef Utp(this ActorSystem system) => UtpExtension.Get(system).Manager;
}
