using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Utp.Dashboard.Tests;

/// <summary>Chromium, driven by Playwright in a Node process that takes what to do as lines of JSON (<c>node/browser.mjs</c>). One for all tests; each has pages of its own.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly string[] Programs = ["chromium", "chromium-browser", "google-chrome"];

    private Process? _node;
    private int _next;

    /// <summary>Why there is none; null: there is one.</summary>
    public static string? WhyMissing { get; } = FindWhyMissing();

    private static string Folder { get; } = Path.Combine(Repository.Root, "tests", "Utp.Dashboard.Tests", "node");

    private static string? Chromium { get; } = Find();

    public async Task InitializeAsync()
    {
        if (WhyMissing is not null)
            return;
        if (!File.Exists(Path.Combine(Folder, "node_modules", ".package-lock.json")))
            await InstallAsync();
        _node = Process.Start(new ProcessStartInfo("node", ["browser.mjs", Chromium!])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await ReadAsync();
    }

    public async Task DisposeAsync()
    {
        if (_node is null)
            return;

        // It closes the browser when its input ends.
        _node.StandardInput.Close();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await _node.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _node.Kill(entireProcessTree: true);
        }

        _node.Dispose();
    }

    /// <summary>A new page.</summary>
    /// <param name="options">Playwright's of a context.</param>
    public async Task<BrowserPage> OpenAsync(object? options = null)
    {
        var name = (++_next).ToString(System.Globalization.CultureInfo.InvariantCulture);
        await SendAsync(new { page = name, options = options ?? new { } });
        return new BrowserPage(this, name);
    }

    internal async Task<JsonNode?> SendAsync(object what)
    {
        // Tests run one after the other, and so do their questions.
        var line = JsonSerializer.SerializeToNode(what)!;
        line["id"] = ++_next;
        await _node!.StandardInput.WriteLineAsync(line.ToJsonString());
        await _node.StandardInput.FlushAsync();
        return await ReadAsync();
    }

    private async Task<JsonNode?> ReadAsync()
    {
        var line = await _node!.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException("The browser's process has ended: what it wrote on standard error says why.");
        var answer = JsonNode.Parse(line)!;
        return answer["error"] is { } error ? throw new InvalidOperationException((string?)error) : answer["value"];
    }

    private static string? FindWhyMissing()
    {
        if (Find() is null)
            return "Chromium is not on this machine: install the package chromium to run the tests of the page.";
        try
        {
            using var node = Process.Start(new ProcessStartInfo("node", ["--version"]) { RedirectStandardOutput = true })!;
            return null;
        }
        catch (Win32Exception)
        {
            return "Node.js is not on this machine: install Node.js 20 or newer to run the tests of the page.";
        }
    }

    private static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).SelectMany(static folder => Programs.Select(program => Path.Combine(folder, program))).FirstOrDefault(File.Exists);

    private static async Task InstallAsync()
    {
        using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]) { WorkingDirectory = Folder, RedirectStandardOutput = true })!;
        await npm.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await npm.WaitForExitAsync();
        Assert.True(npm.ExitCode == 0, $"'npm ci' in {Folder} ended with {npm.ExitCode}.");
    }
}

/// <summary>One page of the browser.</summary>
public sealed class BrowserPage(Browser browser, string name) : IAsyncDisposable
{
    /// <summary>Runs the body of an asynchronous function of <c>page</c> (Playwright's), <c>context</c>, <c>args</c> and <c>axe</c>.</summary>
    public async Task<JsonNode?> RunAsync(string code, object? args = null) => await browser.SendAsync(new { page = name, code, args });

    /// <summary>Waits until an expression is true on the page.</summary>
    public async Task UntilAsync(string expression) => await browser.SendAsync(new { page = name, expression });

    /// <summary>Closes it.</summary>
    /// <returns>What the page complained of: errors of scripts, and what the console says in red.</returns>
    public async Task<string[]> CloseAsync()
    {
        _isClosed = true;
        return (await browser.SendAsync(new { page = name, ends = true })).Deserialize<string[]>()!;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isClosed)
            await CloseAsync();
    }

    private bool _isClosed;
}

/// <summary>The tests that share the browser.</summary>
[CollectionDefinition(Name)]
public sealed class BrowserCollection : ICollectionFixture<Browser>
{
    public const string Name = "browser";
}

/// <summary>A test that needs the browser: skipped where there is none, unless <c>UTP_REQUIRE_PEERS=1</c>.</summary>
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Browser.WhyMissing is { } why && Environment.GetEnvironmentVariable("UTP_REQUIRE_PEERS") != "1")
            Skip = why;
    }
}

/// <summary>As <see cref="BrowserFactAttribute"/>, for a theory.</summary>
public sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute()
    {
        if (Browser.WhyMissing is { } why && Environment.GetEnvironmentVariable("UTP_REQUIRE_PEERS") != "1")
            Skip = why;
    }
}
