using System.CommandLine;
using System.Net;
using Utp.BitTorrent;

namespace Utp.Cli;

/// <summary><c>utp swarm get FILE.torrent|magnet:… [--out FOLDER]</c>: downloads, and goes on where an earlier run stopped.</summary>
internal static class SwarmGetCommand
{
    public static Command Create(CommandRunner runner)
    {
        var what = new Argument<string>("TORRENT") { Description = "A .torrent file, or a magnet link in quotation marks." };
        var folder = new Option<string?>("--out") { Description = "The folder to download to; by default this one.", HelpName = "FOLDER" };
        var seed = new Option<bool>("--seed") { Description = "Go on seeding when everything is there, until Ctrl-C." };
        var local = Parsers.Local("--bind", required: false);
        var noTrackers = SwarmCommand.NoTrackers();
        var peers = SwarmCommand.Peers();
        var command = new Command("get", "Downloads a torrent; a new start goes on where the last one stopped.") { what, folder, peers, local, seed, noTrackers };
        runner.Attach(command, run => GetAsync(
            run, run.Parsed.GetRequiredValue(what), run.Parsed.GetValue(folder) ?? ".", run.Parsed.GetValue(peers) ?? [], run.Parsed.GetValue(local), run.Parsed.GetValue(seed), !run.Parsed.GetValue(noTrackers)));
        return command;
    }

    private static async Task<Outcome> GetAsync(CommandRun run, string what, string folder, EndPoint[] peers, IPEndPoint? local, bool seeds, bool trackers)
    {
        MagnetLink? link = null;
        if (what.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase) && !MagnetLink.TryParse(what, out link, out var problem))
            throw CliException.WrongUsage(problem);
        if (folder.Length == 0)
            throw CliException.WrongUsage("--out is empty: name a folder.");
        SwarmRun? swarm = null;
        try
        {
            var torrent = link is null ? await TorrentMetainfo.LoadAsync(what, run.Interrupt).ConfigureAwait(false) : null;
            var asks = trackers && (link?.Trackers ?? torrent!.Trackers).Count > 0;
            if (peers.Length == 0 && link is not { Peers.Count: > 0 } && local is null && !asks)
                throw CliException.WrongUsage("No peer is known, and no tracker: name a peer with --peer HOST:PORT, or a port with --bind that peers connect to.");
            swarm = await SwarmRun.StartAsync(run, torrent, link, options => options with { Folder = folder, Peers = peers, UseTrackers = trackers, LocalEndPoint = local ?? options.LocalEndPoint }).ConfigureAwait(false);
            await using (swarm.ConfigureAwait(false))
            {
                await run.Progress.WhileAsync(swarm.CompleteAsync(run.Interrupt)).ConfigureAwait(false);
                if (!run.Json)
                    swarm.SayComplete(folder);
                if (seeds)
                    await run.Progress.WhileAsync(swarm.SeedAsync(run.Interrupt)).ConfigureAwait(false);
                return swarm.AddTo(new Outcome("swarm get")).With("path", Path.Combine(folder, swarm.Name));
            }
        }
        catch (Exception e) when (e is BitTorrentException or Streams.UtpException)
        {
            return Ended(swarm, Sentences.OneLine(e.Message));
        }
        catch (OperationCanceledException)
        {
            return Ended(swarm, swarm is null ? Sentences.Interrupted : swarm.Interrupted);
        }
    }

    private static Outcome Ended(SwarmRun? swarm, string error)
    {
        var outcome = new Outcome("swarm get", error);
        return swarm is null ? outcome : swarm.AddTo(outcome);
    }
}
