using Akka.Actor;
using Akka.Configuration;

namespace Utp.Actors;

/// <summary>
/// A uTP of its own beside <see cref="UtpExtension"/>: its own settings, manager, ports and deadline thread. CoordinatedShutdown does not close its connections, so it serves
/// what must work until the actor system is gone; whoever started it stops it.
/// </summary>
public sealed class SeparateUtp
{
    private readonly Action _stopDeadlines;

    private SeparateUtp(ActorSystem system, UtpSettings settings, string name)
    {
        Settings = settings;

        // As for the extension, whose mailbox type may not be known yet.
        system.Settings.InjectTopLevelFallback(UtpSettings.Reference.WithFallback(ConnectionMailbox.Configuration));
        var deadlines = DeadlineClock.Start(system);
        _stopDeadlines = deadlines.Dispose;
        system.RegisterOnTermination(_stopDeadlines);
        Manager = ((ExtendedActorSystem)system).SystemActorOf(Props.Create(() => new UtpManager(settings, deadlines)).WithDispatcher(settings.Dispatcher), name);
    }

    /// <summary>Its settings.</summary>
    public UtpSettings Settings { get; }

    /// <summary>Takes <see cref="Messages.Bind"/> and <see cref="Messages.Connect"/>.</summary>
    public IActorRef Manager { get; }

    /// <summary>Starts one. Also before the extensions of a system are loaded.</summary>
    /// <param name="system">Whose actors it gets.</param>
    /// <param name="config">Has a section <c>utp</c>; what it does not set is as in <see cref="UtpSettings.Reference"/>.</param>
    /// <param name="name">Of the manager below <c>/system</c>; one that no other has.</param>
    /// <exception cref="ConfigurationException">A setting is wrong; the message names key, value and allowed range.</exception>
    /// <exception cref="InvalidActorNameException">The name is taken.</exception>
    public static SeparateUtp Start(ActorSystem system, Config config, string name)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var laws = system.Settings.Setup.Get<UtpCongestionControlSetup>() is { HasValue: true } setup ? new CongestionControls(setup.Value.Laws) : CongestionControls.Default;
        return new SeparateUtp(system, UtpSettings.Parse(config, laws), name);
    }

    /// <summary>Ends it: what is open is reset, ports are closed.</summary>
    /// <param name="timeout">How long to wait for that.</param>
    /// <returns>Whether all was over in time.</returns>
    public async Task<bool> StopAsync(TimeSpan timeout)
    {
        try
        {
            return await Manager.GracefulStop(timeout).ConfigureAwait(false);
        }
        catch (TaskCanceledException)
        {
            return false;
        }
        finally
        {
            _stopDeadlines();
        }
    }
}
