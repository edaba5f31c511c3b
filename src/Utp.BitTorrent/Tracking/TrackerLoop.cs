using System.Net;

namespace Utp.BitTorrent;

/// <summary>
/// Tells one tracker that we begin, go on, are complete and stop, and hands on the peers that it names. A tracker that fails is asked ever more seldom; nothing else suffers.
/// </summary>
internal sealed class TrackerLoop(Uri tracker, Func<AnnounceEvent, Announce> announce, Action<IReadOnlyList<EndPoint>> onPeers, Action<string> onFailed, Random random)
{
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(2);

    /// <summary>The tracker of a URL; null: none that is asked here, as it is no http, https or udp, or asks this very machine for something else than an announce.</summary>
    public static Uri? UriOf(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https" or "udp") || (uri.Scheme == "udp" && uri.Port is < 1 or > ushort.MaxValue))
            return null;
        // A stranger's torrent must not make us ask programs on this machine for what they would do.
        return uri.IsLoopback && uri.Scheme != "udp" && !uri.AbsolutePath.StartsWith("/announce", StringComparison.Ordinal) ? null : uri;
    }

    /// <param name="completed">Completes when everything is there.</param>
    /// <param name="stop">The session ends.</param>
    public async Task RunAsync(Task completed, CancellationToken stop)
    {
        var next = AnnounceEvent.Started;
        var wasHeard = false;
        var wasComplete = completed.IsCompletedSuccessfully;
        var failures = 0;
        try
        {
            while (true)
            {
                TimeSpan pause;
                try
                {
                    var answer = await AskAsync(announce(next), stop).ConfigureAwait(false);
                    onPeers(answer.Peers);
                    (wasHeard, failures, next) = (true, 0, AnnounceEvent.None);
                    pause = answer.Interval == TimeSpan.Zero ? DefaultInterval : answer.Interval < ShortestInterval ? ShortestInterval : answer.Interval;
                }
                catch (TrackerException e)
                {
                    onFailed(e.Message);
                    var doubled = FirstPause * Math.Pow(2, Math.Min(failures++, 10));
                    pause = doubled < LongestPause ? doubled : LongestPause;
                }

                var waiting = Task.Delay(pause, stop);
                if (!wasComplete && await Task.WhenAny(waiting, completed).ConfigureAwait(false) == completed && completed.IsCompletedSuccessfully)
                {
                    // That is told at once.
                    wasComplete = true;
                    next = wasHeard ? AnnounceEvent.Completed : next;
                    continue;
                }

                await waiting.ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            if (wasHeard)
                await SayFarewellAsync().ConfigureAwait(false);
        }
    }

    private Task<AnnounceAnswer> AskAsync(Announce told, CancellationToken cancellationToken) => tracker.Scheme == "udp"
        ? UdpTracker.AnnounceAsync(tracker, told, random, cancellationToken)
        : HttpTracker.AnnounceAsync(tracker, told, cancellationToken);

    private async Task SayFarewellAsync()
    {
        using var patience = new CancellationTokenSource(FarewellPatience);
        try
        {
            await AskAsync(announce(AnnounceEvent.Stopped), patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TrackerException or OperationCanceledException)
        {
            // It will find out.
        }
    }
}
