using System.Net;
using Utp.BitTorrent;

namespace Utp.Cli;

/// <summary>A session for the time of a command, with its actor system and its line of progress.</summary>
internal sealed class SwarmRun : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly CommandRun _run;
    private readonly UtpNode _node;
    private readonly Moment _started = Moment.Now;
    private readonly HashSet<IPEndPoint> _banned = [];
    private readonly HashSet<string> _failed = [];
    private TorrentSession _session = null!;
    private TimeSpan? _took;
    private TorrentProgress _last;
    private long _had;

    private SwarmRun(CommandRun run, UtpNode node) => (_run, _node) = (run, node);

    public string Name => _session.Metainfo?.Name ?? "";

    public IPEndPoint LocalEndPoint => _session.LocalEndPoint;

    /// <summary>What a command that was interrupted says: what was there when it ended.</summary>
    public string Interrupted => _last.Pieces == 0
        ? "Interrupted before any peer gave the metadata: run the command again, perhaps with another --peer."
        : $"Interrupted at {_last.VerifiedPieces} of {_last.Pieces} pieces: run the command again to go on from there.";

    /// <exception cref="BitTorrentException">It cannot begin.</exception>
    /// <exception cref="Streams.UtpException">The port cannot be bound.</exception>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public static async Task<SwarmRun> StartAsync(CommandRun run, TorrentMetainfo? torrent, MagnetLink? link, Func<TorrentSessionOptions, TorrentSessionOptions> configure)
    {
        var node = await run.StartNodeAsync().ConfigureAwait(false);
        var swarm = new SwarmRun(run, node);
        var meter = new Meter("looking at what is there", torrent?.TotalBytes);
        try
        {
            var options = configure(new TorrentSessionOptions { Folder = ".", ActorSystem = node.System, OnChecked = meter.Add, OnEvent = swarm.OnEvent });
            run.Progress.Start(meter);
            var start = torrent is not null ? TorrentSession.StartAsync(torrent, options, run.Interrupt) : TorrentSession.StartAsync(link!, options, run.Interrupt);
            swarm._session = await run.Progress.WhileAsync(start).ConfigureAwait(false);
            swarm._had = swarm._session.GetProgress().VerifiedBytes;
            return swarm;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            run.Progress.Stop(meter);
        }
    }

    /// <summary>Until everything is there.</summary>
    public async Task<bool> CompleteAsync(CancellationToken interrupt)
    {
        if (!_run.Json && !_session.Completed.IsCompleted)
            _run.SayListening(LocalEndPoint);
        try
        {
            await ShowAsync("", static progress => progress.VerifiedBytes, static progress => progress.TotalBytes, _session.Completed, interrupt).ConfigureAwait(false);
            await _session.Completed.WaitAsync(interrupt).ConfigureAwait(false);
        }
        finally
        {
            _last = _session.GetProgress();
            _took = _started.Elapsed;
        }

        return true;
    }

    /// <summary>Until Ctrl-C, which is the normal end; or until it cannot go on.</summary>
    public async Task<bool> SeedAsync(CancellationToken interrupt)
    {
        await ShowAsync("seeding ", static progress => progress.UploadedBytes, static _ => null, _session.Ended, interrupt).ConfigureAwait(false);
        _last = _session.GetProgress();
        if (_session.Ended.IsFaulted)
            await _session.Ended.ConfigureAwait(false);
        return true;
    }

    public void SayComplete(string folder)
    {
        var downloaded = _last.TotalBytes - Math.Min(_had, _last.TotalBytes);
        _run.Terminal.Say(downloaded == 0
            ? $"{Path.Combine(folder, Name)} is complete: {ByteSize.Text(_last.TotalBytes)}, verified."
            : $"Downloaded {Path.Combine(folder, Name)}: {ByteSize.Text(_last.TotalBytes)} in {Texts.Duration(_took!.Value)} ({Texts.Rate(downloaded, _took.Value)}){Texts.After(_had)}, verified.");
    }

    public Outcome AddTo(Outcome outcome) => outcome
        .With("name", Name)
        .With("infoHash", _session.Metainfo?.InfoHash.ToString())
        .With("bytes", _last.TotalBytes)
        .With("verifiedBytes", _last.VerifiedBytes)
        .With("kept", _had)
        .With("downloaded", _last.DownloadedBytes)
        .With("uploaded", _last.UploadedBytes)
        .With("wasted", _last.WastedBytes)
        .With("banned", (long)_last.Banned)
        .With("seconds", (_took ?? _started.Elapsed).TotalSeconds)
        .With("bytesPerSecond", (_took ?? _started.Elapsed).TotalSeconds is > 0 and var seconds ? _last.DownloadedBytes / seconds : null);

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync().ConfigureAwait(false);
        await _node.DisposeAsync().ConfigureAwait(false);
    }

    private async Task ShowAsync(string verb, Func<TorrentProgress, long> bytes, Func<TorrentProgress, long?> total, Task until, CancellationToken interrupt)
    {
        Meter? meter = null;
        var shown = 0L;
        var known = false;
        while (!until.IsCompleted && !interrupt.IsCancellationRequested)
        {
            var progress = _last = _session.GetProgress();
            // The total is known later where a magnet link is followed.
            if (meter is null || (!known && progress.Pieces > 0))
            {
                if (meter is not null)
                    _run.Progress.Stop(meter);
                known = progress.Pieces > 0;
                meter = _run.Progress.Start(new Meter(known ? verb + Name : "waiting for the metadata", known ? total(progress) : null));
                shown = 0;
            }

            meter.Add(bytes(progress) - shown);
            shown = bytes(progress);
            await Task.WhenAny(until, Task.Delay(Interval, CancellationToken.None)).ConfigureAwait(false);
        }

        if (meter is not null)
            _run.Progress.Stop(meter);
    }

    private void OnEvent(TorrentEvent happened)
    {
        if (happened is TorrentEvent.PeerBanned banned && !_run.Json && _banned.Add(banned.EndPoint))
            _run.Terminal.Say($"{Addresses.Text(banned.EndPoint)} gave wrong data and is not spoken to any more.");
        else if (happened is TorrentEvent.TrackerFailed failed && !_run.Json && _failed.Add(failed.Tracker))
            _run.Terminal.Say($"Tracker: {Sentences.OneLine(failed.Reason)}; it is asked again later.");
    }
}
