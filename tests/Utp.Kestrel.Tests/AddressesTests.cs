using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Utp.Streams;

namespace Utp.Kestrel.Tests;

/// <summary>Addresses that stand in URLs and in the configuration, not in code.</summary>
public sealed class AddressesTests
{
    [Fact]
    public async Task A_url_with_the_scheme_utp_listens_with_utp()
    {
        await using var app = await StartAsync(("urls", "utp://127.0.0.1:0"));
        Assert.Equal("uTP", await AskUtpAsync(UtpUrlOf(app)));
        Assert.Single(app.Urls);
    }

    [Fact]
    public async Task Urls_of_tcp_and_utp_stand_beside_each_other()
    {
        await using var app = await StartAsync(("urls", "http://127.0.0.1:0;utp://127.0.0.1:0"));
        Assert.Equal("uTP", await AskUtpAsync(UtpUrlOf(app)));
        using var client = new HttpClient();
        Assert.Equal("TCP", await client.GetStringAsync(app.Urls.Single(static url => !url.Contains("utp:", StringComparison.Ordinal))).Soon());
    }

    [Fact]
    public async Task An_endpoint_of_the_configuration_listens_with_utp_and_its_protocols()
    {
        await using var app = await StartAsync(("Kestrel:UtpEndpoints:Web:Url", "utp://127.0.0.1:0"), ("Kestrel:UtpEndpoints:Web:Protocols", "Http2"));
        using var client = new HttpClient(UtpHttp.CreateHandler()) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        Assert.Equal("uTP", await client.GetStringAsync(UtpUrlOf(app)).Soon());
    }

    [Fact]
    public async Task A_url_that_is_added_by_code_listens_with_utp_on_all_addresses()
    {
        var app = Build();
        await using var _ = app;
        app.Urls.Add("utp://*:0");
        await app.StartAsync().Soon();
        var port = new Uri(UtpUrlOf(app)).Port;
        Assert.Equal("uTP", await AskUtpAsync($"http://127.0.0.1:{port}"));
    }

    [Theory]
    [InlineData("urls")]
    [InlineData("Kestrel:UtpEndpoints:Web:Url")]
    public async Task An_address_with_the_scheme_utps_listens_with_TLS_and_the_configured_certificate(string key)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, Server.Certificate.Export(X509ContentType.Pfx, "secret"));
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseKestrelHttpsConfiguration();
            var app = Build(builder, (key, "utps://127.0.0.1:0"), ("Kestrel:Certificates:Default:Path", file), ("Kestrel:Certificates:Default:Password", "secret"));
            await using var _ = app;
            await app.StartAsync().Soon();
            var url = Assert.Single(app.Urls);
            var handler = UtpHttp.CreateHandler();
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.GetCertHashString() == Server.Certificate.GetCertHashString();
            using var client = new HttpClient(handler);
            Assert.Equal("uTP https", await client.GetStringAsync($"https://127.0.0.1:{new Uri(url.Replace("utp:", "", StringComparison.Ordinal)).Port}/scheme").Soon());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task The_scheme_utps_without_a_certificate_says_what_is_missing()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        var app = Build(builder, ("urls", "utps://127.0.0.1:0"), ("Kestrel:Certificates:Default:Path", "/nowhere/certificate.pfx"));
        await using var _ = app;
        var error = await Assert.ThrowsAnyAsync<Exception>(() => app.StartAsync().Soon());
        Assert.Contains("/nowhere/certificate.pfx", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("urls", "utp://127.0.0.1", "URLs: 'utp://127.0.0.1' is no address for uTP, because it lacks the port. Write utp://HOST:PORT")]
    [InlineData("urls", "utp://localhost:0", "write 127.0.0.1:0 or [::1]:0")]
    [InlineData("urls", "utp://127.0.0.1:0/path", "which UsePathBase sets")]
    [InlineData("urls", "ftp://127.0.0.1:1;utp://127.0.0.1:0", "URLs: 'ftp://127.0.0.1:1' begins with none of http://")]
    [InlineData("Kestrel:UtpEndpoints:Web:Url", "http://127.0.0.1:0", "Kestrel:UtpEndpoints:Web:Url: 'http://127.0.0.1:0' is no address for uTP, because it begins with neither utp:// nor utps://")]
    [InlineData("Kestrel:UtpEndpoints:Web:Protocols", "Http1", "Kestrel:UtpEndpoints:Web:Url is missing")]
    public async Task What_is_wrong_in_an_address_names_the_key_and_what_to_write(string key, string value, string says)
    {
        var app = Build((key, value));
        await using var _ = app;
        var error = await Assert.ThrowsAnyAsync<Exception>(() => app.StartAsync().Soon());
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartAsync(params (string Key, string Value)[] settings)
    {
        var app = Build(settings);
        await app.StartAsync().Soon();
        return app;
    }

    private static WebApplication Build(params (string Key, string Value)[] settings) => Build(WebApplication.CreateSlimBuilder(), settings);

    private static WebApplication Build(WebApplicationBuilder builder, params (string Key, string Value)[] settings)
    {
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings.Select(static setting => new KeyValuePair<string, string?>(setting.Key, setting.Value)));
        builder.WebHost.UseUtp();
        var app = builder.Build();
        app.MapGet("/", static (HttpContext http) => http.Features.Get<IUtpConnectionFeature>() is null ? "TCP" : "uTP");
        app.MapGet("/scheme", static (HttpContext http) => $"{(http.Features.Get<IUtpConnectionFeature>() is null ? "TCP" : "uTP")} {http.Request.Scheme}");
        return app;
    }

    private static string UtpUrlOf(WebApplication app) => app.Urls.Single(static url => url.Contains("utp:", StringComparison.Ordinal)).Replace("utp:", "", StringComparison.Ordinal);

    private static async Task<string> AskUtpAsync(string url)
    {
        using var client = new HttpClient(UtpHttp.CreateHandler());
        return await client.GetStringAsync(url).Soon();
    }
}
