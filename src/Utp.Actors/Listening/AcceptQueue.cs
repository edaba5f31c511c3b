namespace Utp.Actors;

/// <summary>
/// Connections that are open, and wait to be told to their handler until it asks (<see cref="Messages.ResumeAccepting"/>), and for how many more it has asked. One
/// listener's alone, on its turns.
/// </summary>
/// <param name="pulls">Whether the handler asks; otherwise nothing waits here.</param>
internal sealed class AcceptQueue(bool pulls)
{
    private readonly Queue<ConnectionHandle> _waiting = new();
    private long _asked;
    private int _waitingCount;

    /// <summary>Whether the handler asks for connections.</summary>
    public bool Pulls => pulls;

    /// <summary>How many connections wait.</summary>
    public int WaitingCount => _waitingCount;

    /// <summary>The handler asks for so many more.</summary>
    public void Ask(int count) => _asked += count;

    /// <summary>A connection is open.</summary>
    public void Add(ConnectionHandle handle)
    {
        if (handle.AcceptState != AcceptState.None)
            return;
        handle.AcceptState = AcceptState.Waits;
        _waitingCount++;
        _waiting.Enqueue(handle);
    }

    /// <summary>The next one that the handler is to hear of.</summary>
    public bool TryGrant(out ConnectionHandle? granted)
    {
        while (_asked > 0 && _waiting.TryDequeue(out granted))
        {
            // One that has ended meanwhile is told to nobody.
            if (granted.AcceptState != AcceptState.Waits)
                continue;
            granted.AcceptState = AcceptState.Granted;
            _waitingCount--;
            _asked--;
            return true;
        }

        granted = null;
        return false;
    }

    /// <summary>A connection is over. When the handler never heard of it, it gets another one for it.</summary>
    public void OnOver(ConnectionHandle handle)
    {
        if (handle.AcceptState == AcceptState.Waits)
            _waitingCount--;
        else if (handle.AcceptState == AcceptState.Granted && !handle.IsConnectedTold)
            _asked++;
        handle.AcceptState = AcceptState.Over;
    }
}

/// <summary>Where an accepted connection stands for a handler that asks for connections.</summary>
internal enum AcceptState
{
    /// <summary>It is not open yet, or nobody asks.</summary>
    None,

    /// <summary>It waits to be told.</summary>
    Waits,

    /// <summary>It may tell its handler.</summary>
    Granted,

    /// <summary>It has ended.</summary>
    Over,
}
