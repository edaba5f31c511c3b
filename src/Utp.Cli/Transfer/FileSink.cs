using Microsoft.Win32.SafeHandles;

namespace Utp.Cli;

/// <summary>
/// A file that stands under its name only when it is complete: it is written under a temporary name in the same folder, flushed to the disk and
/// renamed. What dies in between leaves the temporary name at most.
/// </summary>
internal sealed class FileSink : IByteSink
{
    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly bool _replace;
    private readonly SafeFileHandle _handle;
    private long _length;
    private bool _completed;

    /// <summary>Creates the temporary file.</summary>
    /// <param name="path">The name in the end.</param>
    /// <param name="replace">Whether a file of that name is replaced, which keeps its permissions; otherwise a number is added to the name.</param>
    /// <exception cref="CliException">It cannot be created.</exception>
    public FileSink(string path, bool replace)
    {
        // Renaming over a symbolic link would replace the link, not the file behind it.
        _path = Path.GetFullPath(new FileInfo(path) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : path);
        _replace = replace;
        Name = path;
        _temporaryPath = PartFiles.NameFor(_path);
        try
        {
            // Locked: whoever finds it knows that its writer lives.
            _handle = File.OpenHandle(_temporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(Explain(e), inner: e);
        }
    }

    public string Name { get; private set; }

    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        RandomAccess.Write(_handle, pieces, _length);
        foreach (var piece in pieces)
            _length += piece.Length;
    }

    public void Complete()
    {
        if (_replace && !OperatingSystem.IsWindows() && File.Exists(_path))
            File.SetUnixFileMode(_handle, File.GetUnixFileMode(_path));
        RandomAccess.FlushToDisk(_handle);
        if (_replace)
            File.Move(_temporaryPath, _path, overwrite: true);
        else
            MoveToFreeName();
        _completed = true;
        _handle.Dispose();
    }

    public string Explain(Exception error) => FileErrors.Writing(Name, error);

    public void Dispose()
    {
        _handle.Dispose();
        if (_completed)
            return;
        try
        {
            File.Delete(_temporaryPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What remains has a temporary name.
        }
    }

    private void MoveToFreeName()
    {
        for (var number = 1; ; number++)
        {
            var path = number == 1 ? _path : $"{_path}-{number}";
            try
            {
                File.Move(_temporaryPath, path, overwrite: false);
                Name = number == 1 ? Name : $"{Name}-{number}";
                return;
            }
            catch (IOException) when (number < 10_000 && File.Exists(path))
            {
            }
        }
    }
}
