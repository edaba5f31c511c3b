using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Utp.Kestrel;
using Utp.Streams;

namespace Utp.Benchmarks;

/// <summary>
/// What does an HTTP download cost through Kestrel over uTP, beside Kestrel over TCP? One server with all end points, and the framework's own client, in one process on
/// loopback; each round downloads the same body by each of them, one after the other. CPU is that of the process, both ends.
/// </summary>
internal static class HttpDownload
{
    private const int BlockBytes = 64 << 10;
    private const int WarmUpBytes = 64 << 20;

    // A server shows its end points of uTP as http://utp:127.0.0.1:9000.
    private const string UtpMark = "utp:";

    /// <param name="rounds">At least 1.</param>
    /// <param name="mebibytes">Of the body.</param>
    public static async Task<int> RunAsync(int rounds, int mebibytes)
    {
        if (rounds < 1 || mebibytes < 1)
        {
            Console.Error.WriteLine("Usage: http [ROUNDS [MEBIBYTES]], both at least 1; 5 rounds of 512 MiB by default.");
            return 2;
        }

        await using var app = await ServeAsync();
        Contender[] contenders =
        [
            new("HTTP/1.1, uTP", UrlOf(app, 0), HttpVersion.Version11, UtpHttp.CreateHandler()),
            new("HTTP/1.1, TCP", UrlOf(app, 1), HttpVersion.Version11, new SocketsHttpHandler { UseProxy = false }),
            new("HTTP/2, uTP", UrlOf(app, 2), HttpVersion.Version20, UtpHttp.CreateHandler()),
            new("HTTP/2, TCP", UrlOf(app, 3), HttpVersion.Version20, new SocketsHttpHandler { UseProxy = false }),
        ];
        foreach (var contender in contenders)
            await contender.DownloadAsync(WarmUpBytes);
        var results = contenders.ToDictionary(static contender => contender, static _ => new List<(double MegabytesPerSecond, double CpuPerGigabyte)>());
        for (var i = 0; i < rounds; i++)
        {
            foreach (var contender in contenders)
                results[contender].Add(await contender.DownloadAsync((long)mebibytes << 20));
        }

        Console.WriteLine($"Downloads of {mebibytes} MiB through Kestrel, one process, loopback, .NET {Environment.Version}, {Environment.ProcessorCount} cores; medians of {rounds} rounds (smallest–largest).\n");
        Console.WriteLine("| | MB/s | CPU s/GB |\n|---|---:|---:|");
        foreach (var (contender, figures) in results)
            Console.WriteLine($"| {contender.Name} | {Text(figures.Select(static f => f.MegabytesPerSecond), "N0")} | {Text(figures.Select(static f => f.CpuPerGigabyte), "N2")} |");
        foreach (var contender in contenders)
            contender.Dispose();
        await app.StopAsync();
        return 0;
    }

    private static async Task<WebApplication> ServeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUtp();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            foreach (var protocol in new[] { HttpProtocols.Http1, HttpProtocols.Http2 })
            {
                kestrel.Listen(new UtpEndPoint(IPAddress.Loopback, 0), listen => listen.Protocols = protocol);
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocol);
            }
        });
        var app = builder.Build();
        app.MapGet("/{bytes:long}", static async (long bytes, HttpContext http) =>
        {
            http.Response.ContentLength = bytes;
            var block = new byte[BlockBytes];
            for (; bytes > 0; bytes -= BlockBytes)
                await http.Response.Body.WriteAsync(block.AsMemory(0, (int)Math.Min(bytes, BlockBytes)));
        });
        await app.StartAsync();
        return app;
    }

    // In the order in which it was told to listen.
    private static Uri UrlOf(WebApplication app, int index) => new(app.Urls.ElementAt(index).Replace(UtpMark, "", StringComparison.Ordinal));

    private static string Text(IEnumerable<double> figures, string format)
    {
        double[] sorted = [.. figures.Order()];
        var median = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        return string.Format(CultureInfo.InvariantCulture, $"{{0:{format}}} ({{1:{format}}}–{{2:{format}}})", median, sorted[0], sorted[^1]);
    }

    private sealed class Contender(string name, Uri url, Version version, SocketsHttpHandler handler) : IDisposable
    {
        private readonly HttpClient _client = new(handler) { DefaultRequestVersion = version, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        private readonly byte[] _buffer = new byte[BlockBytes];

        public string Name => name;

        public async Task<(double MegabytesPerSecond, double CpuPerGigabyte)> DownloadAsync(long bytes)
        {
            var cpu = Environment.CpuUsage.TotalTime;
            var watch = Stopwatch.StartNew();
            await using var body = await _client.GetStreamAsync(new Uri(url, $"{bytes}"));
            long received = 0;
            int count;
            while ((count = await body.ReadAsync(_buffer)) > 0)
                received += count;
            var seconds = watch.Elapsed.TotalSeconds;
            if (received != bytes)
                throw new InvalidDataException($"{name}: {received:N0} bytes of {bytes:N0} arrived.");
            return (bytes / 1e6 / seconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds / (bytes / 1e9));
        }

        public void Dispose() => _client.Dispose();
    }
}
