using System.Globalization;
using Utp.Messages;

namespace Utp.Dashboard;

/// <summary>What happened to one connection, as two looks at it differ: the last 64 things, each with its second. Under the board's lock.</summary>
internal sealed class History
{
    private const int Remembered = 64;

    private readonly Queue<(DateTimeOffset At, string Text)> _events = new();

    /// <summary>The latest first.</summary>
    public IEnumerable<(DateTimeOffset At, string Text)> Events => _events.Reverse();

    public void Began(DateTimeOffset at) => Add(at, "began");

    /// <summary>What has happened between two looks.</summary>
    public void Compare(ConnectionSummary before, ConnectionSummary now, DateTimeOffset at)
    {
        var (old, stats) = (before.Statistics, now.Statistics);
        if (now.Sampled is not null && (before.Sampled is null || old.State != stats.State))
            Add(at, $"state: {Words.Of(stats.State)}");
        Count(at, stats.Lost.Rack - old.Lost.Rack, "lost, as later ones showed (RACK)");
        Count(at, stats.Lost.SelectiveAck - old.Lost.SelectiveAck, "lost, as selective acknowledgements showed");
        Count(at, stats.Lost.DuplicateAcks - old.Lost.DuplicateAcks, "lost, as duplicate acknowledgements showed");
        Count(at, stats.Lost.Timeout - old.Lost.Timeout, "lost by a time-out");
        Count(at, stats.Lost.TooLarge - old.Lost.TooLarge, "too large for the path");
        if (stats.Timeouts > old.Timeouts)
            Add(at, $"retransmission time-out, now {stats.RtoMicros / 1000} ms");
        if (stats.SpuriousTimeouts > old.SpuriousTimeouts)
            Add(at, "a time-out was needless");
        Count(at, stats.PacketsDropped - old.PacketsDropped, "of the peer not believed, or not allowed");
    }

    public void Ended(EndedConnection end)
    {
        var code = end.Reason.PeerCode is { } peer ? string.Create(CultureInfo.InvariantCulture, $" (close reason {peer})") : "";
        Add(end.Ended, $"{Words.Of(end.Reason.Cause)}: {end.Message}{code}");
    }

    private void Count(DateTimeOffset at, long packets, string what)
    {
        if (packets > 0)
            Add(at, string.Create(CultureInfo.InvariantCulture, $"{packets} packet{(packets == 1 ? "" : "s")} {what}"));
    }

    private void Add(DateTimeOffset at, string text)
    {
        if (_events.Count == Remembered)
            _events.Dequeue();
        _events.Enqueue((at, text));
    }
}
