using Utp.Sockets;

namespace Utp.Actors;

/// <summary>One open port as it is seen from outside: what its socket, its table and its connections have counted. Reads them when somebody asks. Any thread.</summary>
internal sealed class PortMeter(PortCounts counts, SharedTable table, IReadOnlyList<IDatagramChannel> channels, IReadOnlyList<ReceiveLoop> loops, ReceiveMemory memory, bool isListener)
{
    public PortCounts Counts { get; } = counts;

    /// <summary>Whether a user has bound it; otherwise it is that of a single outgoing connection, and its memory and counts are shared.</summary>
    public bool IsListener { get; } = isListener;

    public ReceiveMemory Memory { get; } = memory;

    /// <summary>Adds what the port's owners have counted, without what its connections have.</summary>
    public void AddPortTo(Figures figures)
    {
        lock (table.Gate)
        {
            var routed = table.Router.Statistics;
            figures[Figure.Delivered] += routed.Delivered;
            figures[Figure.Malformed] += routed.Malformed;
            figures[Figure.NotUtp] += routed.NotUtp;
            figures[Figure.UnknownConnection] += routed.UnknownConnection;
            figures[Figure.ResetsSent] += routed.ResetsSent;
            figures[Figure.ResetsSuppressed] += routed.ResetsSuppressed;
            figures[Figure.SynRefused] += routed.SynRefused;
            figures[Figure.SynStateless] += routed.SynStateless;
            figures[Figure.Batches] += table.Batches;
        }

        foreach (var channel in channels)
            figures[Figure.ReceiveDrops] += channel.ReceiveDrops;
        foreach (var loop in loops)
            figures[Figure.Truncated] += loop.Truncated;
    }

    /// <summary>Adds all that belongs to this port alone.</summary>
    public void AddTo(Figures figures)
    {
        AddPortTo(figures);
        if (IsListener)
            figures.Add(Counts);
    }
}
