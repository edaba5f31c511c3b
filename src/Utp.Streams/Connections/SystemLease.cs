using Akka.Actor;
using Akka.Configuration;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Streams;

/// <summary>
/// The right to use an actor system for a while: the user's own, or the private one, which starts with its first user and ends a moment after its last, so that late
/// packets of the last connection are still answered, and a program that opens one connection after another does not start it each time.
/// </summary>
internal sealed class SystemLease
{
    // Nothing is printed, and there is no file of its own: what fails is told to the caller, in exceptions.
    private const string PrivateConfiguration =
        """
        akka {
          loggers = []
          loglevel = OFF
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
    private int _returned;

    private SystemLease(ActorSystem system, bool isPrivate)
    {
        System = system;
        _isPrivate = isPrivate;
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
    /// <exception cref="UtpException">The system is terminated.</exception>
    /// <exception cref="ConfigurationException">The configuration of the user's system is wrong.</exception>
    public static async ValueTask<SystemLease> TakeAsync(ActorSystem? own)
    {
        if (own is not null)
        {
            if (own.WhenTerminated.IsCompleted)
                throw new UtpException(FailureCause.ShuttingDown, $"The actor system {own.Name} is terminated: give one that runs, or none for a private one.");
            return new SystemLease(own, isPrivate: false);
        }

        Task<ActorSystem> starting;
        lock (Gate)
        {
            _users++;
            starting = _shared ??= Task.Run(static () => ActorSystem.Create("utp-streams", ConfigurationFactory.ParseString(PrivateConfiguration)));
        }

        try
        {
            return new SystemLease(await starting.ConfigureAwait(false), isPrivate: true);
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
        }

        return new SystemLease(System, _isPrivate);
    }

    /// <summary>The user is done. A second call does nothing.</summary>
    public void Return()
    {
        if (Interlocked.Exchange(ref _returned, 1) == 0 && _isPrivate)
            Leave();
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
