namespace Utp.Cli;

/// <summary>Which bits of permissions are carried: those of reading, writing and running, and none that gives a program another user's rights.</summary>
internal static class FileModes
{
    /// <summary>rwxrwxrwx.</summary>
    public const UnixFileMode Permissions = (UnixFileMode)0x1FF;

    /// <summary>What the owner needs of a folder while its entries are written.</summary>
    public const UnixFileMode OwnFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>What the owner needs of a file.</summary>
    public const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
}
