using System.Formats.Tar;
using System.Globalization;

namespace Utp.Cli;

/// <summary>
/// Stores the entries of a bundle in a <see cref="Staging"/>, where nothing stands that did not come with it: names that could lead out of it, and links that do, are refused, and
/// nothing is written through a link.
/// </summary>
/// <param name="staging">Where.</param>
/// <param name="preserve">Whether permissions and times are kept as they were.</param>
/// <param name="takenName">Says why a name at the top cannot be stored in the end; null: it can.</param>
internal sealed class BundleStore(Staging staging, bool preserve, Func<string, string?> takenName)
{
    private const int BufferBytes = 128 << 10;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<(string Name, UnixFileMode Mode, DateTimeOffset Time)> _folders = [];
    private readonly byte[] _buffer = new byte[BufferBytes];

    /// <summary>How many files there are.</summary>
    public long Files { get; private set; }

    /// <summary>How many bytes of them were there before.</summary>
    public long Kept { get; private set; }

    /// <summary>Hears of them.</summary>
    public Action<long> OnKept { get; set; } = static _ => { };

    /// <summary>What is being written, as an entry's name.</summary>
    public string Current { get; private set; } = "";

    /// <summary>Reads an archive to its end.</summary>
    /// <exception cref="BundleException">It has something that is not stored.</exception>
    public async Task StoreAsync(Stream archive)
    {
        try
        {
            using var tar = new TarReader(new SmallReads(archive), leaveOpen: true);
            while (await tar.GetNextEntryAsync().ConfigureAwait(false) is { } entry)
                await StoreAsync(entry).ConfigureAwait(false);
        }
        catch (Exception e) when (e is EndOfStreamException or not (IOException or UnauthorizedAccessException))
        {
            throw new BundleException($"What came is no archive that can be read ({Sentences.OneLine(e.Message)}): send again.", TransferCodes.WrongBundle, e);
        }
    }

    /// <summary>All has come, and is right: what was kept and did not come is removed.</summary>
    public void Finish() => staging.RemoveAllBut(_names);

    /// <summary>Folders get their permissions and times, which moving them, and writing in them, would need or change.</summary>
    /// <param name="root">Where the entries are now.</param>
    public void DescribeFolders(string root)
    {
        if (!preserve)
            return;
        foreach (var (name, mode, time) in Enumerable.Reverse(_folders))
            Describe(PathIn(root, name), mode, time, isFolder: true);
    }

    private async Task StoreAsync(TarEntry entry)
    {
        var name = Checked(entry);
        var path = PathIn(staging.Files, name);
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                Clear(path, isFolder: true);
                if (OperatingSystem.IsWindows())
                    Directory.CreateDirectory(path);
                else
                    Directory.CreateDirectory(path, (entry.Mode & FileModes.Permissions) | FileModes.OwnFolder);
                _folders.Add((name, entry.Mode, entry.ModificationTime));
                break;

            case TarEntryType.SymbolicLink when EntryNames.LinkStaysInside(name, entry.LinkName):
                Clear(path, isFolder: false);
                File.CreateSymbolicLink(path, entry.LinkName);
                break;

            case TarEntryType.SymbolicLink:
                throw Refused($"the link '{name}', which leads out of the folder");

            case TarEntryType.RegularFile or TarEntryType.V7RegularFile:
                await StoreFileAsync((PaxTarEntry)entry, path).ConfigureAwait(false);
                Files++;
                break;

            default:
                throw Refused($"'{name}', which is neither a file nor a folder");
        }
    }

    private string Checked(TarEntry entry)
    {
        var name = entry.EntryType == TarEntryType.Directory ? entry.Name.TrimEnd('/') : entry.Name;
        Current = name;
        if (entry is not PaxTarEntry)
            throw Refused($"'{name}' in another format of archives");
        if (EntryNames.Problem(name) is { } problem)
            throw Refused($"the name '{name}': {problem}");
        if (!_names.Add(name))
            throw Refused($"the name '{name}' twice");
        var last = name.LastIndexOf('/');
        if (last < 0 && takenName(name) is { } taken)
            throw new BundleException(taken, TransferCodes.Exists);
        // So none of the parts is a link, and all of them came with this bundle.
        if (last >= 0 && !IsFolder(name[..last]))
            throw Refused($"'{name}' in what is no folder");
        return name;
    }

    private bool IsFolder(string name) =>
        _names.Contains(name) && new DirectoryInfo(PathIn(staging.Files, name)) is { Exists: true, LinkTarget: null };

    private async Task StoreFileAsync(PaxTarEntry entry, string path)
    {
        var from = 0L;
        if (entry.ExtendedAttributes.TryGetValue(BundleSource.FromKey, out var text) && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out from))
            throw Refused($"'{Current}' from a place that is no number");
        if (from == 0)
            Clear(path, isFolder: false);
        else if (new FileInfo(path) is not { Exists: true, LinkTarget: null } kept || kept.Length != from)
            throw Refused($"the rest of '{Current}', of which something else is here");

        // What is here in full may be one that its owner may not write, either.
        if (from == 0 || entry.DataStream is not null)
            await WriteAsync(entry, path, from).ConfigureAwait(false);
        Kept += from;
        OnKept(from);
        if (preserve)
            Describe(path, entry.Mode, entry.ModificationTime, isFolder: false);
    }

    private async Task WriteAsync(TarEntry entry, string path, long from)
    {
        var options = new FileStreamOptions { Mode = from == 0 ? FileMode.CreateNew : FileMode.Append, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            if (from == 0)
                options.UnixCreateMode = (entry.Mode & FileModes.Permissions) | FileModes.OwnFile;
            else
                File.SetUnixFileMode(path, File.GetUnixFileMode(path) | FileModes.OwnFile);
        }

        var file = new FileStream(path, options);
        await using (file.ConfigureAwait(false))
        {
            if (entry.DataStream is { } data)
            {
                int count;
                while ((count = await data.ReadAsync(_buffer).ConfigureAwait(false)) > 0)
                    await file.WriteAsync(_buffer.AsMemory(0, count)).ConfigureAwait(false);
            }

            if (!DiskFlush.AtOnce)
                file.Flush(flushToDisk: true);
        }
    }

    private static string PathIn(string root, string name) => Path.Combine(root, name.Replace('/', Path.DirectorySeparatorChar));

    private static void Describe(string path, UnixFileMode mode, DateTimeOffset time, bool isFolder)
    {
        if (isFolder)
            Directory.SetLastWriteTimeUtc(path, time.UtcDateTime);
        else
            File.SetLastWriteTimeUtc(path, time.UtcDateTime);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, mode & FileModes.Permissions);
    }

    // Only what was kept of an earlier transfer can stand there.
    private static void Clear(string path, bool isFolder)
    {
        var folder = new DirectoryInfo(path);
        if (folder.LinkTarget is null && folder.Exists)
        {
            if (!isFolder)
                folder.Delete(recursive: true);
            return;
        }

        File.Delete(path);
    }

    private static BundleException Refused(string what) => new($"The sender sent {Sentences.OneLine(what)}: nothing of it is stored.", TransferCodes.WrongBundle);

    /// <summary>The archive's bytes; whoever wants very many at once reads a header that no sender of ours writes, and would hold them all.</summary>
    private sealed class SmallReads(Stream archive) : Stream
    {
        private const int MostBytes = 1 << 20;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => buffer.Length <= MostBytes
            ? archive.ReadAsync(buffer, cancellationToken)
            : throw new InvalidDataException("a header has more than 1 MiB");

        public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
