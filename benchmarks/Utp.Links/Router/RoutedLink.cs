using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Utp.Protocol;
using Utp.Simulation;

namespace Utp.Links.Router;

/// <summary>
/// One direction of a real link. The order is that of <see cref="SimulatedLink"/>, whose queue, policer, burst loss and CoDel these are; only time is real. Owned by the router's thread.
/// <code>
///   read ─► away? ─► too large? (report, fragments) ─► loss ─► copies ─► policer ─► queue, CoDel ─► serialise at the rate ─► latency, jitter, reordering ─► write
/// </code>
/// </summary>
internal sealed class RoutedLink
{
    private const long NanosPerSecond = 1_000_000_000;
    private const long NanosPerMicro = 1_000;
    private const long SampleNanos = 1_000_000;

    private readonly LinkRouter _router;
    private Prng _random;
    private readonly Queue<(int Slot, long SinceNanos)> _queue = new();
    private readonly List<int> _parts = [];
    private readonly long[] _drops = new long[Enum.GetValues<RoutedDrop>().Length];
    private readonly Dictionary<FlowKey, FlowCount> _flows = [];
    private readonly DelayHistogram _queueDelay = new();
    private readonly DelayHistogram _lateness = new();
    private BurstLoss _burstLoss;
    private Policer _policer;
    private CoDel _coDel;
    private FlowCount _total;
    private long _duplicated;
    private long _reordered;
    private long _fragmented;
    private long _reports;
    private long _queuedBytes;
    private long _lastArrivalNanos;
    private long _freeNanos;
    private long _nextSampleNanos;
    private bool _serialising;

    public RoutedLink(LinkRouter router, Prng random, LinkShape shape, int target, bool leavesTranslation)
    {
        _router = router;
        _random = random;
        Shape = shape;
        Target = target;
        LeavesTranslation = leavesTranslation;
    }

    public LinkShape Shape { get; set; }

    /// <summary>The device at its end, by number.</summary>
    public int Target { get; }

    /// <summary>Whether it leads away from the host that an address translation hides.</summary>
    public bool LeavesTranslation { get; }

    private LinkOptions Options => Shape.Options;

    /// <summary>Begins anew, as if it had just been laid; what is under way stays so.</summary>
    public void Reset(LinkShape shape, Prng random)
    {
        (Shape, _random) = (shape, random);
        (_burstLoss, _policer, _coDel) = (default, default, default);
        Read(clear: true);
    }

    /// <summary>A packet was read from the device at its start.</summary>
    public void Enter(int slot, long now)
    {
        var packet = _router.Pool.Packet(slot);
        if (_router.Translation is { } translation && LeavesTranslation)
            translation.Leave(packet);
        Count(packet);
        if (IsOut(now))
        {
            Drop(slot, RoutedDrop.Down);
            return;
        }

        // What may be cut is cut first: each part is lost, or not, for itself.
        if (IsTooLarge(packet.Length) && IPPacket.MayBeFragmented(packet) && !Options.DropsFragments)
            EnterInParts(slot, now);
        else if (IsTooLarge(packet.Length) || (Options.DropsFragments && IPPacket.IsFragment(packet)))
            Refuse(slot, packet, now);
        else
            Meet(slot, now);
    }

    /// <summary>Something that was due has come about.</summary>
    public void On(in Due due, long now)
    {
        switch (due.What)
        {
            case DueKind.Serialised:
                Travel(due.Slot, due.AtNanos);
                SerialiseNext(due.AtNanos);
                break;
            case DueKind.Reenters:
                Launch(due.Slot, due.AtNanos);
                break;
            case DueKind.Arrives:
                Arrive(due.Slot, due.AtNanos);
                break;
            case DueKind.Reported:
                _router.Deliver(due.Slot, _router.Other(this).Target);
                break;
        }
    }

    /// <summary>Brings the queue's samples up to the present, before the queue changes.</summary>
    public void Sample(long now)
    {
        if (_nextSampleNanos == 0)
            _nextSampleNanos = now;
        for (; _nextSampleNanos <= now; _nextSampleNanos += SampleNanos)
        {
            var wait = _serialising ? Math.Max(0, _freeNanos - _nextSampleNanos) : 0;
            _queueDelay.Add(wait + (Options.RateBytesPerSecond > 0 ? _queuedBytes * NanosPerSecond / Options.RateBytesPerSecond : 0));
        }
    }

    /// <summary>What happened since the last time, and forgets it if asked.</summary>
    public RoutedLinkStatistics Read(bool clear)
    {
        var read = new RoutedLinkStatistics
        {
            Total = _total,
            Drops = Enum.GetValues<RoutedDrop>().ToImmutableDictionary(static cause => cause, cause => _drops[(int)cause]),
            Flows = _flows.ToImmutableDictionary(),
            Duplicated = _duplicated,
            Reordered = _reordered,
            Fragmented = _fragmented,
            Reports = _reports,
            Queue = _queueDelay.Clone(),
            Lateness = _lateness.Clone(),
        };
        if (!clear)
            return read;
        Array.Clear(_drops);
        _flows.Clear();
        _queueDelay.Clear();
        _lateness.Clear();
        _total = default;
        _duplicated = _reordered = _fragmented = _reports = 0;
        return read;
    }

    public void CountOwnFault() => _drops[(int)RoutedDrop.Router]++;

    private bool IsTooLarge(int bytes) => Options.MtuBytes > 0 && bytes > Options.MtuBytes;

    private bool IsOut(long now)
    {
        if (Shape.IsDown)
            return true;
        foreach (var outage in Options.Outages)
        {
            if (now >= outage.FromMicros * NanosPerMicro && now < outage.UntilMicros * NanosPerMicro)
                return true;
        }

        return false;
    }

    private void EnterInParts(int slot, long now)
    {
        _fragmented++;
        _parts.Clear();
        if (!Fragmenter.Cut(_router.Pool, slot, Options.MtuBytes, _parts))
            CountOwnFault();
        _router.Pool.Return(slot);
        foreach (var part in _parts)
            Meet(part, now);
    }

    private void Refuse(int slot, ReadOnlySpan<byte> packet, long now)
    {
        if (Options.ReportsMtu && IsTooLarge(packet.Length) && _router.Pool.Take() is >= 0 and var report)
        {
            _reports++;
            _router.Pool.Length(report) = _router.Pool.SlotBytes;
            _router.Pool.Length(report) = IcmpReport.Write(packet, Options.MtuBytes, _router.Pool.Packet(report));
            // The router whose next hop is too narrow stands in the middle of the link, as in the simulator.
            var back = _router.Other(this).Shape.Options.LatencyMicros;
            _router.Agenda.Add(now + ((Options.LatencyMicros + back) * NanosPerMicro / 2), this, DueKind.Reported, report);
        }

        Drop(slot, RoutedDrop.TooLarge);
    }

    private void Meet(int slot, long now)
    {
        // Both are drawn, so that one kind of loss does not shift the other's chances.
        var inBurst = _burstLoss.Loses(Options.BurstLoss, _random, At(now));
        var alone = _random.Chance(Options.Loss);
        if (inBurst || alone)
        {
            Drop(slot, inBurst ? RoutedDrop.BurstLoss : RoutedDrop.Loss);
            return;
        }

        if (_random.Chance(Options.Duplication))
        {
            _duplicated++;
            var later = Options.DuplicateDelayMicros > 0 ? _random.Between(0, Options.DuplicateDelayMicros) : 0;
            if (_router.Pool.Copy(slot) is >= 0 and var copy)
                _router.Agenda.Add(now + (later * NanosPerMicro), this, DueKind.Reenters, copy);
            else
                CountOwnFault();
        }

        Launch(slot, now);
    }

    private void Launch(int slot, long now)
    {
        var bytes = _router.Pool.Length(slot);
        if (Options.Policer is { } policer && !_policer.Takes(bytes, policer, At(now)))
        {
            Drop(slot, RoutedDrop.Policer);
            return;
        }

        if (Options.RateBytesPerSecond <= 0 && !_serialising)
        {
            Travel(slot, now);
            return;
        }

        Sample(now);
        if (!_serialising)
        {
            Serialise(slot, bytes, now);
            return;
        }

        if (_queuedBytes + bytes > Options.QueueBytes || _queue.Count >= Shape.QueuePackets)
        {
            Drop(slot, RoutedDrop.Queue);
            return;
        }

        _queuedBytes += bytes;
        _queue.Enqueue((slot, now));
    }

    private void Serialise(int slot, int bytes, long from)
    {
        _serialising = true;
        // From when the last one left, not from when the thread woke up: so the rate is exact.
        _freeNanos = from + (Options.RateBytesPerSecond > 0 ? bytes * NanosPerSecond / Options.RateBytesPerSecond : 0);
        _router.Agenda.Add(_freeNanos, this, DueKind.Serialised, slot);
    }

    private void SerialiseNext(long at)
    {
        Sample(at);
        _serialising = false;
        while (_queue.TryDequeue(out var next))
        {
            var bytes = _router.Pool.Length(next.Slot);
            _queuedBytes -= bytes;
            if (!Options.CoDel || !_coDel.Drops((at - next.SinceNanos) / NanosPerMicro, _queuedBytes, At(at)))
            {
                Serialise(next.Slot, bytes, at);
                return;
            }

            Drop(next.Slot, RoutedDrop.CoDel);
        }
    }

    private void Travel(int slot, long from)
    {
        var arrival = from + (Options.LatencyMicros * NanosPerMicro);
        if (Options.JitterMicros > 0)
            arrival += _random.Between(0, Options.JitterMicros * NanosPerMicro);
        if (_random.Chance(Options.Reordering))
        {
            _reordered++;
            arrival += (Shape.ReorderLeastMicros + _random.Between(0, Options.ReorderDelayMicros)) * NanosPerMicro;
        }
        else if (!Options.JitterReorders && Options.JitterMicros > 0)
        {
            arrival = _lastArrivalNanos = Math.Max(arrival, _lastArrivalNanos);
        }

        if (Options.AggregationMicros is > 0 and var clump)
            arrival = (arrival + (clump * NanosPerMicro) - 1) / (clump * NanosPerMicro) * clump * NanosPerMicro;
        _router.Agenda.Add(arrival, this, DueKind.Arrives, slot);
    }

    private void Arrive(int slot, long due)
    {
        var packet = _router.Pool.Packet(slot);
        var counted = IPPacket.Flow(packet);
        if (_router.Translation is { } translation && !LeavesTranslation && !translation.Enter(packet))
        {
            Drop(slot, RoutedDrop.Translation);
            return;
        }

        var bytes = packet.Length;
        if (!_router.Deliver(slot, Target))
        {
            CountOwnFault();
            return;
        }

        _lateness.Add(_router.Now - due);
        ref var flow = ref CollectionsMarshal.GetValueRefOrAddDefault(_flows, counted, out _);
        flow = flow with { Arrived = flow.Arrived + 1, ArrivedBytes = flow.ArrivedBytes + bytes };
        _total = _total with { Arrived = _total.Arrived + 1, ArrivedBytes = _total.ArrivedBytes + bytes };
    }

    private void Count(ReadOnlySpan<byte> packet)
    {
        ref var flow = ref CollectionsMarshal.GetValueRefOrAddDefault(_flows, IPPacket.Flow(packet), out _);
        flow = flow with { Packets = flow.Packets + 1, Bytes = flow.Bytes + packet.Length };
        _total = _total with { Packets = _total.Packets + 1, Bytes = _total.Bytes + packet.Length };
    }

    private void Drop(int slot, RoutedDrop cause)
    {
        _drops[(int)cause]++;
        _router.Pool.Return(slot);
    }

    private static Instant At(long nanos) => new(nanos / NanosPerMicro);
}
