using System.Net;

namespace Utp.Dashboard.Tests;

/// <summary>Starts pages on addresses of loopback that nobody else uses.</summary>
internal static class PageServer
{
    private static readonly IPAddress Ours = IPAddress.Parse("127.0.77.1");

    public static Task<UtpDashboardServer> StartAsync(IConnectionSource source, int port = 0, Action<UtpDashboardOptions>? configure = null)
    {
        var options = new UtpDashboardOptions();
        configure?.Invoke(options);
        return UtpDashboardServer.StartAsync(source, new IPEndPoint(Ours, port), options, CancellationToken.None);
    }
}
