using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Utp.Cli;

/// <summary>
/// A file that stands under its name only when it is complete: it is written under a temporary name in the same folder, flushed to the disk and
/// renamed. What dies in between leaves the temporary name at most; one that resumes keeps it, and begins with what another one has kept.
/// </summary>
internal sealed class FileSink : IByteSink
{
    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly bool _replace;
    private readonly bool _resumes;
    private readonly bool _removesLeft;
    private readonly SafeFileHandle _handle;
    private long _length;
    private bool _completed;

    /// <summary>Creates the temporary file.</summary>
    /// <param name="path">The name in the end.</param>
    /// <param name="replace">Whether a file of that name is replaced, which keeps its permissions; otherwise a number is added to the name.</param>
    /// <param name="resumes">Whether it begins with what was kept of a transfer that broke off, and keeps what it has when it breaks off itself.</param>
    /// <param name="removesLeft">Whether it removes, once complete, what others that died have left of the same file.</param>
    /// <exception cref="CliException">It cannot be created.</exception>
    public FileSink(string path, bool replace, bool resumes = false, bool removesLeft = false)
    {
        // Renaming over a symbolic link would replace the link, not the file behind it.
        _path = Path.GetFullPath(new FileInfo(path) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : path);
        _replace = replace;
        _resumes = resumes;
        _removesLeft = removesLeft;
        Name = path;
        if (resumes && PartFiles.TryTake(_path, out var kept, out var handle))
        {
            (_temporaryPath, _handle) = (kept, handle);
            Kept = _length = RandomAccess.GetLength(handle);
            return;
        }

        _temporaryPath = PartFiles.NameFor(_path);
        try
        {
            // Locked: whoever finds it knows that its writer lives.
            _handle = File.OpenHandle(_temporaryPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(Explain(e), inner: e);
        }
    }

    public string Name { get; private set; }

    /// <summary>Whether a transfer may go on where another one stopped.</summary>
    public bool Resumes => _resumes;

    /// <summary>How many bytes there were at the beginning.</summary>
    public long Kept { get; }

    /// <summary>SHA-256 of what was kept, for more to be appended; the caller's.</summary>
    public IncrementalHash HashKept()
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 << 10];
        for (long at = 0; at < Kept;)
        {
            var count = RandomAccess.Read(_handle, buffer.AsSpan(0, (int)Math.Min(buffer.Length, Kept - at)), at);
            if (count == 0)
                throw new EndOfStreamException($"{_temporaryPath} became shorter.");
            hash.AppendData(buffer, 0, count);
            at += count;
        }

        return hash;
    }

    /// <summary>What was kept is of no use: the file begins anew.</summary>
    public void Restart()
    {
        if (_length > 0)
            RandomAccess.SetLength(_handle, 0);
        _length = 0;
    }

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

        // Whoever might have gone on from them has been told, and has not.
        if (_removesLeft)
            PartFiles.RemoveAbandoned(Path.GetDirectoryName(_path)!, Path.GetFileName(_path), static _ => { });
    }

    public string Explain(Exception error) => FileErrors.Writing(Name, error);

    public void Dispose()
    {
        _handle.Dispose();
        if (_completed || (_resumes && _length > 0))
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
