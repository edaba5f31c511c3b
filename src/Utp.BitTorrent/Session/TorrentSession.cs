using System.Net;
using Utp.Streams;

namespace Utp.BitTorrent;

/// <summary>
/// Downloads and seeds one torrent over uTP, from one UDP port. It goes on seeding when everything is there, until it is disposed. Any thread.
/// </summary>
public sealed class TorrentSession : IAsyncDisposable
{
    private const int MaxHalfOpen = 16;
    private const double KeepAliveSeconds = 60;
    private const double SilenceSeconds = 150;
    private const double SaveSeconds = 20;

    // Twice as long as an attempt takes: what one loss delays is not given up.
    private static readonly TimeSpan MeetingPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    private readonly TorrentSessionOptions _options;
    private readonly TorrentState _state;
    private readonly PieceWork _work;
    private readonly PeerBook _book;
    private readonly SessionClock _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<Task> _tasks = [];
    private readonly HashSet<IPEndPoint> _meeting = [];
    private UtpListener _listener = null!;
    private Task _running = Task.CompletedTask;
    private Task _tracking = Task.CompletedTask;
    private int _connecting;
    private int _isDisposed;

    private TorrentSession(InfoHash infoHash, TorrentSessionOptions options)
    {
        _options = options;
        var random = new Random();
        _state = new TorrentState(infoHash, options, random);
        _work = new PieceWork(_state, options, Fail, () => _completed.TrySetResult());
        _book = new PeerBook(random);
        // Somebody may never ask for it.
        _ = _completed.Task.ContinueWith(static task => task.Exception, TaskContinuationOptions.OnlyOnFaulted);
        _ = _ended.Task.ContinueWith(static task => task.Exception, TaskContinuationOptions.OnlyOnFaulted);
    }

    /// <summary>Where peers may connect to.</summary>
    public IPEndPoint LocalEndPoint => _listener.LocalEndPoint;

    /// <summary>The torrent; null until the metadata is known that a magnet link lacks.</summary>
    public TorrentMetainfo? Metainfo => _state.Do(() => _state.Metainfo);

    /// <summary>
    /// Completes when it is disposed; fails with a <see cref="BitTorrentException"/> when the session cannot go on, also after everything was there.
    /// </summary>
    public Task Ended => _ended.Task;

    /// <summary>
    /// Completes when everything is there and verified. Fails with a <see cref="BitTorrentException"/> when the session cannot go on, after that too it must be disposed; is cancelled when it is
    /// disposed before.
    /// </summary>
    public Task Completed => _completed.Task;

    /// <summary>Looks at what is there, binds the port, and begins.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="options">Where it is kept, and how it is exchanged.</param>
    /// <param name="cancellationToken">Gives up; without effect once begun.</param>
    /// <exception cref="BitTorrentException">The folder cannot be used, or with <see cref="TorrentSessionOptions.SeedOnly"/> something is missing.</exception>
    /// <exception cref="UtpException">The port cannot be bound.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public static async Task<TorrentSession> StartAsync(TorrentMetainfo metainfo, TorrentSessionOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentNullException.ThrowIfNull(options);
        var session = new TorrentSession(metainfo.InfoHash, options);
        await session.BeginAsync(metainfo, options.Peers, metainfo.Trackers, cancellationToken).ConfigureAwait(false);
        return session;
    }

    /// <summary>As <see cref="StartAsync(TorrentMetainfo, TorrentSessionOptions, CancellationToken)"/>, with the metadata from the first peers that have it.</summary>
    /// <param name="link">The torrent's name, and peers that it may name.</param>
    /// <param name="options">Where it is kept, and how it is exchanged.</param>
    /// <param name="cancellationToken">Gives up; without effect once begun.</param>
    /// <exception cref="UtpException">The port cannot be bound.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public static async Task<TorrentSession> StartAsync(MagnetLink link, TorrentSessionOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(options);
        if (options.SeedOnly)
            throw new ArgumentException("A magnet link does not say what is to be seeded: use the .torrent file.", nameof(options));
        var session = new TorrentSession(link.InfoHash, options);
        await session.BeginAsync(null, [.. options.Peers, .. link.Peers], link.Trackers, cancellationToken).ConfigureAwait(false);
        return session;
    }

    /// <summary>A peer to connect to, and to connect to again.</summary>
    /// <param name="endPoint">An <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>.</param>
    public void AddPeer(EndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        lock (_book)
            _book.Add(endPoint, isNamed: true);
        ConnectThoseDue();
    }

    /// <summary>Our address as most peers see it (BEP 10, "yourip"); null: none has said so yet.</summary>
    public IPAddress? OutsideAddress => _state.Do(() => _state.Outside.Most);

    /// <summary>How far it is.</summary>
    public TorrentProgress GetProgress() => _state.Do(() =>
    {
        var (metainfo, have, now) = (_state.Metainfo, _state.Have, _clock.Seconds);
        var verified = 0L;
        for (var piece = 0; have is { Count: > 0 } && piece < have.Length; piece++)
            verified += have[piece] ? metainfo!.SizeOf(piece) : 0;
        return new TorrentProgress(
            metainfo?.TotalBytes ?? 0, Math.Min(verified, metainfo?.TotalBytes ?? 0), metainfo?.PieceCount ?? 0, have?.Count ?? 0,
            _state.Peers.Count, _state.Peers.Count(static peer => peer.HasAll), _state.Banned,
            _state.Downloaded, _state.Uploaded, _state.Wasted,
            _state.Peers.Sum(peer => peer.Down.At(now)), _state.Peers.Sum(peer => peer.Up.At(now)));
    });

    /// <summary>Ends in order: peers hear of it, what is there is remembered for the next start, the port is free. A second time does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        _completed.TrySetCanceled();
        await _running.ConfigureAwait(false);
        await _tracking.ConfigureAwait(false);
        Task[] tasks;
        lock (_tasks)
            tasks = [.. _tasks];
        await Task.WhenAll(tasks).ConfigureAwait(false);
        try
        {
            _work.Save();
        }
        catch (BitTorrentException)
        {
            // The next start looks at everything again.
        }

        _state.Do(_state.Fetching.Clear);
        _work.Dispose();
        await _listener.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
        _ended.TrySetResult();
    }

    private async Task BeginAsync(TorrentMetainfo? metainfo, IEnumerable<EndPoint> peers, IEnumerable<string> trackers, CancellationToken cancellationToken)
    {
        try
        {
            // The port first: what is wrong with it is known at once, and hashing may take long.
            _listener = await UtpListener.BindAsync(
                _options.LocalEndPoint,
                new UtpListenerOptions { ActorSystem = _options.ActorSystem, LoggerFactory = _options.LoggerFactory, Protocol = _options.Protocol, Socket = _options.Socket, Linger = Linger },
                cancellationToken).ConfigureAwait(false);
            _state.ListeningPort = _listener.LocalEndPoint.Port;
            if (metainfo is not null)
                await _work.BeginAsync(metainfo, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _work.Dispose();
            _stop.Dispose();
            if (_listener is not null)
                await _listener.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        foreach (var peer in peers)
            _book.Add(peer, isNamed: true);
        _running = Task.WhenAll(AcceptAsync(), TickAsync(), FindAsync());
        if (_options.UseTrackers)
            _tracking = Task.WhenAll(trackers.Select(TrackerLoop.UriOf).OfType<Uri>().Select(TrackAsync));
        ConnectThoseDue();
    }

    private Task TrackAsync(Uri tracker)
    {
        var loop = new TrackerLoop(
            tracker,
            told =>
            {
                var progress = GetProgress();
                var left = progress.TotalBytes == 0 ? 1 : progress.TotalBytes - progress.VerifiedBytes;
                return new Announce(_state.InfoHash, _state.PeerId, LocalEndPoint.Port, progress.UploadedBytes, progress.DownloadedBytes, left, told);
            },
            peers =>
            {
                lock (_book)
                {
                    foreach (var peer in peers)
                        _book.Add(peer, isNamed: false);
                }

                ConnectThoseDue();
            },
            reason => _state.Do(() => _state.Events.Enqueue(new TorrentEvent.TrackerFailed(tracker.AbsoluteUri, reason))),
            new Random());
        return Task.Run(() => loop.RunAsync(Completed, _stop.Token));
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var stream = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                if (_state.Do(() => _state.Refuses(stream.RemoteEndPoint)) is null)
                    Track(ServeAsync(stream));
                else
                    stream.Abort();
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Fail(e);
        }
    }

    // On a thread of its own: the accept loop must not wait for anybody.
    private Task<string> ServeAsync(UtpStream stream) => Task.Run(() => new PeerConnection(_state, _work, stream, _clock).RunAsync(isOurs: false, _stop.Token));

    // Whom peers have named.
    private async Task FindAsync()
    {
        try
        {
            while (true)
            {
                var found = await _state.Found.ReadAsync(_stop.Token).ConfigureAwait(false);
                if (found.IsMeeting)
                {
                    Meet(found.EndPoint);
                    continue;
                }

                lock (_book)
                    _book.Add(found.EndPoint, isNamed: false);
                ConnectThoseDue();
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    // At once, also when an earlier attempt failed a moment ago: the other end does the same now.
    private void Meet(IPEndPoint endPoint)
    {
        lock (_book)
        {
            if (_meeting.Count >= MaxHalfOpen || _state.Do(() => _state.Refuses(endPoint)) is not null || !_meeting.Add(endPoint))
                return;
            Track(Task.Run(() => MeetAsync(endPoint)));
        }
    }

    private async Task MeetAsync(IPEndPoint endPoint)
    {
        try
        {
            var stream = await OpenAsync(endPoint, MeetingPatience).ConfigureAwait(false);
            lock (_book)
                _meeting.Remove(endPoint);
            await new PeerConnection(_state, _work, stream, _clock).RunAsync(isOurs: true, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The other end's attempt may have succeeded.
            if (!_stop.IsCancellationRequested && !_state.Do(() => _state.IsConnected(endPoint)))
                _state.Do(() => _state.Events.Enqueue(new TorrentEvent.MeetingFailed(endPoint, "both tried at the same time, and neither was let in: a NAT on the way may be symmetric")));
        }
        finally
        {
            lock (_book)
                _meeting.Remove(endPoint);
        }
    }

    private Task<UtpStream> OpenAsync(EndPoint endPoint, TimeSpan? patience = null) =>
        _listener.ConnectAsync(endPoint, new UtpClientOptions { Protocol = _options.Protocol, Linger = Linger, ConnectTimeout = patience }, _stop.Token);

    private void ConnectThoseDue()
    {
        lock (_book)
        {
            while (_connecting < MaxHalfOpen && !_stop.IsCancellationRequested && _state.Do(() => _state.Peers.Count) < _options.MaxPeers && _book.Next(_clock.Seconds) is { } endPoint)
            {
                _connecting++;
                Track(Task.Run(() => ConnectAsync(endPoint)));
            }
        }
    }

    private async Task ConnectAsync(EndPoint endPoint)
    {
        var isConnecting = true;
        var wasUp = false;
        try
        {
            if (endPoint is IPEndPoint address && _state.Do(() => _state.IsBanned(address)))
                return;
            if (endPoint is IPEndPoint known && _state.Do(() => _state.IsConnected(known)))
            {
                wasUp = true;
                return;
            }

            var stream = await OpenAsync(endPoint).ConfigureAwait(false);
            lock (_book)
                _connecting--;
            isConnecting = false;
            var heard = _state.Do(() => _state.Downloaded + _state.Uploaded);
            await new PeerConnection(_state, _work, stream, _clock).RunAsync(isOurs: true, _stop.Token).ConfigureAwait(false);
            wasUp = _state.Do(() => _state.Downloaded + _state.Uploaded) > heard;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Tried again later; who does not answer may be behind a NAT.
            if (isConnecting && endPoint is IPEndPoint unreached && !_stop.IsCancellationRequested)
                _state.Do(() => _state.Meetings.Ask(unreached));
        }
        finally
        {
            lock (_book)
            {
                _connecting -= isConnecting ? 1 : 0;
                _book.OnEnded(endPoint, wasUp, _clock.Seconds);
                if (endPoint is IPEndPoint address && _state.Do(() => _state.IsBanned(address)))
                    _book.Remove(endPoint);
            }
        }
    }

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var savedAt = 0.0;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                var now = _clock.Seconds;
                _state.Do(() => Tick(now));
                ConnectThoseDue();
                if (now - savedAt < SaveSeconds)
                    continue;
                savedAt = now;
                _work.Save();
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (BitTorrentException e)
        {
            Fail(e);
        }
    }

    private void Tick(double now)
    {
        _state.Fetching.Tick(now);
        _state.Serving.Tick(now);
        _state.Metadata.Tick();
        _state.PeerExchange.Tick(now);
        foreach (var peer in _state.Peers)
        {
            if (now - peer.HeardAt > SilenceSeconds)
                peer.Drop("it said nothing for long");
            // BEP 21: two that have everything have nothing to say to each other.
            else if (_state.IsComplete && peer.HasAll)
                peer.Drop("it has everything, and so have we");
            else if (now - peer.SaidAt > KeepAliveSeconds)
                PeerWire.KeepAlive(peer.Outbox.Messages);
            peer.Outbox.Wake();
        }
    }

    // What cannot go on ends all peers, and says why to whoever waits.
    private void Fail(Exception error)
    {
        var told = error as BitTorrentException ?? new BitTorrentException($"The session cannot go on: {error.Message}", error);
        _completed.TrySetException(told);
        _ended.TrySetException(told);
        if (!_stop.IsCancellationRequested)
            _ = _stop.CancelAsync();
    }

    private void Track(Task task)
    {
        lock (_tasks)
            _tasks.Add(task);
        _ = task.ContinueWith(
            ended =>
            {
                lock (_tasks)
                    _tasks.Remove(ended);
            },
            TaskScheduler.Default);
    }
}
