using System.ComponentModel;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Utp.Cli;

/// <summary>Holds a whole process to one core, for measurements that must not contain the wake-up of another one.</summary>
internal static class CoreAffinity
{
    private const int CallingThread = 0;
    private const int MaskWords = 16;

    /// <summary>The last core that this process may use; the first serves most interrupts.</summary>
    /// <exception cref="CliException">The system has no such thing.</exception>
    public static int LastCore()
    {
        if (OperatingSystem.IsLinux())
        {
            var mask = Get();
            var word = Array.FindLastIndex(mask, static w => w != 0);
            return word * 64 + BitOperations.Log2(mask[word]);
        }

        if (OperatingSystem.IsWindows())
        {
            using var self = Process.GetCurrentProcess();
            return BitOperations.Log2((ulong)self.ProcessorAffinity);
        }

        throw new CliException("--pin works on Linux and Windows only: leave it out.");
    }

    /// <summary>Starts a process that is held to the core from its first instruction on.</summary>
    /// <remarks>
    /// On Linux a core is a matter of each thread, inherited from the one that made it: moving the process after its start moves its first thread, and
    /// misses those that it has made meanwhile. So the thread that forks is moved, and moved back.
    /// </remarks>
    /// <exception cref="CliException">It could not be held.</exception>
    /// <exception cref="Win32Exception">It could not be started.</exception>
    public static Process Start(ProcessStartInfo start, int core)
    {
        if (!OperatingSystem.IsLinux())
        {
            var process = Process.Start(start)!;
            if (OperatingSystem.IsWindows())
                process.ProcessorAffinity = (nint)(1L << core);
            return process;
        }

        var before = Get();
        var one = new ulong[MaskWords];
        one[core / 64] = 1UL << (core % 64);
        Set(one);
        try
        {
            return Process.Start(start)!;
        }
        finally
        {
            Set(before);
        }
    }

    private static ulong[] Get()
    {
        var mask = new ulong[MaskWords];
        if (GetAffinity(CallingThread, MaskWords * sizeof(ulong), mask) < 0)
            throw Failed();
        return mask;
    }

    private static void Set(ulong[] mask)
    {
        if (SetAffinity(CallingThread, MaskWords * sizeof(ulong), mask) < 0)
            throw Failed();
    }

    private static CliException Failed() => new($"The processes could not be held to one core ({new Win32Exception().Message}): leave out --pin.");

    // Process.ProcessorAffinity reaches the first thread only; nothing in .NET reaches the calling one.
    [DllImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetAffinity(int thread, nint maskBytes, [Out] ulong[] mask);

    [DllImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAffinity(int thread, nint maskBytes, ulong[] mask);
}
