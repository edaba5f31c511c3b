using System.Diagnostics.Metrics;
using System.Text;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>What the instruments of <see cref="UtpMeter"/> read when somebody collects: the counts of all managers of the process, and the sum of those that have ended. Any thread.</summary>
internal static class MeterSources
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<UtpCounts> Live = [];
    private static readonly Figures Closed = new();

    /// <summary>A manager begins.</summary>
    public static void Add(UtpCounts counts)
    {
        lock (Gate)
            Live.Add(counts);
    }

    /// <summary>A manager has ended, and its ports before it.</summary>
    public static void Remove(UtpCounts counts)
    {
        lock (Gate)
        {
            if (Live.Remove(counts))
                counts.AddTo(Closed);
        }
    }

    /// <summary>A name as tags write it: <c>TooManyRetransmissions</c> is <c>too_many_retransmissions</c>.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum
    {
        var word = new StringBuilder();
        foreach (var c in value.ToString())
        {
            if (char.IsAsciiLetterUpper(c) && word.Length > 0)
                word.Append('_');
            word.Append(char.ToLowerInvariant(c));
        }

        return word.ToString();
    }

    public static Figures Sum()
    {
        var sum = new Figures();
        lock (Gate)
        {
            sum.Add(Closed);
            foreach (var counts in Live)
                counts.AddTo(sum);
        }

        return sum;
    }

    public static IEnumerable<Measurement<long>> States()
    {
        var states = new long[PortCounts.States];
        lock (Gate)
        {
            foreach (var counts in Live)
                counts.AddStatesTo(states);
        }

        return Enum.GetValues<ConnectionState>().Select(state => Of(states[(int)state], "utp.connection.state", Word(state)));
    }

    public static Measurement<long>[] Ports()
    {
        (int Listeners, int Outgoing) sum = default;
        lock (Gate)
        {
            foreach (var counts in Live)
            {
                var (listeners, outgoing) = counts.Ports;
                sum = (sum.Listeners + listeners, sum.Outgoing + outgoing);
            }
        }

        return [Of(sum.Listeners, "utp.port.kind", "listener"), Of(sum.Outgoing, "utp.port.kind", "outgoing")];
    }

    public static Measurement<long>[] Memory(Func<Messages.MemoryStatistics, long> read)
    {
        long receive = 0, reorder = 0, unread = 0;
        lock (Gate)
        {
            foreach (var counts in Live)
            {
                receive += read(counts.ReceiveMemory);
                reorder += read(counts.ReorderMemory);
                unread += read(counts.UnreadMemory);
            }
        }

        return [Of(receive, "utp.memory.pool", "receive"), Of(reorder, "utp.memory.pool", "reorder"), Of(unread, "utp.memory.pool", "unread")];
    }

    public static Measurement<long> Of(long value, string tag, string text) =>
        tag.Length == 0 ? new Measurement<long>(value) : new Measurement<long>(value, new KeyValuePair<string, object?>(tag, text));
}
