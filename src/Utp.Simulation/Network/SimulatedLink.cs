using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>
/// One direction of a link: faults, then a queue and a rate, then travel time. Datagrams of all paths that lead over it
/// share its queue, as they do in a router.
/// <code>
///   Send ─► filter ─► outage ─► MTU ─► loss ─► copies ─► damage ─► fragments
///        ─► policer ─► queue, CoDel ─► serialise at the rate ─► latency, jitter, aggregation ─► next hop
/// </code>
/// </summary>
public sealed class SimulatedLink : IEventHandler
{
    private const long MicrosPerSecond = 1_000_000;

    // Tags of events: a slot's number, shifted over what is to happen to it.
    private const int Arrives = 0;
    private const int Reenters = 1;
    private const int Serialised = 2;
    private const int TagBits = 2;

    private readonly Simulator _simulator;
    private readonly SimulatedNetwork _network;
    private readonly Prng _random;
    private readonly DropTailQueue _queue = new();
    private readonly WrapDuplicates _wrapDuplicates = new();
    private BurstLoss _burstLoss;
    private Policer _policer;
    private CoDel _coDel;
    private LinkStatistics _statistics;
    private Instant _lastArrival = Instant.Zero;
    private long _byteRemainder;
    private bool _serialising;

    internal SimulatedLink(SimulatedNetwork network, Simulator simulator, LinkOptions options)
    {
        _network = network;
        _simulator = simulator;
        _random = simulator.CreateRandom();
        Options = options;
    }

    /// <summary>What the link does. May be replaced at any time (a route change); datagrams that already travel keep their time.</summary>
    public LinkOptions Options { get; set; }

    /// <summary>Decides by hand before chance does; null for none.</summary>
    public LinkFilter? Filter { get; set; }

    /// <summary>What the link has done so far.</summary>
    public LinkStatistics Statistics => _statistics;

    /// <summary>IP bytes that wait for the link now.</summary>
    public long QueuedBytes => _queue.QueuedBytes;

    void IEventHandler.OnEvent(long tag)
    {
        var slot = (int)(tag >> TagBits);
        switch ((int)tag & ((1 << TagBits) - 1))
        {
            case Arrives:
                _statistics.Delivered++;
                _network.OnLinkPassed(slot);
                break;
            case Reenters:
                Launch(slot);
                break;
            case Serialised:
                Travel(slot);
                SerialiseNext();
                break;
        }
    }

    /// <summary>Takes over a slot.</summary>
    internal void Enter(int slot)
    {
        _statistics.Entered++;
        ref var entry = ref _network.Store[slot];
        // A filter decides over datagrams: what an earlier link has cut to pieces it cannot read.
        var verdict = entry.Fragment is null ? Filter?.Invoke(entry.Info, entry.Payload) ?? LinkVerdict.Pass : LinkVerdict.Pass;
        if (verdict == LinkVerdict.Drop)
        {
            _statistics.Filtered++;
            _network.Drop(slot, DropCause.Filter);
            return;
        }

        if (IsOut())
        {
            _statistics.LostInOutage++;
            _network.Drop(slot, DropCause.Outage);
            return;
        }

        if (!Passes(entry))
        {
            _statistics.LostBySize++;
            var info = entry.Info;
            var quoted = info.DontFragment && Options.ReportsMtu ? entry.Payload[..Math.Min(PacketHeader.Length, info.Length)].ToArray() : null;
            _network.Drop(slot, DropCause.TooLarge);
            // The router whose next hop is too narrow stands in the middle of the link.
            if (quoted is not null)
                _network.SendIcmp(info, PathError.TooLarge, Options.MtuBytes, Options.LatencyMicros, quoted);
            return;
        }

        if (IsLost())
        {
            _statistics.Lost++;
            _network.Drop(slot, DropCause.Loss);
            return;
        }

        MakeCopies(slot, verdict);
        DoDamage(slot);
        Launch(slot);
    }

    private bool IsLost() => _burstLoss.Loses(Options.BurstLoss, _random, _simulator.Now) | _random.Chance(Options.Loss);

    private bool IsOut()
    {
        foreach (var outage in Options.Outages)
        {
            if (outage.Covers(_simulator.Now))
                return true;
        }

        return false;
    }

    private bool IsTooLarge(in DatagramStore.Slot entry) => Options.MtuBytes > 0 && entry.Info.WireBytes > Options.MtuBytes;

    private bool Passes(in DatagramStore.Slot entry) => IsTooLarge(entry)
        ? !entry.Info.DontFragment && !Options.DropsFragments
        : entry.Fragment is null || !Options.DropsFragments;

    private void Launch(int slot)
    {
        if (!IsTooLarge(_network.Store[slot]) || _network.Store[slot].Info.DontFragment)
            Enqueue(slot);
        else
            EnqueueInFragments(slot);
    }

    private void EnqueueInFragments(int slot)
    {
        var original = _network.Store.TakeOut(slot);
        var info = original.Info;
        var header = SimulatedNetwork.FragmentHeaderBytes(info.Source);
        if (original.Fragment is null)
            _statistics.Fragmented++;
        var bytes = original.Fragment?.Bytes ?? info.WireBytes - SimulatedNetwork.IpHeaderBytes(info.Source);
        var (whole, from) = original.Fragment is { } part ? (part.Of, part.FromByte) : (new FragmentedDatagram(original, bytes), 0);
        var most = Math.Max(FragmentedDatagram.BlockBytes, (Options.MtuBytes - header) / FragmentedDatagram.BlockBytes * FragmentedDatagram.BlockBytes);
        for (var done = 0; done < bytes; done += most)
        {
            var count = Math.Min(most, bytes - done);
            var fragment = _network.Store.Add(info with { Length = 0, WireBytes = header + count, DontFragment = false }, [], original.Route);
            ref var entry = ref _network.Store[fragment];
            (entry.Hop, entry.Damaged, entry.Fragment) = (original.Hop, original.Damaged, new Fragment(whole, from + done, count));
            // Each is as likely to be lost as any packet; the first has passed that already, as the whole.
            if (done > 0 && IsLost())
            {
                _statistics.Lost++;
                _network.Drop(fragment, DropCause.Loss);
                continue;
            }

            Enqueue(fragment);
        }
    }

    private void MakeCopies(int slot, LinkVerdict verdict)
    {
        if (verdict == LinkVerdict.Duplicate || _random.Chance(Options.Duplication))
            CopyLater(slot, Options.DuplicateDelayMicros > 0 ? _random.Between(0, Options.DuplicateDelayMicros) : 0);
        if (_random.Chance(Options.LateDuplication))
            CopyLater(slot, Options.LateDuplicateDelayMicros);
        if (Options.WrapDuplication.PerMillion == 0)
            return;
        var due = _wrapDuplicates.OnPassing(slot, _network.Store, Options.WrapDuplication, _random);
        if (due < 0)
            return;
        _statistics.Duplicated++;
        _statistics.WrapDuplicated++;
        _simulator.Schedule(_simulator.Now, this, Tag(due, Reenters));
    }

    private void CopyLater(int slot, long delayMicros)
    {
        _statistics.Duplicated++;
        var copy = _network.Store.Copy(slot);
        _simulator.Schedule(_simulator.Now.Plus(delayMicros), this, Tag(copy, Reenters));
    }

    private void DoDamage(int slot)
    {
        var flips = _random.Chance(Options.Corruption);
        var cuts = _random.Chance(Options.Truncation);
        if (!flips && !cuts)
            return;
        _statistics.Damaged++;
        ref var entry = ref _network.Store[slot];
        entry.Damaged |= !Options.DamageIsDelivered;
        if (flips)
            Damage.FlipBits(entry.Payload, _random);
        if (cuts)
            entry.Info = entry.Info with { Length = Damage.Truncate(entry.Info.Length, _random) };
    }

    private void Enqueue(int slot)
    {
        if (Options.Policer is { } policer && !_policer.Takes(_network.Store[slot].Info.WireBytes, policer, _simulator.Now))
        {
            _statistics.DroppedByPolicer++;
            _network.Drop(slot, DropCause.Policer);
            return;
        }

        if (Options.RateBytesPerSecond <= 0 && !_serialising)
        {
            Travel(slot);
            return;
        }

        var bytes = _network.Store[slot].Info.WireBytes;
        if (!_serialising)
        {
            _byteRemainder = 0;
            Serialise(slot, bytes);
            return;
        }

        if (!_queue.TryEnqueue(slot, bytes, Options.QueueBytes, _simulator.Now))
        {
            _statistics.DroppedByQueue++;
            _network.Drop(slot, DropCause.Queue);
            return;
        }

        _statistics.MaxQueuedBytes = Math.Max(_statistics.MaxQueuedBytes, _queue.QueuedBytes);
    }

    private void SerialiseNext()
    {
        _serialising = false;
        while (_queue.TryDequeue(out var slot, out var bytes, out var since))
        {
            if (!Options.CoDel || !_coDel.Drops(_simulator.Now.Since(since), _queue.QueuedBytes, _simulator.Now))
            {
                Serialise(slot, bytes);
                return;
            }

            _statistics.DroppedByCoDel++;
            _network.Drop(slot, DropCause.Queue);
        }
    }

    private void Serialise(int slot, int bytes)
    {
        _serialising = true;
        _statistics.BytesSerialised += bytes;
        var rate = Options.RateBytesPerSecond;
        long micros = 0;
        if (rate > 0)
        {
            // The fraction of a µs is carried over, so that a long run keeps the rate exactly.
            var work = (bytes * MicrosPerSecond) + _byteRemainder;
            (micros, _byteRemainder) = Math.DivRem(work, rate);
        }

        _simulator.Schedule(_simulator.Now.Plus(micros), this, Tag(slot, Serialised));
    }

    private void Travel(int slot)
    {
        var arrival = _simulator.Now.Plus(Options.LatencyMicros);
        if (Options.JitterMicros > 0)
            arrival = arrival.Plus(_random.Between(0, Options.JitterMicros));
        if (_random.Chance(Options.Reordering))
        {
            _statistics.Reordered++;
            arrival = arrival.Plus(_random.Between(0, Options.ReorderDelayMicros));
        }
        else if (!Options.JitterReorders && Options.JitterMicros > 0)
        {
            arrival = _lastArrival = Instant.Max(arrival, _lastArrival);
        }

        if (Options.AggregationMicros is > 0 and var clump)
            arrival = new Instant((arrival.Micros + clump - 1) / clump * clump);
        _simulator.Schedule(arrival, this, Tag(slot, Arrives));
    }

    private static long Tag(int slot, int what) => ((long)slot << TagBits) | (long)what;
}
