using System.Net;
using System.Threading.Channels;

namespace Utp.BitTorrent.Tests.Session;

/// <summary>A session of ours on loopback, whose events can be waited for.</summary>
internal sealed class OurSession : IAsyncDisposable
{
    /// <summary>Long enough for a loaded machine; nothing that works needs it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Channel<TorrentEvent> _events = Channel.CreateUnbounded<TorrentEvent>();
    private readonly List<TorrentEvent> _heard = [];
    private TorrentSession _session = null!;

    public TorrentSession Session => _session;

    public IPEndPoint EndPoint => new(IPAddress.Loopback, _session.LocalEndPoint.Port);

    public TorrentProgress Progress => _session.GetProgress();

    public static async Task<OurSession> StartAsync(TorrentMetainfo metainfo, string folder, bool seedOnly = false, params EndPoint[] peers)
    {
        var ours = new OurSession();
        ours._session = await TorrentSession.StartAsync(metainfo, ours.Options(folder, seedOnly, peers));
        return ours;
    }

    public static async Task<OurSession> StartAsync(TorrentMetainfo metainfo, string folder, Func<TorrentSessionOptions, TorrentSessionOptions> change)
    {
        var ours = new OurSession();
        ours._session = await TorrentSession.StartAsync(metainfo, change(ours.Options(folder, false, [])));
        return ours;
    }

    public static async Task<OurSession> StartAsync(MagnetLink link, string folder, params EndPoint[] peers)
    {
        var ours = new OurSession();
        ours._session = await TorrentSession.StartAsync(link, ours.Options(folder, false, peers));
        return ours;
    }

    /// <summary>Waits until everything is there.</summary>
    public async Task CompletedAsync()
    {
        try
        {
            await _session.Completed.WaitAsync(Patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"Not complete: {Progress}; {Transcript}", e);
        }
    }

    /// <summary>The first event of a kind that has not been looked at.</summary>
    public async Task<T> HearsAsync<T>(Func<T, bool>? which = null)
        where T : TorrentEvent
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            while (true)
            {
                if (await _events.Reader.ReadAsync(patience.Token) is T happened && which?.Invoke(happened) != false)
                    return happened;
            }
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"No {typeof(T).Name}: {Progress}; {Transcript}", e);
        }
    }

    public ValueTask DisposeAsync() => _session.DisposeAsync();

    /// <summary>All that was heard.</summary>
    public IReadOnlyList<TorrentEvent> Heard
    {
        get
        {
            lock (_heard)
                return [.. _heard];
        }
    }

    private string Transcript
    {
        get
        {
            lock (_heard)
                return string.Join(", ", _heard.Where(static happened => happened is not TorrentEvent.PieceVerified));
        }
    }

    private TorrentSessionOptions Options(string folder, bool seedOnly, EndPoint[] peers) => new()
    {
        Folder = folder,
        SeedOnly = seedOnly,
        LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        Peers = peers,
        OnEvent = happened =>
        {
            lock (_heard)
                _heard.Add(happened);
            _events.Writer.TryWrite(happened);
        },
    };
}
