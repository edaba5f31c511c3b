using System.Buffers.Binary;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Dashboard;

/// <summary>One connection as the page remembers it: what it was at the last look, the last minute of it, and what happened to it. Under the board's lock.</summary>
internal sealed class Row
{
    /// <summary>How many looks a row's small charts show.</summary>
    public const int TrailLength = 60;

    // What a sample tells is a second old at most while the connection moves, and then it is not renewed.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2.5);

    public Row(ConnectionSummary first)
    {
        Now = first;
        Remote = first.RemoteAddress.ToString();
        RemoteOrder = (BinaryPrimitives.ReadUInt128BigEndian(first.RemoteAddress.Address.MapToIPv6().GetAddressBytes()), first.RemoteAddress.Port);
        History.Began(first.Began);
    }

    public ConnectionSummary Now { get; private set; }

    /// <summary>The peer, as it is shown and sought.</summary>
    public string Remote { get; }

    /// <summary>Where the peer stands in the order of addresses.</summary>
    public (UInt128 Address, int Port) RemoteOrder { get; }

    /// <summary>Our address, as it is shown and sought.</summary>
    public string Local { get; private set; } = "";

    /// <summary>Payload a second, out.</summary>
    public double Sent { get; private set; }

    /// <summary>Payload a second, in.</summary>
    public double Received { get; private set; }

    public Trail Rates { get; } = new(TrailLength);

    public Trail Queues { get; } = new(TrailLength);

    public Trail Windows { get; } = new(TrailLength);

    public History History { get; } = new();

    /// <summary>What only its own page shows; null: nobody has looked at that yet.</summary>
    public CloseUp? CloseUp { get; set; }

    /// <summary>The look at which it was there last.</summary>
    public long Look { get; set; }

    /// <summary>The end; null: it lives.</summary>
    public EndedConnection? End { get; private set; }

    /// <summary>Packets found lost, of those sent.</summary>
    public double Loss => Now.Statistics is { PacketsSent: > 0 } stats ? Math.Min(1, (double)stats.PacketsLost / stats.PacketsSent) : 0;

    /// <summary>Where it stands, as a word.</summary>
    public string State => End is not null ? "ended" : Words.Of(Now.Sampled is null ? null : Now.Statistics.State);

    /// <summary>A look at it.</summary>
    public void Update(ConnectionSummary now, DateTimeOffset at)
    {
        if (!ReferenceEquals(now, Now))
            History.Compare(Now, now, at);
        Now = now;
        if (Local.Length == 0 && now.LocalAddress is { } local)
            Local = local.ToString();
        var isFresh = now.Sampled is { } sampled && at - sampled < Fresh;
        Sent = isFresh ? now.SentPerSecond : 0;
        Received = isFresh ? now.ReceivedPerSecond : 0;
        Rates.Add(Sent + Received);
        Queues.Add(now.Statistics.QueueingDelayMicros);
        Windows.Add(now.Statistics.CongestionWindowBytes);
        CloseUp?.Add(this);
    }

    /// <summary>It has ended.</summary>
    public void OnEnded(EndedConnection end)
    {
        if (End is not null)
            return;
        History.Compare(Now, end.Summary, end.Ended);
        History.Ended(end);
        Now = end.Summary;
        End = end;
        (Sent, Received) = (0, 0);
    }

    /// <summary>Whether it holds what was typed: a part of an address, or of a state.</summary>
    public bool Matches(string text) =>
        text.Length == 0 || Remote.Contains(text, StringComparison.OrdinalIgnoreCase) || Local.Contains(text, StringComparison.OrdinalIgnoreCase) || State.Contains(text, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The last ten minutes of a connection that somebody looks at alone.</summary>
internal sealed class CloseUp
{
    private const int Length = 600;

    private long _lost = -1;

    /// <summary>Its series, by their names on the page.</summary>
    public IReadOnlyDictionary<string, Trail> Series { get; } =
        new[] { "sent", "received", "rtt", "queue", "window", "flight", "lost" }.ToDictionary(static name => name, static _ => new Trail(Length));

    public void Add(Row row)
    {
        var stats = row.Now.Statistics;
        Series["sent"].Add(row.Sent);
        Series["received"].Add(row.Received);
        Series["rtt"].Add(stats.SmoothedRttMicros);
        Series["queue"].Add(stats.QueueingDelayMicros);
        Series["window"].Add(stats.CongestionWindowBytes);
        Series["flight"].Add(stats.BytesInFlight);
        Series["lost"].Add(_lost < 0 ? 0 : Math.Max(0, stats.PacketsLost - _lost));
        _lost = stats.PacketsLost;
    }
}

/// <summary>The protocol's words on the page.</summary>
internal static class Words
{
    private static readonly string[] States = [.. Enum.GetNames<ConnectionState>().Select(Spaced)];
    private static readonly string[] Causes = [.. Enum.GetNames<CloseCause>().Select(Spaced)];

    public static string Of(ConnectionState? state) => state is { } known ? States[(int)known] : "new";

    public static string Of(CloseCause cause) => Causes[(int)cause];

    private static string Spaced(string name) =>
        string.Concat(name.Select(static (c, i) => char.IsUpper(c) ? (i > 0 ? " " : "") + char.ToLowerInvariant(c) : c.ToString()));
}
