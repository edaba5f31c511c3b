using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Utp.Cli;

/// <summary>What stands under a path, behind its links.</summary>
internal enum FileKind
{
    /// <summary>Nothing, or nothing that this user can see.</summary>
    None,

    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A pipe, named (FIFO) or of a shell (/dev/fd/63): opening it has an effect on its other end.</summary>
    Pipe,

    /// <summary>A Unix domain socket.</summary>
    Socket,

    /// <summary>A device: /dev/null, a terminal.</summary>
    Device,
}

/// <summary>Tells kinds apart by asking the file system, never by opening: a pipe that is opened and closed again is over for its reader.</summary>
internal static class FileKinds
{
    // struct statx has the same layout on every Linux.
    private const int StatxBytes = 256;
    private const int StatxModeOffset = 28;
    private const int CurrentFolder = -100;
    private const uint WantsType = 1;

    /// <summary>The kind of a path. Outside Linux pipes and sockets pass for devices, as far as .NET shows them.</summary>
    public static FileKind Of(string path)
    {
        if (OperatingSystem.IsLinux() && TryStatx(path, out var kind))
            return kind;
        if (Directory.Exists(path))
            return FileKind.Folder;
        if (!File.Exists(path))
            return FileKind.None;
        return (File.GetAttributes(path) & FileAttributes.Device) != 0 || path.StartsWith("/dev/", StringComparison.Ordinal) ? FileKind.Device : FileKind.File;
    }

    private static bool TryStatx(string path, out FileKind kind)
    {
        kind = FileKind.None;
        var answer = new byte[StatxBytes];
        try
        {
            if (Statx(CurrentFolder, path, 0, WantsType, answer) != 0)
                return true;
        }
        catch (EntryPointNotFoundException)
        {
            // Of a C library before 2018.
            return false;
        }

        kind = (BinaryPrimitives.ReadUInt16LittleEndian(answer.AsSpan(StatxModeOffset)) & 0xF000) switch
        {
            0x8000 => FileKind.File,
            0x4000 => FileKind.Folder,
            0x1000 => FileKind.Pipe,
            0xC000 => FileKind.Socket,
            _ => FileKind.Device,
        };
        return true;
    }

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte[] answer);
}
