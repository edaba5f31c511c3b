using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// What the connections of one port, or of all ports of single connections, have counted together. Connections add what is new since their last sample; nobody adds
/// anything per packet. Any thread.
/// </summary>
internal sealed class PortCounts
{
    public static readonly int States = Enum.GetValues<ConnectionState>().Length;

    private readonly long[] _figures = new long[Figures.Count];
    private readonly long[] _states = new long[States];
    private volatile bool _isAsked;

    /// <summary>Whether connections are to sample themselves while they live: somebody has asked for statistics, or listens to the meter.</summary>
    public bool IsSampled => _isAsked || UtpMeter.IsListened;

    /// <summary>Somebody asks for statistics; returns whether it is the first time.</summary>
    public bool OnAsked()
    {
        var first = !_isAsked;
        _isAsked = true;
        return first;
    }

    public void Add(Figure figure, long count)
    {
        if (count > 0)
            Interlocked.Add(ref _figures[(int)figure], count);
    }

    /// <summary>A connection ended.</summary>
    public void AddEnded(CloseCause cause) => Interlocked.Increment(ref _figures[(int)Figure.Ended + (int)cause]);

    /// <summary>A connection moves; null: it comes, or goes.</summary>
    public void Move(ConnectionState? from, ConnectionState? to)
    {
        if (from is { } left)
            Interlocked.Decrement(ref _states[(int)left]);
        if (to is { } entered)
            Interlocked.Increment(ref _states[(int)entered]);
    }

    public void AddTo(long[] figures)
    {
        for (var i = 0; i < figures.Length; i++)
            figures[i] += Interlocked.Read(ref _figures[i]);
    }

    public void AddStatesTo(long[] states)
    {
        for (var i = 0; i < states.Length; i++)
            states[i] += Interlocked.Read(ref _states[i]);
    }
}
