using Utp.BitTorrent.Tests.Peers;

namespace Utp.BitTorrent.Tests.Session;

/// <summary>Downloads from and seeds to transmission-daemon, over uTP alone; what arrives is compared byte by byte.</summary>
public sealed class TransmissionTests : IDisposable
{
    private const int Bytes = 10_000_000;

    private readonly TempFolder _source = new();
    private readonly TempFolder _target = new();

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    [TransmissionFact]
    public async Task We_download_what_transmission_seeds()
    {
        var torrent = await SampleAsync();
        await using var theirs = await TransmissionPeer.StartAsync();
        await theirs.AddAsync(_target["t.torrent"], _source.Path);
        await theirs.CompletedAsync();
        await using var ours = await OurSession.StartAsync(torrent, _target["out"], false, theirs.EndPoint);
        await ours.CompletedAsync();
        Same("out");
    }

    [TransmissionFact]
    public async Task Transmission_downloads_what_we_seed()
    {
        var torrent = await SampleAsync();
        await using var theirs = await TransmissionPeer.StartAsync();
        await theirs.AddAsync(_target["t.torrent"], _target["out"]);
        await using var ours = await OurSession.StartAsync(torrent, _source.Path, seedOnly: true, theirs.EndPoint);
        await theirs.CompletedAsync();
        Same("out");
    }

    private async Task<TorrentMetainfo> SampleAsync()
    {
        _source.Add("sample/data", TempFolder.RandomBytes(Bytes));
        _source.Add("sample/more/small", TempFolder.RandomBytes(70_000, 2));
        await File.WriteAllBytesAsync(_target["t.torrent"], await TorrentCreator.CreateAsync(_source["sample"]));
        return await TorrentMetainfo.LoadAsync(_target["t.torrent"]);
    }

    private void Same(string folder)
    {
        foreach (var file in _source.Files)
            Assert.True(File.ReadAllBytes(_source[file]).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_target[folder], file))), file);
    }
}
