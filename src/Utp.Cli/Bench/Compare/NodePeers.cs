using System.ComponentModel;
using System.Diagnostics;

namespace Utp.Cli;

/// <summary>The ends that run in Node (<c>benchmarks/peers</c>): their packages are installed by <c>npm ci</c> from the lock file when they are wanted first.</summary>
internal static class NodePeers
{
    private const string Script = "end.js";

    private static readonly TimeSpan InstallPatience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    /// <summary>How an end is started; or why none can be, in a few words.</summary>
    /// <param name="folder">Where they are; null: <c>benchmarks/peers</c> in a folder above this program or the current one.</param>
    public static (StartEnd? Start, string? WhyNot) Find(string? folder)
    {
        var found = folder ?? Above(AppContext.BaseDirectory) ?? Above(Environment.CurrentDirectory);
        if (found is null || !File.Exists(Path.Combine(found, Script)))
            return (null, "benchmarks/peers is not there");
        if (Run("node", ["--version"], found, StartPatience) is { } noNode)
            return (null, $"no Node.js: {noNode}");
        if (!IsInstalled(found) && Run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"], found, InstallPatience) is { } notInstalled)
            return (null, $"not installed: {notInstalled}");
        if (Run("node", ["-e", "require('utp-native')"], found, StartPatience) is { } notLoaded)
            return (null, $"utp-native does not load: {notLoaded}");
        return (_ => new ProcessStartInfo("node", [Script]) { WorkingDirectory = found }, null);
    }

    private static string? Above(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "benchmarks", "peers");
            if (File.Exists(Path.Combine(candidate, Script)))
                return candidate;
        }

        return null;
    }

    // npm writes this file last.
    private static bool IsInstalled(string folder)
    {
        var mark = Path.Combine(folder, "node_modules", ".package-lock.json");
        return File.Exists(mark) && File.GetLastWriteTimeUtc(mark) >= File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json"));
    }

    private static string? Run(string command, string[] arguments, string folder, TimeSpan patience)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.OutputDataReceived += static (_, _) => { };
            process.BeginOutputReadLine();
            var errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(patience))
            {
                process.Kill(entireProcessTree: true);
                return $"'{command}' did not finish within {patience.TotalSeconds} s";
            }

            if (process.ExitCode == 0)
                return null;
            var said = errors.Result.Split('\n').FirstOrDefault(static line => line.Contains("error", StringComparison.OrdinalIgnoreCase));
            return $"'{command}' ended with {process.ExitCode} ({said?.Trim()})";
        }
        catch (Win32Exception e)
        {
            return new Win32Exception(e.NativeErrorCode).Message;
        }
    }
}
