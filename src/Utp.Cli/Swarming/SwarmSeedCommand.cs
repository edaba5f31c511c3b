using System.CommandLine;
using System.Net;
using Utp.BitTorrent;

namespace Utp.Cli;

/// <summary><c>utp swarm seed FILE.torrent [--in FOLDER]</c>: gives what is there, and writes nothing.</summary>
internal static class SwarmSeedCommand
{
    public static Command Create(CommandRunner runner)
    {
        var torrent = new Argument<string>("TORRENT") { Description = "The .torrent file." };
        var folder = new Option<string?>("--in") { Description = "The folder that its file or folder is in; by default this one.", HelpName = "FOLDER" };
        var local = Parsers.Local("--bind", required: false);
        var noTrackers = SwarmCommand.NoTrackers();
        var peers = SwarmCommand.Peers();
        var command = new Command("seed", "Gives a torrent that is complete to whoever connects, until Ctrl-C.") { torrent, folder, peers, local, noTrackers };
        runner.Attach(command, run => SeedAsync(
            run, run.Parsed.GetRequiredValue(torrent), run.Parsed.GetValue(folder) ?? ".", run.Parsed.GetValue(peers) ?? [], run.Parsed.GetValue(local), !run.Parsed.GetValue(noTrackers)));
        return command;
    }

    private static async Task<Outcome> SeedAsync(CommandRun run, string path, string folder, EndPoint[] peers, IPEndPoint? local, bool trackers)
    {
        if (path.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase))
            throw CliException.WrongUsage("A magnet link does not say what is to be seeded: name the .torrent file.");
        try
        {
            var torrent = await TorrentMetainfo.LoadAsync(path, run.Interrupt).ConfigureAwait(false);
            var swarm = await SwarmRun.StartAsync(run, torrent, null, options => options with { Folder = folder, SeedOnly = true, Peers = peers, UseTrackers = trackers, LocalEndPoint = local ?? options.LocalEndPoint }).ConfigureAwait(false);
            await using (swarm.ConfigureAwait(false))
            {
                run.SayListening(swarm.LocalEndPoint);
                await run.Progress.WhileAsync(swarm.SeedAsync(run.Interrupt)).ConfigureAwait(false);
                return swarm.AddTo(new Outcome("swarm seed"));
            }
        }
        catch (Exception e) when (e is BitTorrentException or Streams.UtpException)
        {
            return new Outcome("swarm seed", Sentences.OneLine(e.Message));
        }
        catch (OperationCanceledException)
        {
            return new Outcome("swarm seed", Sentences.Interrupted);
        }
    }
}
