using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Utp.Messages;

namespace Utp.Hosting;

/// <summary>Whether a hosted listener is bound, with its address, connections and receive drops as data.</summary>
internal sealed class ListenerHealthCheck(string name) : IAkkaHealthCheck
{
    // Answered within a mailbox's turn; a listener that takes longer is ill.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private volatile IActorRef? _guard;

    /// <summary>Set when the host starts the listener.</summary>
    public IActorRef Guard
    {
        set => _guard = value;
    }

    public async Task<HealthCheckResult> CheckHealthAsync(AkkaHealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (_guard is not { } guard)
            return HealthCheckResult.Unhealthy($"The uTP listener {name} was not started yet.");
        try
        {
            return await guard.Ask<object>(CheckListener.Instance, Patience, cancellationToken).ConfigureAwait(false) switch
            {
                ListenerStatistics statistics => HealthCheckResult.Healthy($"The uTP listener {name} is bound to {statistics.LocalAddress}.", Data(statistics)),
                ListenerDown down => HealthCheckResult.Unhealthy(
                    $"The uTP listener {name} on {down.LocalAddress} is down: {down.Message}.", data: new Dictionary<string, object> { ["address"] = down.LocalAddress.ToString() }),
                var other => HealthCheckResult.Unhealthy($"The uTP listener {name} answers {other}."),
            };
        }
        catch (AskTimeoutException e)
        {
            return HealthCheckResult.Unhealthy($"The uTP listener {name} does not answer.", e);
        }
    }

    private static Dictionary<string, object> Data(ListenerStatistics statistics) => new()
    {
        ["address"] = statistics.LocalAddress.ToString(),
        ["connections"] = statistics.Connections,
        ["receive-drops"] = statistics.ReceiveDrops,
        ["receive-memory-bytes"] = statistics.ReceiveMemoryBytes,
        ["receive-buffer-bytes"] = statistics.ReceiveBufferBytes,
    };
}
