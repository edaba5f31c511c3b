using CsCheck;
using Utp.Protocol;

namespace Utp.Simulation.Tests.Schedules;

/// <summary>
/// Random schedules. Most knobs stay at rest in most schedules, so that every run has a few faults and their combinations all
/// come by; a third starts so near the wrap of seq_nr that both directions cross it, half of those near the wrap of the clock, too.
/// </summary>
internal static class FaultScheduleGen
{
    private const long MaxLossOfPieces = 30_000;
    private const long TimestampWrap = 1L << 32;
    private const long MaxWrites = 4_000;
    private const long MaxRestsMicros = 60_000_000;
    private static readonly long LastLaw = CongestionLaws.Names.Count() - 1;

    /// <summary>Schedules of which both directions cross the wrap of seq_nr, or (almost surely) do not.</summary>
    public static Gen<FaultSchedule> Schedules(bool wraps)
    {
        var schedule = Gen.Select(
            Gen.ULong, Gen.Long[500, 620], Datagrams,
            (seed, packets, datagram) => FaultSchedule.Plain(seed).With(Knob.Packets, packets).With(Knob.DatagramBytes, datagram));
        schedule = Turn(schedule, always: true, wraps ? NearWrap : Gen.Select(SeqNr(Knob.ClientSeqNr), SeqNr(Knob.ServerSeqNr), Both));
        foreach (var fault in Faults)
            schedule = Turn(schedule, always: false, fault);
        return schedule.Select(Endings, (s, turns) => Apply(s, turns));
    }

    /// <summary>
    /// Schedules of more than a whole wrap each way, in which packets come back when their number is current again. Between our own
    /// peers only: toward others nothing tells such a packet from a new one (protocol.md §5.6).
    /// </summary>
    public static Gen<FaultSchedule> WholeWraps => Gen.Select(
        Schedules(wraps: false), Gen.Long[66_000, 72_000], Gen.Long[66, 96], Gen.Long[1_000, 20_000],
        (schedule, packets, datagram, ratio) => MakePossible(schedule
            .With(Knob.Packets, packets)
            .With(Knob.DatagramBytes, datagram)
            .With(Knob.MtuCeilingBytes, 0)
            .With(Knob.WrapDuplication, ratio)
            .With(Knob.Compatibility, (long)PeerCompatibility.Negotiate)
            .With(Knob.Ending, (long)Ending.Peaceful)
            .With(Knob.ReaderStopMicros, Math.Min(100_000, schedule[Knob.ReaderStopMicros]))));

    private static Gen<long> Datagrams => Gen.Frequency((3, Gen.Long[150, 400]), (1, Gen.Long[548, 1_400]));

    // Each is one kind of fault (or one kind of user), turned in about one schedule of three.
    private static IEnumerable<Gen<Turns>> Faults =>
    [
        Gen.Select(Gen.Long[1, 3_000], Gen.Long[0, 40_000], (min, more) => Turns.Of((Knob.MinWriteBytes, min), (Knob.MaxWriteBytes, min + more))),
        One(Knob.MaxBufferedBytes, Gen.Long[1_000, 1_000_000]),
        Gen.Select(Gen.Long[1_000, 100_000], Gen.Long[1_000, 1_500_000], (r, t) => Turns.Of((Knob.ReaderStops, r), (Knob.ReaderStopMicros, t))),
        Gen.Select(Gen.Long[10_000, 200_000], Gen.Long[1_000, 400_000], (r, t) => Turns.Of((Knob.WriterRests, r), (Knob.WriterRestMicros, t))),
        Gen.Select(Gen.Long[1, 2], mode => Turns.Of((Knob.Mode, mode))),
        Gen.Select(Gen.Long[1, 2], who => Turns.Of((Knob.Compatibility, who))),
        One(Knob.SynBytes, Gen.Long[1, 250]),
        Gen.Select(
            Gen.Long[-500, 500], Gen.Long[-500, 500],
            (c, s) => Turns.Of((Knob.ClientDriftPpm, c), (Knob.ServerDriftPpm, s))),
        One(Knob.LatencyMicros, Gen.Frequency((1, Gen.Const(0L)), (2, Gen.Long[50, 5_000]), (2, Gen.Long[5_000, 200_000]))),
        Gen.Select(Gen.Long[100, 50_000], Gen.Long[0, 1], (t, mixes) => Turns.Of((Knob.JitterMicros, t), (Knob.JitterReorders, mixes))),
        One(Knob.ForthLoss, Gen.Frequency((3, Gen.Long[100, 30_000]), (1, Gen.Long[30_000, 200_000]))),
        One(Knob.BackLoss, Gen.Frequency((3, Gen.Long[100, 30_000]), (1, Gen.Long[30_000, 200_000]))),
        Gen.Select(Gen.Long[500, 10_000], Gen.Long[60_000, 500_000], (i, o) => Turns.Of((Knob.BurstEnter, i), (Knob.BurstLeave, o))),
        One(Knob.Corruption, Gen.Long[100, 20_000]),
        Gen.Select(Gen.Long[1_000, 200_000], Gen.Long[0, 50_000], (r, t) => Turns.Of((Knob.Duplication, r), (Knob.DuplicateDelayMicros, t))),
        Gen.Select(Gen.Long[1_000, 50_000], Gen.Long[100_000, 90_000_000], (r, t) => Turns.Of((Knob.LateDuplication, r), (Knob.LateDuplicateDelayMicros, t))),
        Gen.Select(Gen.Long[1_000, 300_000], Gen.Long[100, 100_000], (r, t) => Turns.Of((Knob.Reordering, r), (Knob.ReorderDelayMicros, t))),
        Gen.Select(
            Gen.Long[20_000, 5_000_000], Gen.Long[1_500, 500_000], Gen.Long[0, 1],
            (r, q, managed) => Turns.Of((Knob.RateBytesPerSecond, r), (Knob.QueueBytes, q), (Knob.CoDel, managed))),
        Gen.Select(Gen.Long[0, 5_000_000], Gen.Long[10_000, 4_000_000], (t, d) => Turns.Of((Knob.ForthOutageMicros, t), (Knob.ForthOutageForMicros, d))),
        Gen.Select(Gen.Long[0, 5_000_000], Gen.Long[10_000, 4_000_000], (t, d) => Turns.Of((Knob.BackOutageMicros, t), (Knob.BackOutageForMicros, d))),
        Gen.Select(
            Gen.Long[548, 1_900], Gen.Long[576, 2_000], Gen.Long[0, 1], Gen.Long[0, 1],
            (ceiling, mtu, reports, drops) => Turns.Of(
                (Knob.DatagramBytes, 1_200), (Knob.MtuCeilingBytes, ceiling), (Knob.LinkMtuBytes, mtu),
                (Knob.ReportsMtu, reports), (Knob.DropsFragments, drops))),
        Gen.Select(
            Gen.Long[576, 1_500], Gen.Long[0, 3_000_000],
            (mtu, at) => Turns.Of((Knob.FallenMtuBytes, mtu), (Knob.MtuFallsAtMicros, at))),
        Gen.Select(
            Gen.Long[100, 30_000], Gen.Frequency((1, Gen.Const(long.MaxValue)), (1, Gen.Long[6_000, 100_000])),
            (t, b) => Turns.Of((Knob.ReceiveDelayMicros, t), (Knob.ReceiveBufferBytes, b))),
        Gen.Select(Gen.Long[1_400, 60_000], Gen.Long[30_000, 3_000_000], (b, r) => Turns.Of((Knob.SendBufferBytes, b), (Knob.SendBufferBytesPerSecond, r))),
        One(Knob.TimerGranularityMicros, Gen.OneOf(Gen.Const(1_000L), Gen.Const(10_000L))),
        One(Knob.DrainsDatagramsFirst, Gen.Const(1L)),
        One(Knob.DelayedAck, Gen.Const(1L)),
        One(Knob.CoalesceSmallWrites, Gen.Const(1L)),
        One(Knob.NoPacing, Gen.Const(1L)),
        One(Knob.NoTailProbe, Gen.Const(1L)),
        One(Knob.Law, Gen.Long[0, LastLaw]),
        One(Knob.AggregationMicros, Gen.Long[1_000, 20_000]),
        Gen.Select(Gen.Long[1_500, 40_000], Gen.Long[0, 60_000], (w, more) => Turns.Of((Knob.InitialReceiveWindowBytes, w), (Knob.MaxReceiveWindowBytes, w + more))),
        One(Knob.SendWindowBytes, Gen.Long[44_000, 200_000]),
        Gen.Select(Gen.Long[548, 1_500], Gen.Long[548, 1_500], (c, s) => Turns.Of((Knob.ClientMaxSendBytes, c), (Knob.ServerMaxSendBytes, s))),
    ];

    // One schedule of six does not end in peace.
    private static Gen<Turns> Endings => Gen.Frequency(
        (20, Gen.Const(Turns.Of())),
        (1, Gen.Long[0, 100_000].Select(at => Turns.Of((Knob.Ending, (long)Ending.ClientAborts), (Knob.EndingAt, at)))),
        (1, Gen.Long[0, 100_000].Select(at => Turns.Of((Knob.Ending, (long)Ending.ServerAborts), (Knob.EndingAt, at)))),
        (1, Gen.Long[0, 3_000_000].Select(at => Turns.Of((Knob.Ending, (long)Ending.Partition), (Knob.EndingAt, at)))),
        (1, Gen.Long[0, 3_000_000].Select(at => Turns.Of((Knob.Ending, (long)Ending.ServerKilled), (Knob.EndingAt, at)))));

    private static Gen<Turns> NearWrap => Gen.Select(
        Gen.Long[1, 450], Gen.Long[1, 450], Gen.Bool, Gen.Long[0, 4_000_000], Gen.Long[0, 4_000_000],
        (client, server, clocks, clientMicros, serverMicros) =>
        {
            var turns = Turns.Of((Knob.ClientSeqNr, 65_536 - client), (Knob.ServerSeqNr, 65_536 - server));
            return clocks
                ? turns.And((Knob.ClientClockMicros, TimestampWrap - clientMicros), (Knob.ServerClockMicros, TimestampWrap - serverMicros))
                : turns;
        });

    private static Gen<Turns> SeqNr(Knob knob) => One(knob, Gen.Long[0, 60_000]);

    private static Gen<Turns> One(Knob knob, Gen<long> value) => value.Select(v => Turns.Of((knob, v)));

    private static Turns Both(Turns one, Turns other) => one.And([.. other.Knobs]);

    private static Gen<FaultSchedule> Turn(Gen<FaultSchedule> schedule, bool always, Gen<Turns> fault)
    {
        var turns = always ? fault : Gen.Frequency((2, Gen.Const(Turns.Of())), (1, fault));
        return Gen.Select(schedule, turns, Apply);
    }

    private static FaultSchedule Apply(FaultSchedule schedule, Turns turns)
    {
        foreach (var (knob, value) in turns.Knobs)
            schedule = schedule.With(knob, value);
        return MakePossible(schedule);
    }

    // What cannot be asked of anybody is not asked.
    private static FaultSchedule MakePossible(FaultSchedule s)
    {
        // Metadata needs a peer that negotiates.
        if (s[Knob.Compatibility] != (long)PeerCompatibility.Negotiate)
            s = s.With(Knob.Mode, (long)DeliveryMode.Bytes);
        // Some thousand writes, and rests of a minute in all.
        s = s.With(Knob.MinWriteBytes, Math.Max(s[Knob.MinWriteBytes], s.Bytes / MaxWrites));
        s = s.With(Knob.WriterRestMicros, Math.Min(s[Knob.WriterRestMicros], MaxRestsMicros / Math.Max(1, s.Bytes / s[Knob.MinWriteBytes] * s[Knob.WriterRests] / Ratio.Million)));
        s = s.With(Knob.MaxWriteBytes, Math.Max(s[Knob.MinWriteBytes], s[Knob.MaxWriteBytes]));
        // To a foreign peer what was cut passes a smaller path in fragments only, and so does a lost probe (protocol.md §8.3). Our own may look
        // like one when only the plain last ST_SYN gets through.
        if ((s.Turned.Contains(Knob.FallenMtuBytes) && (s.Turned.Contains(Knob.ForthOutageMicros) || s.Turned.Contains(Knob.BackOutageMicros)
                || s[Knob.ForthLoss] + s[Knob.BackLoss] > MaxLossOfPieces))
            || s[Knob.LinkMtuBytes] < s[Knob.DatagramBytes] + SimulatedNetwork.IPv4HeaderBytes
            || s[Knob.Compatibility] != (long)PeerCompatibility.Negotiate)
            s = s.With(Knob.DropsFragments, 0);
        // A queue, a socket buffer and a window that hold no packet pass none.
        var packet = Math.Max(s[Knob.DatagramBytes], s[Knob.MtuCeilingBytes]) + (4 * SimulatedNetwork.IPv4HeaderBytes);
        s = s.With(Knob.QueueBytes, Math.Max(packet, s[Knob.QueueBytes]));
        s = s.With(Knob.ReceiveBufferBytes, Math.Max(4 * packet, s[Knob.ReceiveBufferBytes]));
        return s;
    }

    /// <summary>Knobs that are turned together.</summary>
    internal sealed record Turns(IReadOnlyList<(Knob Knob, long Value)> Knobs)
    {
        public static Turns Of(params (Knob, long)[] knobs) => new(knobs);

        public Turns And(params (Knob, long)[] more) => new([.. Knobs, .. more]);
    }
}
