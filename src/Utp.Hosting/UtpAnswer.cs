using Akka.Actor;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Hosting;

/// <summary>What uTP answers to a health check.</summary>
internal static class UtpAnswer
{
    // Answered within a mailbox's turn; a manager that takes longer is ill.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>What is said when there is no answer.</summary>
    public static HealthCheckResult None => HealthCheckResult.Unhealthy("uTP's manager does not answer: its dispatcher is blocked, or the actor system ends.");

    /// <summary>The statistics of all uTP in the system; null: no answer.</summary>
    public static async Task<UtpStatistics?> OfAsync(ActorSystem system, CancellationToken cancellation)
    {
        try
        {
            return await system.Utp().Ask<UtpStatistics>(GetStatistics.Instance, Patience, cancellation).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }
}
