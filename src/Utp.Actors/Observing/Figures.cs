using System.Diagnostics.CodeAnalysis;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>A table of <see cref="Figure"/>s at one time. One thread's alone.</summary>
internal sealed class Figures
{
    public static readonly int Count = (int)Figure.Ended + Enum.GetValues<CloseCause>().Length;
    private readonly long[] _values = new long[Count];

    public long this[Figure figure]
    {
        get => _values[(int)figure];
        set => _values[(int)figure] = value;
    }

    /// <summary>Connections that ended by this.</summary>
    public long Ended(CloseCause cause) => _values[(int)Figure.Ended + (int)cause];

    /// <summary>Adds another table.</summary>
    public void Add(Figures other)
    {
        for (var i = 0; i < _values.Length; i++)
            _values[i] += other._values[i];
    }

    /// <summary>Adds what connections have counted.</summary>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "It adds to this.")]
    public void Add(PortCounts counts) => counts.AddTo(_values);

    /// <summary>As a listener's, or all of uTP's, statistics tell it.</summary>
    public TrafficStatistics Traffic(long[] states) => new()
    {
        Connections = Enum.GetValues<ConnectionState>().Where(state => states[(int)state] > 0).ToDictionary(static state => state, state => states[(int)state]),
        Initiated = this[Figure.Initiated],
        Accepted = this[Figure.Accepted],
        Ended = Enum.GetValues<CloseCause>().Where(cause => Ended(cause) > 0).ToDictionary(static cause => cause, Ended),
        BytesSent = this[Figure.BytesSent],
        BytesReceived = this[Figure.BytesReceived],
        PacketsSent = this[Figure.PacketsSent],
        PacketsReceived = this[Figure.PacketsReceived],
        Retransmissions = this[Figure.Repairs] + this[Figure.TailProbes],
        TailProbes = this[Figure.TailProbes],
        NeedlessRetransmissions = this[Figure.NeedlessRetransmissions],
        Lost = new LossCounts(
            this[Figure.LostBySelectiveAck], this[Figure.LostByDuplicateAcks], this[Figure.LostByTimeout], this[Figure.LostByRack], this[Figure.LostTooLarge]),
        Timeouts = this[Figure.Timeouts],
        SpuriousTimeouts = this[Figure.SpuriousTimeouts],
        DuplicatesReceived = this[Figure.Duplicates],
        PacketsDropped = this[Figure.Dropped],
    };

    /// <summary>What the routers have counted.</summary>
    public EndpointStats Endpoint => new(
        this[Figure.Delivered], this[Figure.Malformed], this[Figure.NotUtp], this[Figure.UnknownConnection],
        this[Figure.ResetsSent], this[Figure.ResetsSuppressed], this[Figure.SynRefused], this[Figure.SynStateless]);
}
