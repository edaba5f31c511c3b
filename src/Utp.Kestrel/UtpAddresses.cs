using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Utp.Kestrel;

/// <summary>
/// Makes end points of the uTP addresses in URLs (<c>--urls</c>, <c>ASPNETCORE_URLS</c>, <c>app.Urls</c>) and in the section <c>Kestrel:UtpEndpoints</c>. It runs when the
/// host has put all URLs together and Kestrel has not read them yet, because Kestrel refuses every scheme but its own two.
/// </summary>
/// <param name="server">The options that Kestrel starts with.</param>
/// <param name="configuration">Of the application.</param>
internal sealed class UtpAddresses(IOptions<KestrelServerOptions> server, IConfiguration configuration) : IStartupFilter
{
    private const string Section = "Kestrel:UtpEndpoints";
    private const string UnixPrefix = "unix:/";
    private const string PipePrefix = "pipe:/";

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        ListenByUrls(app.ServerFeatures.Get<IServerAddressesFeature>()?.Addresses ?? []);
        foreach (var endpoint in configuration.GetSection(Section).GetChildren())
            ListenBySection(endpoint);
        next(app);
    };

    private void ListenByUrls(ICollection<string> urls)
    {
        var ours = urls.Where(UtpUrl.Names).ToList();
        if (ours.Count == 0)
            return;
        foreach (var url in ours)
            Listen(UtpUrl.Parse(url, "URLs"), null);

        // Kestrel takes either end points or URLs. With ours among its end points, the others must be end points, too.
        foreach (var url in urls.Except(ours))
            ListenByKestrel(url);
        urls.Clear();
    }

    private void ListenBySection(IConfigurationSection endpoint)
    {
        var url = endpoint["Url"] ?? throw new InvalidOperationException($"{endpoint.Path}:Url is missing: write utp://HOST:PORT, or utps://HOST:PORT with TLS.");
        HttpProtocols? protocols = null;
        if (endpoint["Protocols"] is { } text)
        {
            protocols = Enum.TryParse<HttpProtocols>(text, ignoreCase: true, out var named) && Enum.IsDefined(named)
                ? named
                : throw new InvalidOperationException($"{endpoint.Path}:Protocols is '{text}': write Http1, Http2 or Http1AndHttp2.");
        }

        Listen(UtpUrl.Parse(url, endpoint.Path + ":Url"), protocols);
    }

    private void Listen(UtpUrl url, HttpProtocols? protocols)
    {
        foreach (var endPoint in url.EndPoints)
        {
            server.Value.Listen(endPoint, listen =>
            {
                listen.Protocols = protocols ?? listen.Protocols;
                if (url.IsTls)
                    listen.UseHttps();
            });
        }
    }

    private void ListenByKestrel(string url)
    {
        var address = BindingAddress.Parse(url);
        var isTls = string.Equals(address.Scheme, "https", StringComparison.OrdinalIgnoreCase);
        if (!isTls && !string.Equals(address.Scheme, "http", StringComparison.OrdinalIgnoreCase))
            throw new InvalidOperationException($"URLs: '{url}' begins with none of http://, https://, utp:// and utps://.");
        if (address.PathBase.Length > 0)
            throw new InvalidOperationException($"URLs: '{url}' has a path, which UsePathBase sets.");
        void Configure(ListenOptions listen)
        {
            if (isTls)
                listen.UseHttps();
        }

        if (address.Host.StartsWith(UnixPrefix, StringComparison.Ordinal))
            server.Value.ListenUnixSocket(address.UnixPipePath, Configure);
        else if (address.Host.StartsWith(PipePrefix, StringComparison.Ordinal))
            server.Value.ListenNamedPipe(address.NamedPipeName, Configure);
        else if (string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase))
            server.Value.ListenLocalhost(address.Port, Configure);
        else if (IPAddress.TryParse(address.Host, out var ip))
            server.Value.Listen(ip, address.Port, Configure);
        else
            server.Value.ListenAnyIP(address.Port, Configure);
    }
}
