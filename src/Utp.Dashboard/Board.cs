using Utp.Messages;

namespace Utp.Dashboard;

/// <summary>
/// What all browsers look at: the connections at the last look, with their last minute, and what all of them do together. Filled once a second while anybody looks. Any thread.
/// </summary>
internal sealed class Board
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Row> _rows = [];
    private readonly Trail _sent = new(Row.TrailLength);
    private readonly Trail _received = new(Row.TrailLength);
    private List<Row> _live = [];
    private Row[] _ended = [];
    private UtpStatistics? _all;
    private string? _problem;
    private DateTimeOffset _at;
    private long _look;

    /// <summary>A look.</summary>
    public void Update(ConnectionList list, UtpStatistics all, DateTimeOffset at)
    {
        lock (_gate)
        {
            _look++;
            _at = at;
            _all = all;
            _problem = null;
            _live = new List<Row>(list.Live.Count);
            double sent = 0, received = 0;
            foreach (var summary in list.Live)
            {
                var row = RowOf(summary);
                row.Update(summary, at);
                sent += row.Sent;
                received += row.Received;
                _live.Add(row);
            }

            _sent.Add(sent);
            _received.Add(received);
            var ended = new Row[list.Ended.Count];
            for (var i = 0; i < ended.Length; i++)
            {
                var end = list.Ended[^(i + 1)];
                ended[i] = RowOf(end.Summary);
                ended[i].OnEnded(end);
            }

            _ended = ended;
            Forget();
        }
    }

    /// <summary>Nothing could be seen.</summary>
    public void Fail(string problem)
    {
        lock (_gate)
            _problem = problem;
    }

    /// <summary>What a browser shows, as JSON.</summary>
    public void Write(View view, Frame frame)
    {
        lock (_gate)
        {
            frame.Begin(_at, _problem, _all, _live.Count, _ended.Length, _sent, _received);
            if (view.One is { } id)
            {
                if (_rows.TryGetValue(id, out var row))
                    frame.WriteOne(row, row.CloseUp ??= new CloseUp());
            }
            else
            {
                var found = Find(view);
                var first = Math.Clamp(view.First, 0, Math.Max(0, found.Count - 1));
                frame.WriteRows(found, first, Math.Min(view.Count, found.Count - first));
            }

            frame.End();
        }
    }

    private List<Row> Find(View view)
    {
        List<Row> found = [.. (view.Ended ? (IEnumerable<Row>)_ended : _live).Where(row => row.Matches(view.Search))];
        Comparison<Row>? order = view.Sort switch
        {
            "remote" => static (a, b) => a.RemoteOrder.CompareTo(b.RemoteOrder),
            "local" => static (a, b) => string.CompareOrdinal(a.Local, b.Local),
            "state" => static (a, b) => string.CompareOrdinal(a.State, b.State),
            "age" => static (a, b) => b.Now.Began.CompareTo(a.Now.Began),
            "sent" => static (a, b) => a.Sent.CompareTo(b.Sent),
            "received" => static (a, b) => a.Received.CompareTo(b.Received),
            "rate" => static (a, b) => (a.Sent + a.Received).CompareTo(b.Sent + b.Received),
            "total" => static (a, b) => Total(a).CompareTo(Total(b)),
            "rtt" => static (a, b) => a.Now.Statistics.SmoothedRttMicros.CompareTo(b.Now.Statistics.SmoothedRttMicros),
            "queue" => static (a, b) => a.Queues.Last.CompareTo(b.Queues.Last),
            "window" => static (a, b) => a.Windows.Last.CompareTo(b.Windows.Last),
            "loss" => static (a, b) => a.Loss.CompareTo(b.Loss),
            _ => null,
        };
        if (order is null)
        {
            // As they came: the oldest first, or of those that ended the latest.
            if (view.Descending)
                found.Reverse();
            return found;
        }

        // Equal ones keep their places, or the table would flicker.
        var sign = view.Descending ? -1 : 1;
        found.Sort((a, b) => order(a, b) is var by and not 0 ? by * sign : a.Now.Id.CompareTo(b.Now.Id));
        return found;
    }

    private static long Total(Row row) => row.Now.Statistics.BytesSent + row.Now.Statistics.BytesReceived;

    private Row RowOf(ConnectionSummary summary)
    {
        if (!_rows.TryGetValue(summary.Id, out var row))
            _rows.Add(summary.Id, row = new Row(summary));
        row.Look = _look;
        return row;
    }

    // What is neither there nor among the last that ended.
    private void Forget()
    {
        if (_rows.Count == _live.Count + _ended.Length)
            return;
        foreach (var (id, row) in _rows)
        {
            if (row.Look != _look)
                _rows.Remove(id);
        }
    }
}
