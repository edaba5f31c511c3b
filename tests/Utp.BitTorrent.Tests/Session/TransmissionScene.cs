namespace Utp.BitTorrent.Tests.Session;

/// <summary>A folder to give and a folder to take. transmission-daemon lets peers wait up to ten seconds for their turn, so each of its tests is a class of its own: they wait at the same time.</summary>
public abstract class TransmissionScene : IDisposable
{
    private const int Bytes = 10_000_000;

    private readonly TempFolder _source = new();
    private readonly TempFolder _target = new();

    private protected TempFolder Source => _source;

    private protected TempFolder Target => _target;

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected async Task<TorrentMetainfo> SampleAsync()
    {
        _source.Add("sample/data", TempFolder.RandomBytes(Bytes));
        _source.Add("sample/more/small", TempFolder.RandomBytes(70_000, 2));
        await File.WriteAllBytesAsync(_target["t.torrent"], await TorrentCreator.CreateAsync(_source["sample"]));
        return await TorrentMetainfo.LoadAsync(_target["t.torrent"]);
    }

    private protected void Same(string folder)
    {
        foreach (var file in _source.Files)
            Assert.True(File.ReadAllBytes(_source[file]).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_target[folder], file))), file);
    }
}
