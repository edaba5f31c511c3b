using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Utp.Messages;
using Utp.Streams;

namespace Utp.Kestrel.Tests;

/// <summary>The code that docs/guide-kestrel.md shows, running.</summary>
public sealed class GuideTests
{
    [Fact]
    public async Task The_guides_server_answers_the_guides_client()
    {
        var (tcpPort, utpPort, certificate) = (0, 0, Server.Certificate);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        #region listen
        builder.WebHost.UseUtp();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, tcpPort);
            kestrel.Listen(new UtpEndPoint(IPAddress.Loopback, utpPort), listen => listen.UseHttps(certificate));
        });
        #endregion
        #region options
        builder.WebHost.UseUtp(utp =>
        {
            utp.Listener = new UtpListenerOptions
            {
                Protocol = new UtpOptions { CongestionControl = "cubic", IdleTimeout = TimeSpan.FromMinutes(2) },
                Linger = TimeSpan.FromSeconds(10),
            };
            utp.MaxReadBufferSize = 256 << 10;
        });
        #endregion
        await using var app = builder.Build();
        #region feature
        app.MapGet("/", async (HttpContext http) =>
        {
            if (http.Features.Get<IUtpConnectionFeature>() is not { Stream: var connection })
                return "over TCP";
            var statistics = await connection.GetStatisticsAsync();
            return $"over uTP from {http.Connection.RemoteIpAddress}, {statistics.BytesReceived:N0} bytes received";
        });
        #endregion
        await app.StartAsync().Soon();
        var addresses = app.Urls.ToArray();
        Assert.StartsWith("http://127.0.0.1:", addresses[0], StringComparison.Ordinal);
        Assert.StartsWith("https://utp:127.0.0.1:", addresses[1], StringComparison.Ordinal);

        var url = new Uri(addresses[1].Replace("utp:", "", StringComparison.Ordinal));
        Assert.StartsWith("over uTP from 127.0.0.1, ", await GetAsync(url, certificate).Soon(), StringComparison.Ordinal);
        using var tcp = new HttpClient();
        Assert.Equal("over TCP", await tcp.GetStringAsync(new Uri(addresses[0])).Soon());
        await app.StopAsync().Soon();
    }

    [Fact]
    public async Task Http2_without_TLS_is_spoken_by_prior_knowledge()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUtp();
        var endPoint = Server.AnyPort;
        #region http2
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(endPoint, listen => listen.Protocols = HttpProtocols.Http2));
        #endregion
        await using var app = builder.Build();
        app.MapGet("/", static (HttpContext http) => http.Request.Protocol);
        await app.StartAsync().Soon();
        var url = new Uri(app.Urls.Single().Replace("utp:", "", StringComparison.Ordinal));
        #region http2-client
        using var client = new HttpClient(UtpHttp.CreateHandler())
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        #endregion

        Assert.Equal("HTTP/2", await client.GetStringAsync(url).Soon());
        await app.StopAsync().Soon();
    }

    private static async Task<string> GetAsync(Uri url, X509Certificate2 trusted)
    {
        #region client
        using var handler = UtpHttp.CreateHandler(new UtpClientOptions { ConnectTimeout = TimeSpan.FromSeconds(3) });
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => trusted.Equals(certificate);
        using var client = new HttpClient(handler);
        return await client.GetStringAsync(url);
        #endregion
    }
}
