// A file server on Kestrel over uTP, and a client that compares what arrived with the hash that the server names (RFC 9530).
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using Utp.Kestrel;
using Utp.Streams;

const string Digest = "Repr-Digest";

try
{
    switch (args)
    {
        case []:
            return await DemoAsync();
        case ["serve", var folder, var at] when Directory.Exists(folder) && IPEndPoint.TryParse(at, out var address):
            await using (var app = Serve(folder, address))
            {
                app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"{folder} is served at {UrlOf(app)}; Ctrl-C ends it."));
                await app.RunAsync();
                return 0;
            }

        case ["get", var from, var to] when Uri.TryCreate(from, UriKind.Absolute, out var url) && url.Scheme == "http":
            return await GetAsync(url, to) ? 0 : 1;
        default:
            Console.Error.WriteLine("Usage: FileServer | FileServer serve FOLDER ADDRESS:PORT | FileServer get http://HOST:PORT/PATH FILE");
            return 2;
    }
}
catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

#region server
static WebApplication Serve(string folder, IPEndPoint address)
{
    var builder = WebApplication.CreateSlimBuilder();
    builder.Logging.SetMinimumLevel(LogLevel.Error);
    builder.WebHost.UseUtp();
    builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(new UtpEndPoint(address)));
    var app = builder.Build();
    var files = new PhysicalFileProvider(Path.GetFullPath(folder));
    app.MapGet("/{**path}", async (string path, HttpContext http) =>
    {
        if (files.GetFileInfo(path) is not { Exists: true, PhysicalPath: { } file })
            return Results.NotFound();
        await using (var content = File.OpenRead(file))
            http.Response.Headers[Digest] = $"sha-256=:{Convert.ToBase64String(await SHA256.HashDataAsync(content))}:";
        return Results.File(file);
    });
    return app;
}
#endregion

#region client
static async Task<bool> GetAsync(Uri url, string file)
{
    using var client = new HttpClient(UtpHttp.CreateHandler());
    using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
    response.EnsureSuccessStatusCode();
    await using (var to = File.Create(file))
        await response.Content.CopyToAsync(to);
    await using var content = File.OpenRead(file);
    var hash = Convert.ToBase64String(await SHA256.HashDataAsync(content));
    var unchanged = response.Headers.GetValues(Digest).Single() == $"sha-256=:{hash}:";
    Console.WriteLine($"{content.Length:N0} bytes arrived {(unchanged ? "unchanged" : "changed")}.");
    return unchanged;
}
#endregion

static async Task<int> DemoAsync()
{
    var folder = Directory.CreateTempSubdirectory("utp-file-server-");
    try
    {
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "a file.bin"), RandomNumberGenerator.GetBytes(8_000_000));
        await using var app = Serve(folder.FullName, new IPEndPoint(IPAddress.Loopback, 0));
        await app.StartAsync();
        return await GetAsync(new Uri(UrlOf(app), "a file.bin"), Path.Combine(folder.FullName, "a copy.bin")) ? 0 : 1;
    }
    finally
    {
        folder.Delete(recursive: true);
    }
}

// Kestrel shows http://utp:127.0.0.1:9000; a client knows what carries it.
static Uri UrlOf(WebApplication app) => new(app.Urls.Single().Replace("utp:", ""));
