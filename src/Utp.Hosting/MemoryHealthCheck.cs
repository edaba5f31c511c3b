using Akka.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Utp.Messages;

namespace Utp.Hosting;

/// <summary>Whether a memory with a limit is nearly used up: then reading stops, packets are dropped, or windows close.</summary>
internal sealed class MemoryHealthCheck : IAkkaHealthCheck
{
    private const double Full = 0.9;

    public async Task<HealthCheckResult> CheckHealthAsync(AkkaHealthCheckContext context, CancellationToken cancellationToken = default) =>
        await UtpAnswer.OfAsync(context.ActorSystem, cancellationToken).ConfigureAwait(false) is { } statistics ? Judge(statistics) : UtpAnswer.None;

    internal static HealthCheckResult Judge(UtpStatistics statistics)
    {
        (string Key, string Consequence, MemoryStatistics Memory)[] all =
        [
            ("utp.socket.receive-memory", "listeners stop reading and the kernel drops", statistics.ReceiveMemory),
            ("utp.reorder-memory", "packets that arrive out of order are dropped and come again", statistics.ReorderMemory),
            ("utp.unread-memory", "windows close until handlers read", statistics.UnreadMemory),
        ];
        var data = all.ToDictionary(static one => one.Key, static object (one) => one.Memory.UsedBytes);
        var full = all.Where(static one => one.Memory.UsedBytes >= Full * one.Memory.LimitBytes).ToList();
        return full.Count == 0
            ? HealthCheckResult.Healthy("No memory of uTP is near its limit.", data)
            : HealthCheckResult.Degraded(
                string.Join(' ', full.Select(static one => $"{one.Key}: {one.Memory.UsedBytes} of {one.Memory.LimitBytes} bytes are used; at the limit {one.Consequence}. Raise it, or let handlers read faster.")),
                data: data);
    }
}
