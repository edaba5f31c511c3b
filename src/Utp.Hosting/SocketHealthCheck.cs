using Akka.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Utp.Hosting;

/// <summary>Whether the kernel has dropped datagrams since the check before. One program's checks share it.</summary>
internal sealed class SocketHealthCheck : IAkkaHealthCheck
{
    private long _known;

    public async Task<HealthCheckResult> CheckHealthAsync(AkkaHealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (await UtpAnswer.OfAsync(context.ActorSystem, cancellationToken).ConfigureAwait(false) is not { } statistics)
            return UtpAnswer.None;
        return Judge(statistics.ReceiveDrops, Interlocked.Exchange(ref _known, statistics.ReceiveDrops), statistics.Listeners + statistics.OutgoingPorts);
    }

    internal static HealthCheckResult Judge(long drops, long before, int ports)
    {
        var data = new Dictionary<string, object> { ["receive-drops"] = drops, ["ports"] = ports };
        return drops > before
            ? HealthCheckResult.Degraded(
                $"The kernel has dropped {drops - before} datagrams since the last check, because a socket's receive buffer was full: raise net.core.rmem_max and utp.socket.receive-buffer, or read with more cores (utp.socket.receive-loops).",
                data: data)
            : HealthCheckResult.Healthy("The kernel has dropped no datagrams of uTP since the last check.", data);
    }
}
