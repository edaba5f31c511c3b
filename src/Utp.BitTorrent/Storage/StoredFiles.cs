using Microsoft.Win32.SafeHandles;

namespace Utp.BitTorrent;

/// <summary>
/// A torrent's files below the chosen folder: opened when needed, a bounded number at the same time, and never through a symbolic link, so that nothing outside the folder is
/// read or written. (Whoever may already write into the folder could still put a link there between look and opening.) Files are sparse where the file system has that: their
/// length is set at once, their blocks when they are written. Any thread.
/// </summary>
internal sealed class StoredFiles(string folder) : IDisposable
{
    // Well below the 1,024 that a process may open by default.
    private const int MaxOpen = 128;

    private readonly Lock _lock = new();
    private readonly Dictionary<TorrentFile, LinkedListNode<OpenFile>> _byFile = [];
    private readonly LinkedList<OpenFile> _byUse = [];
    private readonly HashSet<TorrentFile> _written = [];
    private bool _isDisposed;

    private sealed record OpenFile(TorrentFile File, SafeFileHandle Handle, bool CanWrite);

    /// <summary>The file's path on this disk.</summary>
    public string PathOf(TorrentFile file) => Path.Combine(folder, file.Path.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>Reads all of a range that lies within the file; false: the file is not there, or shorter.</summary>
    public bool TryRead(TorrentFile file, long offset, Span<byte> output)
    {
        while (true)
        {
            try
            {
                if (Handle(file, toWrite: false) is not { } handle)
                    return false;
                while (!output.IsEmpty)
                {
                    var count = RandomAccess.Read(handle, output, offset);
                    if (count == 0)
                        return false;
                    output = output[count..];
                    offset += count;
                }

                return true;
            }
            catch (ObjectDisposedException) when (!_isDisposed)
            {
                // It was closed in favour of another, between being found and being read.
            }
            catch (Exception e) when (e is (IOException and not BitTorrentException) or UnauthorizedAccessException)
            {
                throw new BitTorrentException($"{PathOf(file)} cannot be read ({Reason(e)}): check the disk and the file's permissions, then start again.", e);
            }
        }
    }

    /// <summary>Writes a range that lies within the file.</summary>
    public void Write(TorrentFile file, long offset, ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            try
            {
                RandomAccess.Write(Handle(file, toWrite: true)!, bytes, offset);
                return;
            }
            catch (ObjectDisposedException) when (!_isDisposed)
            {
                // As above; what was written is written again.
            }
            catch (Exception e) when (e is (IOException and not BitTorrentException) or UnauthorizedAccessException)
            {
                throw new BitTorrentException($"{PathOf(file)} cannot be written ({Reason(e)}): make room or give permission, then start again; what is there is kept.", e);
            }
        }
    }

    /// <summary>Makes an empty file, if it is not there.</summary>
    public void Touch(TorrentFile file) => Write(file, 0, []);

    /// <summary>Everything that was written is on the disk, also when the machine loses its power afterwards.</summary>
    public void Flush()
    {
        TorrentFile[] written;
        lock (_lock)
        {
            written = [.. _written];
            _written.Clear();
        }

        foreach (var file in written)
        {
            try
            {
                // A handle of its own: the one that wrote may be closed in favour of another at any time, and any handle flushes the whole file.
                using var handle = File.OpenHandle(PathOf(file), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                RandomAccess.FlushToDisk(handle);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new BitTorrentException($"{PathOf(file)} cannot be written ({Reason(e)}): make room or check the disk, then start again; what is there is kept.", e);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            foreach (var open in _byUse)
                open.Handle.Dispose();
            _byUse.Clear();
            _byFile.Clear();
        }
    }

    /// <summary>.NET adds the path in quotes, which the sentence has already.</summary>
    internal static string Reason(Exception error)
    {
        var message = error.Message;
        var quote = message.IndexOf('\'', StringComparison.Ordinal);
        return (quote < 0 ? message : message[..quote]).TrimEnd(' ', '.', ':');
    }

    private SafeFileHandle? Handle(TorrentFile file, bool toWrite)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (toWrite)
                _written.Add(file);
            if (_byFile.TryGetValue(file, out var node))
            {
                if (node.Value.CanWrite || !toWrite)
                {
                    _byUse.Remove(node);
                    _byUse.AddFirst(node);
                    return node.Value.Handle;
                }

                Close(node);
            }

            if (Open(file, toWrite) is not { } handle)
                return null;
            if (_byUse.Count >= MaxOpen)
                Close(_byUse.Last!);
            _byFile.Add(file, _byUse.AddFirst(new OpenFile(file, handle, toWrite)));
            return handle;
        }
    }

    private void Close(LinkedListNode<OpenFile> node)
    {
        node.Value.Handle.Dispose();
        _byUse.Remove(node);
        _byFile.Remove(node.Value.File);
    }

    private SafeFileHandle? Open(TorrentFile file, bool toWrite)
    {
        var path = PathOf(file);
        RefuseLinks(file);
        if (!toWrite)
            return File.Exists(path) ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite) : null;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (RandomAccess.GetLength(handle) < file.Length)
            RandomAccess.SetLength(handle, file.Length);
        return handle;
    }

    private void RefuseLinks(TorrentFile file)
    {
        var path = folder;
        foreach (var name in file.Path.Split('/'))
        {
            path = Path.Combine(path, name);
            // A link that leads nowhere does not exist, and is a link all the same.
            if (new FileInfo(path).LinkTarget is not null)
                throw new BitTorrentException($"{path} is a symbolic link, and could lead out of the chosen folder: remove it, or choose another folder.");
        }
    }
}
