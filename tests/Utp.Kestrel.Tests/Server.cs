using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Utp.Streams;

namespace Utp.Kestrel.Tests;

/// <summary>A web application that listens with uTP on a free port of loopback.</summary>
internal sealed class Server : IAsyncDisposable
{
    private static readonly Lazy<X509Certificate2> TheCertificate = new(SelfMade);

    private readonly bool _tls;

    private Server(WebApplication app, bool tls)
    {
        App = app;
        _tls = tls;
    }

    public static UtpEndPoint AnyPort => new(IPAddress.Loopback, 0);

    public static X509Certificate2 Certificate => TheCertificate.Value;

    public WebApplication App { get; }

    /// <summary>Where it listens with uTP.</summary>
    public IPEndPoint Address => AddressOf("utp:");

    /// <summary>For a client's requests.</summary>
    public Uri Url => new($"{(_tls ? "https" : "http")}://{Address}/");

    /// <summary>Started.</summary>
    /// <param name="map">What it answers.</param>
    /// <param name="protocols">On its uTP end point.</param>
    /// <param name="tls">On its uTP end point.</param>
    /// <param name="configure">Other services, and other end points.</param>
    public static async Task<Server> StartAsync(
        Action<WebApplication> map, HttpProtocols protocols = HttpProtocols.Http1AndHttp2, bool tls = false, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUtp();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(AnyPort, listen =>
            {
                listen.Protocols = protocols;
                if (tls)
                    listen.UseHttps(Certificate);
            });
        });
        configure?.Invoke(builder);
        var app = builder.Build();
        map(app);
        await app.StartAsync().Soon();
        return new Server(app, tls);
    }

    /// <summary>A client that speaks this version of HTTP over uTP, and trusts the certificate of these tests.</summary>
    public static HttpClient NewClient(Version? version = null, UtpClientOptions? options = null)
    {
        var handler = UtpHttp.CreateHandler(options);
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.GetCertHashString() == Certificate.GetCertHashString();
        return new HttpClient(handler) { DefaultRequestVersion = version ?? HttpVersion.Version11, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    /// <summary>Of the end point whose address begins so behind its scheme.</summary>
    public IPEndPoint AddressOf(string start) =>
        IPEndPoint.Parse(App.Urls.Select(static url => url.Split("//")[1]).Single(address => address.StartsWith(start, StringComparison.Ordinal)).Replace("utp:", "", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        // What a failed test leaves open must not hold the others up.
        await App.StopAsync(TimeSpan.FromSeconds(5));
        await App.DisposeAsync();
    }

    private static X509Certificate2 SelfMade()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=utp.test", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}
