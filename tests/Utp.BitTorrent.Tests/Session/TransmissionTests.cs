using Utp.BitTorrent.Tests.Peers;

namespace Utp.BitTorrent.Tests.Session;

/// <summary>What transmission seeds, over uTP alone.</summary>
public sealed class TransmissionTests : TransmissionScene
{
    [TransmissionFact]
    public async Task We_download_what_transmission_seeds()
    {
        var torrent = await SampleAsync();
        await using var theirs = await TransmissionPeer.StartAsync();
        await theirs.AddAsync(Target["t.torrent"], Source.Path);
        await theirs.CompletedAsync();
        await using var ours = await OurSession.StartAsync(torrent, Target["out"], false, theirs.EndPoint);
        await ours.CompletedAsync();
        Same("out");
    }
}
