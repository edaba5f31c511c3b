using Akka.Actor;
using Akka.Configuration;
using Microsoft.Extensions.Logging;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Streams;

/// <summary>
/// The right to use an actor system for a while: the user's own, or the private one, which starts with its first user and ends a moment after its last, so that late
/// packets of the last connection are still answered, and a program that opens one connection after another does not start it each time.
/// </summary>
internal sealed class SystemLease
{
    // Nothing is printed, and there is no file of its own: what fails is told to the caller, in exceptions, and what is worth knowing beside that to the logger factories
    // that callers give.
    private const string PrivateConfiguration =
        """
        akka {
          loggers = []
          loglevel = WARNING
          stdout-loglevel = OFF
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
        }
        """;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(2);
    private static readonly Lock Gate = new();
    private static readonly Timer Idle = new(static _ => EndIfUnused());
    private static Task<ActorSystem>? _shared;
    private static int _users;

    private readonly bool _isPrivate;
    private readonly ILoggerFactory? _logs;
    private int _returned;

    private SystemLease(ActorSystem system, bool isPrivate, ILoggerFactory? logs)
    {
        System = system;
        _isPrivate = isPrivate;
        _logs = logs;
        Utp = UtpExtension.Get(system);
    }

    public ActorSystem System { get; }

    public UtpExtension Utp { get; }

    /// <summary>The private system that runs now; null: none does.</summary>
    public static Task<ActorSystem>? Shared
    {
        get
        {
            lock (Gate)
                return _shared;
        }
    }

    /// <summary>Of the user's system, or, for null, of the private one.</summary>
    /// <param name="own">The user's.</param>
    /// <param name="logs">Where the private one's warnings go while the lease is held; null: nowhere. The user's own has a log of its own.</param>
    /// <exception cref="UtpException">The system is terminated.</exception>
    /// <exception cref="ConfigurationException">The configuration of the user's system is wrong.</exception>
    public static async ValueTask<SystemLease> TakeAsync(ActorSystem? own, ILoggerFactory? logs)
    {
        if (own is not null)
        {
            if (own.WhenTerminated.IsCompleted)
                throw new UtpException(FailureCause.ShuttingDown, $"The actor system {own.Name} is terminated: give one that runs, or none for a private one.");
            return new SystemLease(own, isPrivate: false, null);
        }

        Task<ActorSystem> starting;
        lock (Gate)
        {
            _users++;
            starting = _shared ??= Task.Run(StartPrivate);
        }

        try
        {
            var system = await starting.ConfigureAwait(false);
            if (logs is not null)
                LogForwarder.Add(logs);
            return new SystemLease(system, isPrivate: true, logs);
        }
        catch
        {
            Leave();
            throw;
        }
    }

    /// <summary>One more, for a user that lives on its own. Not after <see cref="Return"/>.</summary>
    public SystemLease Another()
    {
        if (_isPrivate)
        {
            lock (Gate)
                _users++;
            if (_logs is not null)
                LogForwarder.Add(_logs);
        }

        return new SystemLease(System, _isPrivate, _logs);
    }

    /// <summary>The user is done. A second call does nothing.</summary>
    public void Return()
    {
        if (Interlocked.Exchange(ref _returned, 1) != 0 || !_isPrivate)
            return;
        if (_logs is not null)
            LogForwarder.Remove(_logs);
        Leave();
    }

    private static ActorSystem StartPrivate()
    {
        var system = ActorSystem.Create("utp-streams", ConfigurationFactory.ParseString(PrivateConfiguration));
        system.ActorOf(Props.Create<LogForwarder.Listener>(), "log");
        return system;
    }

    private static void Leave()
    {
        lock (Gate)
        {
            if (--_users == 0)
                Idle.Change(IdleTime, Timeout.InfiniteTimeSpan);
        }
    }

    private static void EndIfUnused()
    {
        Task<ActorSystem>? ending;
        lock (Gate)
        {
            if (_users > 0)
                return;
            (ending, _shared) = (_shared, null);
        }

        if (ending is { IsCompletedSuccessfully: true })
            _ = ending.Result.Terminate();
    }
}
