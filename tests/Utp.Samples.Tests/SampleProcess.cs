using System.Diagnostics;

namespace Utp.Samples.Tests;

/// <summary>A sample as a process of its own, as its user runs it. Whatever is waited for must come in time.</summary>
internal sealed class SampleProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly string Root = FindRoot();
    private readonly Process _process;
    private readonly CancellationTokenSource _limit = new(Limit);

    private SampleProcess(Process process) => _process = process;

    public static string Folder { get; } = Path.Combine(Root, "samples");

    /// <summary>Runs a sample to its end.</summary>
    /// <param name="sample">Its name.</param>
    /// <param name="arguments">What it is called with.</param>
    /// <param name="input">All of its standard input.</param>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string sample, string[] arguments, string input = "")
    {
        await using var running = Start(sample, arguments);
        var output = running._process.StandardOutput.ReadToEndAsync(running._limit.Token);
        var errors = running._process.StandardError.ReadToEndAsync(running._limit.Token);
        await running._process.StandardInput.WriteAsync(input);
        var exitCode = await running.EndAsync();
        return (exitCode, (await output).ReplaceLineEndings("\n"), await errors);
    }

    public static SampleProcess Start(string sample, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", PathOf(sample), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new SampleProcess(Process.Start(start)!);
    }

    /// <summary>The next line of its output that begins so.</summary>
    public async Task<string> ReadLineAsync(string beginning)
    {
        while (await _process.StandardOutput.ReadLineAsync(_limit.Token) is { } line)
            if (line.StartsWith(beginning, StringComparison.Ordinal))
                return line;
        throw new EndOfStreamException($"The output ended without \"{beginning}\".");
    }

    /// <summary>Ends its input, and waits for it to end; its exit code.</summary>
    public async Task<int> EndAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(_limit.Token);
        return _process.ExitCode;
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _limit.Dispose();
        return ValueTask.CompletedTask;
    }

    // Where its own build put it, in the configuration of these tests, which refer to it: the copy beside the tests may lack what they take from elsewhere.
    private static string PathOf(string sample)
    {
        var tests = Path.Combine(Root, "tests", typeof(SampleProcess).Assembly.GetName().Name!);
        var output = Path.Combine(Folder, sample, Path.GetRelativePath(tests, AppContext.BaseDirectory), sample + ".dll");
        return File.Exists(output) ? output : throw new FileNotFoundException($"{sample} is not built at {output}: reference it in the tests' project.");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Utp.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("Utp.sln is in no folder above the tests.");
        return folder.FullName;
    }
}
