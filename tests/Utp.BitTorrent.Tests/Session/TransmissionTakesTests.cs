using Utp.BitTorrent.Tests.Peers;

namespace Utp.BitTorrent.Tests.Session;

/// <summary>What transmission downloads from us, over uTP alone.</summary>
public sealed class TransmissionTakesTests : TransmissionScene
{
    [TransmissionFact]
    public async Task Transmission_downloads_what_we_seed()
    {
        var torrent = await SampleAsync();
        await using var theirs = await TransmissionPeer.StartAsync();
        await theirs.AddAsync(Target["t.torrent"], Target["out"]);
        await using var ours = await OurSession.StartAsync(torrent, Source.Path, seedOnly: true, theirs.EndPoint);
        await theirs.CompletedAsync();
        Same("out");
    }
}
