using Akka.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Utp.Remote;

namespace Utp.Hosting;

/// <summary>Whether the transport of Akka.Remote listens, with its address, associations and bytes that are not acknowledged as data.</summary>
internal sealed class RemotingHealthCheck : IAkkaHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(AkkaHealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var transports = UtpTransport.Of(context.ActorSystem);
        if (transports.Count == 0)
            return Task.FromResult(HealthCheckResult.Unhealthy("No transport of Akka.Remote is uTP: akka.remote.enabled-transports names others, or the actor system has no remoting."));
        var status = transports[^1].Status;
        var data = new Dictionary<string, object> { ["associations"] = status.Associations, ["unacknowledged-bytes"] = status.HeldBytes };
        if (status.LocalAddress is { } address)
            data["address"] = address.ToString();
        return Task.FromResult(status switch
        {
            { Failure: { } failure } => HealthCheckResult.Unhealthy($"Remoting over uTP is down: {failure}", data: data),
            { LocalAddress: null } => HealthCheckResult.Unhealthy("Remoting over uTP does not listen yet.", data: data),
            _ => HealthCheckResult.Healthy($"Remoting over uTP listens as {status.LocalAddress}.", data),
        });
    }
}
