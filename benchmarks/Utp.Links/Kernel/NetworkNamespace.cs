using System.Diagnostics;
using System.Globalization;

namespace Utp.Links.Kernel;

/// <summary>
/// A network namespace by iproute2's name, removed when disposed. The name carries the id of the process that made it, so that those of a process that died are
/// found and removed by the next one.
/// </summary>
internal sealed class NetworkNamespace : IDisposable
{
    private static readonly string[] Prefixes = ["links", "hosti"];
    private static int _count;
    private static int _swept;

    private NetworkNamespace(string name) => Name = name;

    public string Name { get; }

    /// <summary>Makes a namespace, its loopback device up.</summary>
    /// <param name="role">Ends its name.</param>
    /// <param name="prefix">Begins it: one of those that are swept.</param>
    /// <exception cref="InvalidOperationException">ip(8) failed; its own words say why.</exception>
    public static NetworkNamespace Create(string role, string prefix = "links")
    {
        if (Interlocked.Exchange(ref _swept, 1) == 0)
            Sweep();
        var name = string.Create(CultureInfo.InvariantCulture, $"{prefix}-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}-{role}");
        Run("ip", "netns", "add", name);
        var made = new NetworkNamespace(name);
        made.Ip("link set lo up");
        return made;
    }

    /// <summary>Runs <c>ip</c> in the namespace.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public void Ip(string command) => Run("ip", ["-n", Name, .. command.Split(' ')]);

    /// <summary>Runs <c>ip</c> in the namespace; false: it failed, as when what it should remove is not there.</summary>
    public bool TryIp(string command)
    {
        try
        {
            Ip(command);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>How a program is started in the namespace.</summary>
    public ProcessStartInfo Start(string program, params IEnumerable<string> arguments) => new("ip", ["netns", "exec", Name, program, .. arguments]);

    public void Dispose() => RunOrIgnore("ip", "netns", "del", Name);

    /// <summary>Runs a program of the system and waits for it.</summary>
    /// <returns>What it said.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message has its own words.</exception>
    public static string Run(string program, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? said : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {error.Result.Trim()} (exit code {process.ExitCode})");
    }

    private static void RunOrIgnore(string program, params IEnumerable<string> arguments)
    {
        try
        {
            Run(program, arguments);
        }
        catch (InvalidOperationException)
        {
            // It is gone already.
        }
    }

    private static void Sweep()
    {
        const string Folder = "/run/netns";
        if (!Directory.Exists(Folder))
            return;
        foreach (var name in Directory.EnumerateFiles(Folder).Select(static path => Path.GetFileName(path)).Where(static name => Prefixes.Contains(name.Split('-')[0])))
        {
            if (name.Split('-') is [_, var maker, ..] && int.TryParse(maker, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && !Directory.Exists($"/proc/{id}"))
                RunOrIgnore("ip", "netns", "del", name);
        }
    }
}
