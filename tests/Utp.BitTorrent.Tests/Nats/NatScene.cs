using System.Net;
using Utp.BitTorrent.Tests.Session;

namespace Utp.BitTorrent.Tests.Nats;

/// <summary>Files to exchange between hosts of a <see cref="NatLab"/>. Each scene waits for attempts that are not let in, so each is a class of its own: they wait at the same time.</summary>
public abstract class NatScene : LibtorrentScene
{
    private protected Task<OurSession> StartAsync(TorrentMetainfo torrent, LabHost host, params LabHost[] peers) => StartAsync(torrent, host, host.Namespace, peers);

    private protected Task<OurSession> StartAsync(TorrentMetainfo torrent, LabHost host, string folder, params LabHost[] peers) => OurSession.StartAsync(
        torrent, Target[folder], options => options with { Socket = NatLab.Open(host), Peers = [.. peers.Select(static peer => (EndPoint)peer.Outside)] });

    private protected async Task<TorrentMetainfo> SampleAsync()
    {
        Source.Add("sample/data", TempFolder.RandomBytes(3_000_000));
        await File.WriteAllBytesAsync(Torrent, await TorrentCreator.CreateAsync(Source["sample"]));
        return await TorrentMetainfo.LoadAsync(Torrent);
    }
}
