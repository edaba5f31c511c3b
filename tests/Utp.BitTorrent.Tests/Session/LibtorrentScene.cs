using Utp.BitTorrent.Tests.Peers;

namespace Utp.BitTorrent.Tests.Session;

/// <summary>A folder to give, a folder to take, and libtorrent.</summary>
public abstract class LibtorrentScene : IDisposable
{
    private protected const int Bytes = 20_000_000;

    private readonly TempFolder _source = new();
    private readonly TempFolder _target = new();

    private protected TempFolder Source => _source;

    private protected TempFolder Target => _target;

    private protected string Torrent => _target["t.torrent"];

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected async Task<LibtorrentPeer> SeedAsync(string version, int bytes)
    {
        _source.Add("sample/data", TempFolder.RandomBytes(bytes));
        _source.Add("sample/more/small", TempFolder.RandomBytes(70_000, 2));
        var theirs = await LibtorrentPeer.StartAsync();
        await theirs.CreateAsync(_source["sample"], Torrent, version);
        await theirs.SeedAsync(Torrent, _source.Path);
        return theirs;
    }

    private protected void Same(string folder)
    {
        foreach (var file in _source.Files)
            Assert.True(File.ReadAllBytes(_source[file]).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_target[folder], file))), file);
    }
}
