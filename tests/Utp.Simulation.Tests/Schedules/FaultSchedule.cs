using System.Collections.Immutable;
using System.Globalization;
using Utp.Protocol;

namespace Utp.Simulation.Tests.Schedules;

/// <summary>
/// One random run, as numbers: a seed and the knobs that are not at their default. Its text replays it to the byte.
/// </summary>
internal sealed class FaultSchedule
{
    // A burst is short in time, however few packets come by: otherwise no back-off would survive it.
    private const long MaxBurstMicros = 300_000;

    private readonly ImmutableSortedDictionary<Knob, long> _knobs;

    private FaultSchedule(ulong seed, ImmutableSortedDictionary<Knob, long> knobs)
    {
        Seed = seed;
        _knobs = knobs;
    }

    /// <summary>The simulation's seed.</summary>
    public ulong Seed { get; }

    /// <summary>The knobs that are turned.</summary>
    public IEnumerable<Knob> Turned => _knobs.Keys;

    public long this[Knob knob] => _knobs.TryGetValue(knob, out var value) ? value : Default(knob);

    /// <summary>A schedule without faults.</summary>
    public static FaultSchedule Plain(ulong seed) => new(seed, ImmutableSortedDictionary<Knob, long>.Empty);

    /// <summary>What a knob is when nobody turns it.</summary>
    public static long Default(Knob knob) => knob switch
    {
        Knob.Packets => 500,
        Knob.DatagramBytes => 300,
        Knob.MinWriteBytes or Knob.MaxWriteBytes => 4_096,
        Knob.MaxBufferedBytes => 65_536,
        Knob.ClientSeqNr => 1_000,
        Knob.ServerSeqNr => 2_000,
        Knob.ClientClockMicros => 1_000_000,
        Knob.ServerClockMicros => 500_000_000,
        Knob.LatencyMicros => 10_000,
        Knob.BurstLeave => 100_000,
        Knob.LinkMtuBytes or Knob.FallenMtuBytes => ushort.MaxValue,
        Knob.QueueBytes => 64 << 10,
        Knob.ReceiveBufferBytes => long.MaxValue,
        Knob.SendBufferBytes => long.MaxValue,
        Knob.ClientMaxSendBytes or Knob.ServerMaxSendBytes => 65_507,
        Knob.TimerGranularityMicros => 1,
        Knob.InitialReceiveWindowBytes => 256 << 10,
        Knob.MaxReceiveWindowBytes => 4 << 20,
        Knob.SendWindowBytes => 4 << 20,
        Knob.Law => 1,
        _ => 0,
    };

    /// <summary>The same schedule with one knob turned; turned to its default it is as if untouched.</summary>
    public FaultSchedule With(Knob knob, long value) =>
        new(Seed, value == Default(knob) ? _knobs.Remove(knob) : _knobs.SetItem(knob, value));

    /// <summary>The line that replays it.</summary>
    public override string ToString() =>
        string.Join(' ', _knobs.Select(k => $"{k.Key}={k.Value}").Prepend($"Seed={Seed}"));

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">A word is not a known knob and a number.</exception>
    public static FaultSchedule Parse(string text)
    {
        ulong seed = 0;
        var knobs = ImmutableSortedDictionary<Knob, long>.Empty;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = word.Split('=');
            if (parts is ["Seed", var number] && ulong.TryParse(number, CultureInfo.InvariantCulture, out seed))
                continue;
            if (parts.Length != 2 || !Enum.TryParse<Knob>(parts[0], out var knob) || !long.TryParse(parts[1], CultureInfo.InvariantCulture, out var value))
                throw new FormatException($"'{word}' is not KNOB=NUMBER; known knobs: Seed {string.Join(' ', Enum.GetNames<Knob>())}");
            knobs = knobs.SetItem(knob, value);
        }

        return new FaultSchedule(seed, knobs);
    }

    public Ending Ending => (Ending)this[Knob.Ending];

    /// <summary>Bytes of each direction: full packets, whatever extensions take of them.</summary>
    public long Bytes =>
        this[Knob.Packets] * (Math.Max(this[Knob.DatagramBytes], this[Knob.MtuCeilingBytes]) - PacketHeader.Length);

    /// <summary>Whether seq_nr wraps in both directions.</summary>
    public bool Wraps =>
        this[Knob.ClientSeqNr] + this[Knob.Packets] > ushort.MaxValue && this[Knob.ServerSeqNr] + this[Knob.Packets] > ushort.MaxValue;

    public TransferPlan Plan(bool ofClient) => new()
    {
        Key = Seed + (ofClient ? 1u : 2u),
        Bytes = Bytes,
        MinWriteBytes = (int)this[Knob.MinWriteBytes],
        MaxWriteBytes = (int)this[Knob.MaxWriteBytes],
        MaxBufferedBytes = this[Knob.MaxBufferedBytes],
        Mode = (DeliveryMode)this[Knob.Mode],
        SynBytes = ofClient ? (int)this[Knob.SynBytes] : 0,
        ReaderStops = new Ratio((int)this[Knob.ReaderStops]),
        ReaderStopMicros = this[Knob.ReaderStopMicros],
        WriterRests = new Ratio((int)this[Knob.WriterRests]),
        WriterRestMicros = this[Knob.WriterRestMicros],
        End = Ending == (ofClient ? Ending.ClientAborts : Ending.ServerAborts) ? TransferEnd.Abort : TransferEnd.CloseWrite,
        AbortAfterBytes = this[Knob.EndingAt],
    };

    public LinkOptions Link(bool forth) => new()
    {
        LatencyMicros = this[Knob.LatencyMicros],
        JitterMicros = this[Knob.JitterMicros],
        JitterReorders = this[Knob.JitterReorders] != 0,
        Loss = new Ratio((int)this[forth ? Knob.ForthLoss : Knob.BackLoss]),
        BurstLoss = this[Knob.BurstEnter] == 0
            ? null
            : new BurstLossOptions(new Ratio((int)this[Knob.BurstEnter]), new Ratio((int)this[Knob.BurstLeave]), Ratio.Always, MaxBurstMicros),
        Corruption = new Ratio((int)this[Knob.Corruption]),
        Duplication = new Ratio((int)this[Knob.Duplication]),
        DuplicateDelayMicros = this[Knob.DuplicateDelayMicros],
        LateDuplication = new Ratio((int)this[Knob.LateDuplication]),
        LateDuplicateDelayMicros = this[Knob.LateDuplicateDelayMicros],
        WrapDuplication = new Ratio((int)this[Knob.WrapDuplication]),
        Reordering = new Ratio((int)this[Knob.Reordering]),
        ReorderDelayMicros = this[Knob.ReorderDelayMicros],
        RateBytesPerSecond = this[Knob.RateBytesPerSecond],
        QueueBytes = this[Knob.QueueBytes],
        CoDel = this[Knob.CoDel] != 0,
        AggregationMicros = this[Knob.AggregationMicros],
        MtuBytes = (int)this[Knob.LinkMtuBytes],
        ReportsMtu = this[Knob.ReportsMtu] != 0,
        DropsFragments = this[Knob.DropsFragments] != 0,
        Outages = [.. Outages(forth)],
    };

    public EndpointOptions Endpoint(bool client) => new()
    {
        Clock = new EndpointClock(
            this[client ? Knob.ClientClockMicros : Knob.ServerClockMicros],
            (int)this[client ? Knob.ClientDriftPpm : Knob.ServerDriftPpm]),
        FirstSeqNr = new SeqNr((ushort)this[client ? Knob.ClientSeqNr : Knob.ServerSeqNr]),
        ReceiveDelayMicros = this[Knob.ReceiveDelayMicros],
        ReceiveBufferBytes = this[Knob.ReceiveBufferBytes],
        SendBufferBytes = this[Knob.SendBufferBytes],
        MaxSendBytes = (int)this[client ? Knob.ClientMaxSendBytes : Knob.ServerMaxSendBytes],
        SendBufferBytesPerSecond = this[Knob.SendBufferBytesPerSecond],
        TimerGranularityMicros = this[Knob.TimerGranularityMicros],
        DrainsDatagramsFirst = this[Knob.DrainsDatagramsFirst] != 0,
    };

    public ConnectionOptions Connection() => new()
    {
        Compatibility = (PeerCompatibility)this[Knob.Compatibility],
        Mode = (DeliveryMode)this[Knob.Mode],
        MaxDatagramBytes = (int)this[Knob.DatagramBytes],
        MtuCeilingBytes = (int)this[Knob.MtuCeilingBytes],
        Pacing = this[Knob.NoPacing] == 0,
        TailLossProbe = this[Knob.NoTailProbe] == 0,
        CongestionControl = CongestionLaws.Find(CongestionLaws.Names.ElementAt((int)this[Knob.Law]))!,
        DelayedAck = this[Knob.DelayedAck] != 0,
        CoalesceSmallWrites = this[Knob.CoalesceSmallWrites] != 0,
        InitialReceiveWindowBytes = (int)this[Knob.InitialReceiveWindowBytes],
        MaxReceiveWindowBytes = (int)this[Knob.MaxReceiveWindowBytes],
        SendBufferBytes = (int)this[Knob.SendWindowBytes],

        // Long enough for every fault that a schedule may survive; short enough that the others end.
        ConnectTimeoutMicros = 600_000_000,
        HalfOpenTimeoutMicros = 600_000_000,
        MaxTimeouts = Ending == Ending.Peaceful ? 30 : 8,
        IdleTimeoutMicros = 300_000_000,
        MaxRtoMicros = 10_000_000,
    };

    private IEnumerable<Outage> Outages(bool forth)
    {
        var (from, micros) = forth
            ? (this[Knob.ForthOutageMicros], this[Knob.ForthOutageForMicros])
            : (this[Knob.BackOutageMicros], this[Knob.BackOutageForMicros]);
        if (micros > 0)
            yield return new Outage(from, from + micros);
        if (Ending == Ending.Partition)
            yield return new Outage(this[Knob.EndingAt], long.MaxValue);
    }
}
