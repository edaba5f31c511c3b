using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Utp.Interop.Tests.Peers;

/// <summary>
/// The peers' packages: installed once per checkout by <c>npm ci</c> from the committed lock file, without running any package's
/// scripts (the native library comes prebuilt). Where that cannot be, it is known why.
/// </summary>
internal static class NodeModules
{
    private static readonly TimeSpan InstallPatience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly Lazy<string?> Missing = new(Prepare);

    /// <summary>Where the scripts and their packages are: beside this project's sources.</summary>
    public static string Folder { get; } = FindFolder();

    /// <summary>Why the peers cannot run; null: they can.</summary>
    public static string? WhyMissing => Missing.Value;

    /// <exception cref="InvalidOperationException">They cannot run.</exception>
    public static void Require()
    {
        if (WhyMissing is { } why)
            throw new InvalidOperationException(why);
    }

    private static string FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "node", "peer.js");
            if (File.Exists(candidate))
                return Path.GetDirectoryName(candidate)!;
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} has node/peer.js.");
    }

    private static string? Prepare()
    {
        if (Run("node", ["--version"], StartPatience) is { } noNode)
            return $"Node.js is not on this machine ({noNode}): install Node.js 18 or newer to run the interoperation tests.";
        if (Install() is { } notInstalled)
            return $"The peers could not be installed ({notInstalled}): run 'npm ci --ignore-scripts' in {Folder}.";
        return Run("node", ["-e", "require('utp-native'); require('utp')"], StartPatience) is { } notLoaded
            ? $"The peers do not load on this machine ({notLoaded})."
            : null;
    }

    private static string? Install()
    {
        if (IsInstalled)
            return null;

        // Two test runs in one checkout must not install over each other.
        using var guard = new Mutex(initiallyOwned: false, $"utp-interop-{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Folder)).AsSpan(0, 8))}");
        if (!guard.WaitOne(InstallPatience))
            return $"another test run has been at it for {InstallPatience.TotalMinutes} minutes";
        try
        {
            return IsInstalled ? null : Run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"], InstallPatience);
        }
        finally
        {
            guard.ReleaseMutex();
        }
    }

    // npm writes this file last.
    private static bool IsInstalled =>
        File.Exists(Path.Combine(Folder, "node_modules", ".package-lock.json"))
        && File.GetLastWriteTimeUtc(Path.Combine(Folder, "node_modules", ".package-lock.json"))
            >= File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json"));

    private static string? Run(string command, string[] arguments, TimeSpan patience)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments)
            {
                WorkingDirectory = Folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.OutputDataReceived += static (_, _) => { };
            var errors = process.StandardError.ReadToEndAsync();
            process.BeginOutputReadLine();
            if (!process.WaitForExit(patience))
            {
                process.Kill(entireProcessTree: true);
                return $"'{command}' did not finish within {patience.TotalSeconds} s";
            }

            if (process.ExitCode == 0)
                return null;
            var said = errors.Result.Split('\n').FirstOrDefault(static line => line.Contains("error", StringComparison.OrdinalIgnoreCase));
            return $"'{command}' ended with {process.ExitCode}: {said?.Trim()}";
        }
        catch (Win32Exception e)
        {
            return $"'{command}' cannot be started: {new Win32Exception(e.NativeErrorCode).Message}";
        }
    }
}
