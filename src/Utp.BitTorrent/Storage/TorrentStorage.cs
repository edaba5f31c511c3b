using System.Buffers;

namespace Utp.BitTorrent;

/// <summary>
/// Where a torrent's pieces are kept: in its files below one folder, with what is known of them in a state file beside, which also keeps a second program out. Pieces are written when
/// they are verified, and not before. Any thread.
/// </summary>
internal sealed class TorrentStorage : IDisposable
{
    private readonly StoredFiles _files;
    private readonly StateFile? _state;
    private readonly string _folder;

    private TorrentStorage(TorrentMetainfo metainfo, string folder, StoredFiles files, StateFile? state) =>
        (Metainfo, _folder, _files, _state) = (metainfo, folder, files, state);

    public TorrentMetainfo Metainfo { get; }

    /// <summary>Opens it, and makes the folder if it is to be written.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="folder">Nothing outside of it is read or written.</param>
    /// <param name="readOnly">Whether it is only seeded from: then nothing at all is written.</param>
    /// <exception cref="BitTorrentException">The folder cannot be used, another session uses it, or what is there is of another torrent.</exception>
    public static TorrentStorage Open(TorrentMetainfo metainfo, string folder, bool readOnly = false)
    {
        var full = Path.GetFullPath(folder);
        if (readOnly)
            return new TorrentStorage(metainfo, full, new StoredFiles(full), null);
        try
        {
            Directory.CreateDirectory(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BitTorrentException($"The folder {folder} cannot be made ({StoredFiles.Reason(e)}): choose another, or give permission.", e);
        }

        var files = new StoredFiles(full);
        foreach (var file in metainfo.Files.Where(static file => !file.IsPadding))
        {
            var path = files.PathOf(file);
            if (Directory.Exists(path))
                throw new BitTorrentException($"{path} is a folder, and the torrent has a file of that name: move it away, or choose another folder.");
            if (new FileInfo(path) is { Exists: true } info && info.Length > file.Length)
                throw new BitTorrentException($"{path} is there already and longer than the torrent's file: move it away, or choose another folder.");
        }

        return new TorrentStorage(metainfo, full, files, StateFile.Open(metainfo, full));
    }

    /// <summary>
    /// Finds out which pieces are there. What the state file says is believed of files that have not been touched since; all else is read and hashed, so nothing is trusted that
    /// was not verified.
    /// </summary>
    /// <param name="onChecked">Hears of bytes that were hashed, on any thread.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Bitfield> CheckAsync(Action<long>? onChecked, CancellationToken cancellationToken)
    {
        var known = _state?.Read();
        var changed = new HashSet<TorrentFile>();
        var anything = false;
        for (var index = 0; index < Metainfo.Files.Count; index++)
        {
            var file = Metainfo.Files[index];
            if (file.IsPadding || file.Length == 0)
                continue;
            var info = new FileInfo(_files.PathOf(file));
            anything |= info.Exists;
            if (known is null || known.Stamps[index] != FileStamp.Of(info))
                changed.Add(file);
        }

        var have = new Bitfield(Metainfo.PieceCount);
        var toHash = new List<int>();
        for (var piece = 0; anything && piece < Metainfo.PieceCount; piece++)
        {
            var (start, end) = (Metainfo.OffsetOf(piece), Metainfo.OffsetOf(piece) + Metainfo.SizeOf(piece));
            if (Metainfo.FilesIn(start, end).Any(changed.Contains))
                toHash.Add(piece);
            else if (known!.Have[piece])
                have.Set(piece);
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, 4), CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(toHash, options, (piece, _) =>
        {
            var size = Metainfo.SizeOf(piece);
            var buffer = ArrayPool<byte>.Shared.Rent(size);
            try
            {
                if (TryRead(Metainfo.OffsetOf(piece), buffer.AsSpan(0, size)) && Metainfo.Verify(piece, buffer.AsSpan(0, size)))
                {
                    lock (have)
                        have.Set(piece);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            onChecked?.Invoke(size);
            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);

        if (_state is { IsNew: true } && toHash.Count > 0 && have.Count == 0)
            throw new BitTorrentException($"{Path.Combine(_folder, Metainfo.Name)} is there already and has nothing of this torrent in it: move it away, or choose another folder.");
        return have;
    }

    /// <summary>Makes the files that have no bytes, which no piece does.</summary>
    public void MakeEmptyFiles()
    {
        foreach (var file in Metainfo.Files.Where(static file => file is { Length: 0, IsPadding: false }))
            _files.Touch(file);
    }

    /// <summary>Reads a range of the pieces; false: not all of it is there.</summary>
    public bool TryRead(long offset, Span<byte> output)
    {
        foreach (var file in Metainfo.FilesIn(offset, offset + output.Length))
        {
            var (from, to) = (Math.Max(offset, file.Offset), Math.Min(offset + output.Length, file.End));
            var part = output[(int)(from - offset)..(int)(to - offset)];
            if (file.IsPadding)
                part.Clear();
            else if (!_files.TryRead(file, from - file.Offset, part))
                return false;
        }

        return true;
    }

    /// <summary>Writes a piece that was verified.</summary>
    public void Write(int piece, ReadOnlySpan<byte> bytes)
    {
        var offset = Metainfo.OffsetOf(piece);
        foreach (var file in Metainfo.FilesIn(offset, offset + bytes.Length))
        {
            var (from, to) = (Math.Max(offset, file.Offset), Math.Min(offset + bytes.Length, file.End));
            if (!file.IsPadding)
                _files.Write(file, from - file.Offset, bytes[(int)(from - offset)..(int)(to - offset)]);
        }
    }

    /// <summary>Everything so far is on the disk, and the state file says so: what a new start believes.</summary>
    public void Save(Bitfield have)
    {
        if (_state is null)
            return;
        _files.Flush();
        _state.Write(have, [.. Metainfo.Files.Select(file => file.IsPadding ? default : FileStamp.Of(new FileInfo(_files.PathOf(file))))]);
    }

    /// <summary>All is there: nothing has to be remembered any more, and a later start looks at everything again.</summary>
    public void Finish() => _state?.Delete();

    public void Dispose()
    {
        _files.Dispose();
        _state?.Dispose();
    }
}
