using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Utp.Cli;

/// <summary>Makes what was written last: on Linux a whole file system with one call, because a call for each of many small files takes a hundred times as long.</summary>
internal static class DiskFlush
{
    /// <summary>Whether <see cref="FileSystemOf"/> does it, so that no file has to be flushed by itself.</summary>
    public static bool AtOnce => OperatingSystem.IsLinux();

    /// <summary>Flushes the file system on which a file is; elsewhere than on Linux nothing.</summary>
    /// <exception cref="IOException">The disk could not take everything.</exception>
    public static void FileSystemOf(SafeFileHandle file)
    {
        if (AtOnce && SyncFs(file) != 0)
            throw new IOException($"The disk could not take everything ({Marshal.GetLastPInvokeErrorMessage()})");
    }

    [DllImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SyncFs(SafeFileHandle file);
}
