using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary>The program on a terminal, which <c>script</c> makes.</summary>
public partial class TerminalTests
{
    [Theory]
    [InlineData("demo --size 1MiB")]
    [InlineData("simulate --profile home-20ms-10m-1mb")]
    public async Task NO_COLOR_leaves_neither_colours_nor_decoration(string line)
    {
        if (!OperatingSystem.IsLinux())
            return;
        Assert.Matches(Decoration(), await RunAsync(line, noColour: false));
        Assert.DoesNotMatch(Decoration(), await RunAsync(line, noColour: true));
    }

    private static async Task<string> RunAsync(string line, bool noColour)
    {
        var dotnet = Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet";
        var start = new ProcessStartInfo("script") { RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var argument in new[] { "-qec", $"'{dotnet}' '{Path.Combine(AppContext.BaseDirectory, "utp.dll")}' {line}", "/dev/null" })
            start.ArgumentList.Add(argument);
        start.Environment["TERM"] = "xterm-256color";
        start.Environment.Remove("NO_COLOR");
        if (noColour)
            start.Environment["NO_COLOR"] = "1";
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync().WaitAsync(UtpRun.Patience);
        await process.WaitForExitAsync().WaitAsync(UtpRun.Patience);
        Assert.True(process.ExitCode == ExitCode.Done, text);
        return text;
    }

    // "Select graphic rendition" with anything but a reset.
    [GeneratedRegex("\u001b\\[[0-9;:]*[1-9][0-9;:]*m")]
    private static partial Regex Decoration();
}
