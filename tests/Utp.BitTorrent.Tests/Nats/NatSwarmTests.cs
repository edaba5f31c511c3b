using Utp.BitTorrent.Tests.Peers;
using Utp.BitTorrent.Tests.Session;

namespace Utp.BitTorrent.Tests.Nats;

/// <summary>A whole swarm, theirs and ours, behind NATs of each kind.</summary>
public sealed class NatSwarmTests : NatScene
{
    [NatFact]
    public async Task Three_of_theirs_and_five_of_ours_behind_four_NATs_complete_each_other()
    {
        using var lab = new NatLab();
        var (hub, open) = (lab.AddPublicHost(), lab.AddPublicHost());
        var (free, address, port, symmetric) = (lab.AddNat(NatKind.EndpointIndependent), lab.AddNat(NatKind.AddressRestricted, 2), lab.AddNat(NatKind.PortRestricted, 2), lab.AddNat(NatKind.Symmetric));
        var torrent = await SampleAsync();
        await using var theirs = await LibtorrentPeer.StartAsync(networkNamespace: hub.Namespace, local: hub.Inside);
        await theirs.DownloadAsync(Torrent, Target["hub"]);
        await using var five = await StartAsync(torrent, address[0], "five", hub);
        await using var second = await LibtorrentPeer.StartAsync(networkNamespace: address[1].Namespace, local: address[1].Inside);
        await second.DownloadAsync(Torrent, Target["second"], hub.Inside);
        await using var third = await LibtorrentPeer.StartAsync(networkNamespace: port[1].Namespace, local: port[1].Inside);
        await third.DownloadAsync(Torrent, Target["third"], hub.Inside);
        await using var one = await StartAsync(torrent, free[0], "one", hub);
        await using var two = await StartAsync(torrent, port[0], "two", hub);
        await using var three = await StartAsync(torrent, symmetric[0], "three", hub);
        // What all want comes in by the last one, which has an address of its own.
        await using var four = await OurSession.StartAsync(torrent, Source.Path, options => options with { SeedOnly = true, Socket = NatLab.Open(open), Peers = [hub.Inside] });
        await Task.WhenAll(five.CompletedAsync(), one.CompletedAsync(), two.CompletedAsync(), three.CompletedAsync(), theirs.FinishedAsync(), second.FinishedAsync(), third.FinishedAsync());
        foreach (var folder in new[] { "hub", "five", "one", "two", "three", "second", "third" })
            Same(folder);
    }
}
