using System.Diagnostics;

namespace Utp.Samples.Tests;

/// <summary>A sample as a process of its own, as its user runs it.</summary>
internal static class Sample
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static string Folder { get; } = Path.Combine(FindRoot(), "samples");

    /// <summary>Runs a sample to its end, which must come in time.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string sample, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", PathOf(sample), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, (await output).ReplaceLineEndings("\n"), await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    // Where its own build put it, in the configuration of these tests, which refer to it: the copy beside the tests may lack what they take from elsewhere.
    private static string PathOf(string sample)
    {
        var tests = Path.Combine(FindRoot(), "tests", typeof(Sample).Assembly.GetName().Name!);
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
