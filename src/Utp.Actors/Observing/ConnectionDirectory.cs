using Utp.Messages;

namespace Utp.Actors;

/// <summary>
/// The connections of one manager, for <see cref="ListConnections"/>: those that are there as a chain that they enter and leave by themselves, and the last that ended as a ring. A
/// connection costs it two references and no allocation of its own. Any thread.
/// </summary>
internal sealed class ConnectionDirectory
{
    private const int Remembered = 256;

    private readonly Lock _gate = new();
    private readonly EndedConnection?[] _ended = new EndedConnection?[Remembered];
    private LiveConnection? _first;
    private LiveConnection? _last;
    private int _count;
    private long _nextId;
    private long _endedCount;
    private volatile bool _isAsked;

    /// <summary>Whether connections are to keep summaries: somebody has asked for them.</summary>
    public bool IsAsked => _isAsked;

    /// <summary>Somebody asks for connections; returns whether it is the first time.</summary>
    public bool OnAsked()
    {
        var first = !_isAsked;
        _isAsked = true;
        return first;
    }

    /// <summary>A connection begins; returns its number.</summary>
    public long Add(LiveConnection connection)
    {
        lock (_gate)
        {
            connection.Previous = _last;
            if (_last is null)
                _first = connection;
            else
                _last.Next = connection;
            _last = connection;
            _count++;
            return ++_nextId;
        }
    }

    /// <summary>A connection is there no more; once.</summary>
    public void Remove(LiveConnection connection)
    {
        lock (_gate)
        {
            if (connection.Previous is { } previous)
                previous.Next = connection.Next;
            else
                _first = connection.Next;
            if (connection.Next is { } next)
                next.Previous = connection.Previous;
            else
                _last = connection.Previous;
            connection.Previous = connection.Next = null;
            _count--;
        }
    }

    /// <summary>A connection has ended. It may linger for late packets, and is listed once.</summary>
    public void AddEnded(LiveConnection connection, EndedConnection ended)
    {
        lock (_gate)
        {
            connection.HasEnded = true;
            _ended[_endedCount++ % Remembered] = ended;
        }
    }

    /// <summary>What is known now.</summary>
    public ConnectionList List()
    {
        List<LiveConnection> live;
        EndedConnection[] ended;
        lock (_gate)
        {
            live = new List<LiveConnection>(_count);
            for (var connection = _first; connection is not null; connection = connection.Next)
            {
                if (!connection.HasEnded)
                    live.Add(connection);
            }

            var kept = (int)Math.Min(_endedCount, Remembered);
            ended = new EndedConnection[kept];
            for (var i = 0; i < kept; i++)
                ended[i] = _ended[(_endedCount - kept + i) % Remembered]!;
        }

        return new ConnectionList([.. live.Select(static connection => connection.Summary)], ended);
    }
}
