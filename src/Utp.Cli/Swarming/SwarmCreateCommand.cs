using System.CommandLine;
using System.Net;
using Utp.BitTorrent;

namespace Utp.Cli;

/// <summary><c>utp swarm create PATH [--out FILE]</c>: a .torrent file, and its magnet link on standard output.</summary>
internal static class SwarmCreateCommand
{
    public static Command Create(CommandRunner runner)
    {
        var path = new Argument<string>("PATH") { Description = "A file, or a folder with all that is in it." };
        var torrent = new Option<string?>("--out") { Description = "The .torrent file; by default NAME.torrent in this folder.", HelpName = "FILE" };
        var pieceLength = new Option<SizeArgument?>("--piece-length")
        {
            Description = "A power of two from 16KiB to 16MiB; by default so that there are about a thousand pieces.",
            HelpName = "SIZE",
            CustomParser = static result =>
            {
                if (ByteSize.TryParse(result.Tokens[0].Value, out var bytes) && bytes is >= 16 << 10 and <= 16 << 20 && long.IsPow2(bytes))
                    return new SizeArgument(bytes);
                result.AddError($"'{result.Tokens[0].Value}' is no piece length: write a power of two from 16KiB to 16MiB");
                return null;
            },
        };
        var trackers = new Option<string[]>("--tracker") { Description = "A tracker to name in it; may be given several times.", HelpName = "URL" };
        var isPrivate = new Option<bool>("--private") { Description = "Tell clients to take peers from its trackers alone." };
        var force = new Option<bool>("--force") { Description = "Replace the .torrent file if there is one." };
        var peers = SwarmCommand.Peers();
        var command = new Command("create", "Makes a .torrent file, and prints its magnet link.") { path, torrent, pieceLength, trackers, isPrivate, peers, force };
        runner.Attach(command, run =>
        {
            var options = new TorrentCreatorOptions
            {
                PieceLength = (int?)run.Parsed.GetValue(pieceLength)?.Bytes,
                Trackers = run.Parsed.GetValue(trackers) ?? [],
                IsPrivate = run.Parsed.GetValue(isPrivate),
            };
            return CreateAsync(run, run.Parsed.GetRequiredValue(path), run.Parsed.GetValue(torrent), options, run.Parsed.GetValue(peers) ?? [], run.Parsed.GetValue(force));
        });
        return command;
    }

    private static async Task<Outcome> CreateAsync(CommandRun run, string path, string? output, TorrentCreatorOptions options, EndPoint[] peers, bool force)
    {
        if (path.Length == 0)
            throw CliException.WrongUsage("PATH is empty: name a file or a folder.");
        output ??= Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))) + ".torrent";
        if (File.Exists(output) && !force)
            throw new CliException($"{output} exists already: choose another name with --out, or replace it with --force.");
        var meter = run.Progress.Start(new Meter($"hashing {path}"));
        byte[] bytes;
        try
        {
            bytes = await run.Progress.WhileAsync(Task.Run(() => TorrentCreator.CreateAsync(path, options with { OnHashed = meter.Add }, run.Interrupt))).ConfigureAwait(false);
        }
        catch (BitTorrentException e)
        {
            return new Outcome("swarm create", e.Message);
        }
        catch (OperationCanceledException)
        {
            return new Outcome("swarm create", Sentences.Interrupted);
        }

        try
        {
            await File.WriteAllBytesAsync(output, bytes, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Outcome("swarm create", FileErrors.Writing(output, e));
        }

        var torrent = TorrentMetainfo.Parse(bytes);
        var magnet = MagnetLink.Of(torrent, peers).ToString();
        run.Terminal.People.Profile.Out.Writer.WriteLine(magnet);
        if (!run.Json)
            run.Terminal.Say($"Wrote {output}: {ByteSize.Text(torrent.TotalBytes)} in {Texts.Count(torrent.Files.Count)} {(torrent.Files.Count == 1 ? "file" : "files")}, {Texts.Count(torrent.PieceCount)} pieces of {new SizeArgument(torrent.PieceLength)}.");
        return new Outcome("swarm create")
            .With("torrent", output)
            .With("name", torrent.Name)
            .With("infoHash", torrent.InfoHash.ToString())
            .With("magnet", magnet)
            .With("bytes", torrent.TotalBytes)
            .With("files", (long)torrent.Files.Count)
            .With("pieces", (long)torrent.PieceCount)
            .With("pieceLength", (long)torrent.PieceLength);
    }
}
