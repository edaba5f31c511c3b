using Akka;
using Akka.Actor;

namespace Utp.Actors;

/// <summary>
/// uTP's part in <see cref="CoordinatedShutdown"/>: first nothing new is accepted, then connections send what was written and close, for a bounded time. User actors
/// are alive during both.
/// </summary>
internal static class GracefulShutdown
{
    public static void Register(ActorSystem system, IActorRef manager, TimeSpan flushTimeout)
    {
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "utp-unbind", () => AskAsync(manager, ShutdownUnbind.Instance, TimeSpan.FromSeconds(1)));
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceRequestsDone, "utp-flush", () => AskAsync(manager, ShutdownFlush.Instance, flushTimeout));
    }

    private static async Task<Done> AskAsync(IActorRef manager, object message, TimeSpan timeout)
    {
        if (timeout > TimeSpan.Zero)
        {
            try
            {
                return await manager.Ask<Done>(message, timeout).ConfigureAwait(false);
            }
            catch (AskTimeoutException)
            {
                // The bound: what is still open then is reset when the actors stop.
            }
        }

        return Done.Instance;
    }
}
