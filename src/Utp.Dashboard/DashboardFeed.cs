namespace Utp.Dashboard;

/// <summary>
/// Looks at the connections once a second while somebody watches, and for half a minute after the last one has gone, so that a page that is loaded again has its charts. Any thread.
/// </summary>
internal sealed class DashboardFeed(IConnectionSource source, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private TaskCompletionSource _next = New();
    private int _watchers;
    private bool _isLooking;

    /// <summary>What was seen.</summary>
    public Board Board { get; private set; } = new();

    /// <summary>Ends with the next look.</summary>
    public Task NextLook
    {
        get
        {
            lock (_gate)
                return _next.Task;
        }
    }

    /// <summary>Somebody watches, until <see cref="Leave"/>.</summary>
    /// <returns>Whether there is a look already; otherwise the next comes soon.</returns>
    public bool Enter()
    {
        lock (_gate)
        {
            _watchers++;
            if (_isLooking)
                return true;
            _isLooking = true;
            Board = new Board();
        }

        _ = LookAsync();
        return false;
    }

    /// <summary>A watcher has gone.</summary>
    public void Leave()
    {
        lock (_gate)
            _watchers--;
    }

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(Period, time);
        var unwatched = TimeSpan.Zero;
        do
        {
            await LookOnceAsync().ConfigureAwait(false);
            TaskCompletionSource done;
            lock (_gate)
            {
                (done, _next) = (_next, New());
                unwatched = _watchers > 0 ? TimeSpan.Zero : unwatched + Period;
                if (unwatched > Linger)
                {
                    _isLooking = false;
                    Board = new Board();
                }
            }

            done.SetResult();
            if (unwatched > Linger)
                return;
        }
        while (await timer.WaitForNextTickAsync().ConfigureAwait(false));
    }

    private async Task LookOnceAsync()
    {
        try
        {
            var (list, all) = await source.LookAsync().ConfigureAwait(false);
            Board.Update(list, all, time.GetUtcNow());
        }
        catch (Exception e)
        {
            // It watches a program whatever happens there, and the page says what does.
            Board.Fail($"The connections cannot be seen: {e.Message}");
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
