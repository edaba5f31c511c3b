namespace Utp.BitTorrent.Tests.Nats;

/// <summary>Where nothing helps: that is said.</summary>
public sealed class SymmetricNatTests : NatScene
{
    [NatFact]
    public async Task Symmetric_NATs_on_both_sides_are_said_to_be_the_reason()
    {
        using var lab = new NatLab();
        var (common, first, second) = (lab.AddPublicHost(), lab.AddNat(NatKind.Symmetric)[0], lab.AddNat(NatKind.Symmetric)[0]);
        var torrent = await SampleAsync();
        await using var hub = await StartAsync(torrent, common);
        await using var waits = await StartAsync(torrent, first, common);
        await hub.HearsAsync<TorrentEvent.PeerUp>();
        await using var comes = await StartAsync(torrent, second, common);
        Assert.Contains("symmetric", (await comes.HearsAsync<TorrentEvent.MeetingFailed>()).Reason, StringComparison.Ordinal);
    }
}
