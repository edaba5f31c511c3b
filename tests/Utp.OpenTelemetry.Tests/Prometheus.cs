using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Utp.OpenTelemetry.Tests;

/// <summary>A Prometheus of its own, on loopback, with its data in a temporary folder.</summary>
internal sealed class Prometheus : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;
    private readonly HttpClient _client;

    private Prometheus(Process process, string folder, Uri address)
    {
        _process = process;
        _folder = folder;
        _client = new HttpClient { BaseAddress = address };
    }

    /// <summary>Where the program is; null: nowhere.</summary>
    public static string? Program { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(static folder => Path.Combine(folder, "prometheus")).FirstOrDefault(File.Exists);

    public static async Task<Prometheus> StartAsync(Uri scraped)
    {
        var folder = Directory.CreateTempSubdirectory("utp-prometheus-").FullName;
        var config = Path.Combine(folder, "prometheus.yml");
        await File.WriteAllTextAsync(config, $"global: {{ scrape_interval: 1s }}\nscrape_configs: [{{ job_name: utp, static_configs: [{{ targets: ['{scraped.Authority}'] }}] }}]\n");
        var start = new ProcessStartInfo(Program!, ["--config.file=" + config, "--web.listen-address=127.0.0.1:0", "--storage.tsdb.path=" + Path.Combine(folder, "data")]) { RedirectStandardError = true };
        var process = Process.Start(start)!;
        try
        {
            using var limit = new CancellationTokenSource(Pair.Patience);
            while (await process.StandardError.ReadLineAsync(limit.Token) is { } line)
            {
                var at = line.IndexOf("msg=\"Listening on\" address=", StringComparison.Ordinal);
                if (at < 0)
                    continue;
                // What it says later is read, so that it does not wait for a reader.
                _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
                return new Prometheus(process, folder, new Uri("http://" + line[(line.LastIndexOf('=') + 1)..]));
            }

            throw new InvalidOperationException("Prometheus ended before it listened.");
        }
        catch
        {
            process.Kill();
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>Whether a query is understood, and finds numbers.</summary>
    public async Task<bool> FindsAsync(string query)
    {
        using var response = await _client.GetAsync(new Uri("/api/v1/query?query=" + Uri.EscapeDataString(query), UriKind.Relative));
        if (response.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable)
            return false;
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(answer.GetProperty("status").GetString() == "success", $"{query}: {answer}");
        return answer.GetProperty("data").GetProperty("result").EnumerateArray().Any(static series => series.GetProperty("value")[1].GetString() is not (null or "NaN"));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Needs Prometheus; without it the test is skipped, unless <c>UTP_REQUIRE_PEERS=1</c> forbids that.</summary>
internal sealed class PrometheusFactAttribute : FactAttribute
{
    public PrometheusFactAttribute()
    {
        if (Prometheus.Program is null && Environment.GetEnvironmentVariable("UTP_REQUIRE_PEERS") != "1")
            Skip = "prometheus is not installed (Debian package: prometheus).";
    }
}
