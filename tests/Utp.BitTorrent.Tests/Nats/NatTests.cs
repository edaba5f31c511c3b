using Utp.BitTorrent.Tests.Peers;

namespace Utp.BitTorrent.Tests.Nats;

/// <summary>Two peers behind NATs of the kernel that meet by a common peer (BEP 55).</summary>
public sealed class NatTests : NatScene
{
    [NatTheory]
    [InlineData(NatKind.EndpointIndependent, NatKind.AddressRestricted)]
    [InlineData(NatKind.AddressRestricted, NatKind.AddressRestricted)]
    [InlineData(NatKind.PortRestricted, NatKind.PortRestricted)]
    public async Task Two_of_ours_behind_NATs_meet_by_a_libtorrent(NatKind one, NatKind other)
    {
        using var lab = new NatLab();
        var (common, first, second) = (lab.AddPublicHost(), lab.AddNat(one)[0], lab.AddNat(other)[0]);
        var torrent = await SampleAsync();
        await using var theirs = await LibtorrentPeer.StartAsync(networkNamespace: common.Namespace, local: common.Inside);
        await theirs.DownloadAsync(Torrent, Target["common"]);
        await using var waits = await StartAsync(torrent, first, common);
        await waits.HearsAsync<TorrentEvent.PeerUp>();
        await using var comes = await StartAsync(torrent, second, common);
        await comes.HearsAsync<TorrentEvent.PeerUp>(up => up.EndPoint.Equals(first.Outside));
        Assert.Equal(second.Outside.Address, comes.Session.OutsideAddress);
    }
}
