using System.Security.Cryptography;
using System.Text;

namespace Utp.BitTorrent;

/// <summary>How a file looked when it was last known: who writes to it changes that.</summary>
/// <param name="Length">Bytes; −1: it was not there.</param>
/// <param name="Written">When it was last written, in ticks of UTC.</param>
internal readonly record struct FileStamp(long Length, long Written)
{
    public static FileStamp Of(FileInfo info) => info.Exists ? new(info.Length, info.LastWriteTimeUtc.Ticks) : new(-1, 0);
}

/// <summary>What the state file says: the pieces that were verified and on the disk, and how each file looked then.</summary>
internal sealed record StoredState(Bitfield Have, IReadOnlyList<FileStamp> Stamps);

/// <summary>
/// The file beside a download that makes a new start quick (<c>.NAME.utp-swarm</c>). It is held open alone, so two programs, or two torrents of one name, never write the same
/// files. A hash stands before its content: half of it, after a crash, is as good as none.
/// </summary>
internal sealed class StateFile : IDisposable
{
    private const int MaxNameBytes = 200;

    private readonly TorrentMetainfo _metainfo;
    private readonly FileStream _stream;

    private StateFile(TorrentMetainfo metainfo, FileStream stream) => (_metainfo, _stream, IsNew) = (metainfo, stream, stream.Length == 0);

    /// <summary>Whether it was not there: then what lies in the folder came from elsewhere.</summary>
    public bool IsNew { get; }

    public static string PathIn(string folder, TorrentMetainfo metainfo)
    {
        var name = Encoding.UTF8.GetByteCount(metainfo.Name) <= MaxNameBytes ? metainfo.Name : metainfo.InfoHash.ToString();
        return Path.Combine(folder, $".{name}.utp-swarm");
    }

    /// <exception cref="BitTorrentException">Another session has it, it is of another torrent, or it cannot be made.</exception>
    public static StateFile Open(TorrentMetainfo metainfo, string folder)
    {
        var path = PathIn(folder, metainfo);
        FileStream stream;
        try
        {
            if (new FileInfo(path).LinkTarget is not null)
                throw new BitTorrentException($"{path} is a symbolic link: remove it, or choose another folder.");
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BitTorrentException($"The folder {folder} may not be written: choose another, or give permission.", e);
        }
        catch (IOException e) when (e is not BitTorrentException)
        {
            throw new BitTorrentException($"\"{metainfo.Name}\" in {folder} is in use by another download, or cannot be written ({StoredFiles.Reason(e)}): stop the other, or choose another folder.", e);
        }

        var state = new StateFile(metainfo, stream);
        if (state.Content() is { } content && content.Bytes("info hash") is { } hash && !hash.Span.SequenceEqual(metainfo.InfoHash.Span))
        {
            state.Dispose();
            throw new BitTorrentException($"\"{metainfo.Name}\" in {folder} is another torrent's download of the same name: choose another folder, or finish that one first.");
        }

        return state;
    }

    /// <summary>What it says; null: nothing that can be believed.</summary>
    public StoredState? Read()
    {
        if (Content() is not { } content
            || content.Bytes("have") is not { } bits || !Bitfield.TryRead(bits.Span, _metainfo.PieceCount, out var have)
            || content["files"] is not BencodeList files || files.Items.Count != 2 * _metainfo.Files.Count || files.Items.Any(static item => item is not BencodeInteger))
            return null;
        var numbers = files.Items.Cast<BencodeInteger>().Select(static item => item.Value).ToArray();
        return new StoredState(have, [.. numbers.Chunk(2).Select(static pair => new FileStamp(pair[0], pair[1]))]);
    }

    public void Write(Bitfield have, IReadOnlyList<FileStamp> stamps)
    {
        var content = BencodeWriter.Write(BencodeWriter.Dictionary(
            ("info hash", new BencodeString(_metainfo.InfoHash.Span.ToArray())),
            ("have", new BencodeString(have.Bytes.ToArray())),
            ("files", new BencodeList([.. stamps.SelectMany(static stamp => new[] { new BencodeInteger(stamp.Length), new BencodeInteger(stamp.Written) })]))));
        try
        {
            _stream.Position = 0;
            _stream.Write([.. SHA256.HashData(content), .. content]);
            _stream.SetLength(SHA256.HashSizeInBytes + content.Length);
            _stream.Flush(flushToDisk: true);
        }
        catch (IOException e)
        {
            throw new BitTorrentException($"{_stream.Name} cannot be written ({StoredFiles.Reason(e)}): make room, then start again; what is there is kept.", e);
        }
    }

    public void Delete()
    {
        try
        {
            File.Delete(_stream.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays, which harms nobody: all that it says is looked at again.
        }
    }

    public void Dispose() => _stream.Dispose();

    private BencodeDictionary? Content()
    {
        if (_stream.Length is < SHA256.HashSizeInBytes or > TorrentMetainfo.MaxBytes)
            return null;
        var bytes = new byte[_stream.Length];
        _stream.Position = 0;
        _stream.ReadExactly(bytes);
        var content = bytes.AsMemory(SHA256.HashSizeInBytes);
        return SHA256.HashData(content.Span).AsSpan().SequenceEqual(bytes.AsSpan(0, SHA256.HashSizeInBytes)) && BencodeReader.TryRead(content, out var value, out _)
            ? value as BencodeDictionary
            : null;
    }
}
