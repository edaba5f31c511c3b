using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>
/// One virtual clock, one seed, one queue of events: everything in a simulation happens here, in one order that the seed
/// decides. Time passes only from event to event, so an hour costs what happens in it. Used by one thread at a time.
/// </summary>
public sealed class Simulator
{
    private readonly EventQueue _queue = new();
    private readonly ActionEvents _actions = new();
    private ulong _streams;

    /// <summary>Creates a simulation whose every choice follows from <paramref name="seed"/>.</summary>
    public Simulator(ulong seed, SimulatorLimits? limits = null)
    {
        Seed = seed;
        Limits = limits ?? SimulatorLimits.Default;
    }

    /// <summary>What decides every choice.</summary>
    public ulong Seed { get; }

    /// <summary>What keeps a run from lasting forever.</summary>
    public SimulatorLimits Limits { get; }

    /// <summary>The virtual time: µs since the start. End points have clocks of their own.</summary>
    public Instant Now { get; private set; }

    /// <summary>Events handled so far.</summary>
    public long EventsHandled { get; private set; }

    /// <summary>Events that wait.</summary>
    public int EventsPending => _queue.Count;

    /// <summary>When the next event is due; <see cref="Instant.Never"/> when none waits.</summary>
    public Instant NextEventAt => _queue.NextAt;

    /// <summary>
    /// A random sequence of its own for one component, so that more draws in one place change nothing in another. The
    /// n-th call of a run gives the same sequence for the same seed.
    /// </summary>
    public Prng CreateRandom()
    {
        var state = Seed ^ (++_streams * 0xD1342543DE82EF95);
        return new Prng(Prng.SplitMix(ref state));
    }

    /// <summary>Wakes <paramref name="handler"/> at <paramref name="at"/>; a time that has passed means now, after what already waits for now.</summary>
    /// <exception cref="InvalidOperationException">More events wait than <see cref="SimulatorLimits.MaxPendingEvents"/>.</exception>
    public void Schedule(Instant at, IEventHandler handler, long tag)
    {
        if (_queue.Count >= Limits.MaxPendingEvents)
            throw new InvalidOperationException($"More than {Limits.MaxPendingEvents} events wait in the simulation.");
        _queue.Push(Instant.Max(at, Now), handler, tag);
    }

    /// <summary>Calls <paramref name="action"/> at <paramref name="at"/>.</summary>
    public void At(Instant at, Action action) => Schedule(at, _actions, _actions.Add(action));

    /// <summary>Calls <paramref name="action"/> after <paramref name="micros"/> µs.</summary>
    public void After(long micros, Action action) => At(Now.Plus(micros), action);

    /// <summary>Runs until <paramref name="done"/> holds (asked after each event), nothing waits any more, or a limit is reached.</summary>
    public RunEnd RunUntil(Func<bool> done)
    {
        ArgumentNullException.ThrowIfNull(done);
        while (!done())
        {
            if (_queue.Count == 0)
                return RunEnd.Idle;
            if (_queue.NextAt.Micros > Limits.MaxMicros)
                return RunEnd.TimeLimit;
            if (EventsHandled >= Limits.MaxEvents)
                return RunEnd.EventLimit;
            HandleNext();
        }

        return RunEnd.Done;
    }

    /// <summary>Runs until nothing waits any more, or a limit is reached.</summary>
    public RunEnd RunToEnd() => RunUntil(static () => false);

    /// <summary>Runs what is due until <paramref name="end"/>, and moves the clock there (<see cref="RunEnd.Done"/>), unless a limit is reached first.</summary>
    public RunEnd RunTo(Instant end)
    {
        while (_queue.NextAt <= end)
        {
            if (_queue.NextAt.Micros > Limits.MaxMicros)
                return RunEnd.TimeLimit;
            if (EventsHandled >= Limits.MaxEvents)
                return RunEnd.EventLimit;
            HandleNext();
        }

        Now = Instant.Max(Now, end);
        return RunEnd.Done;
    }

    /// <summary>Runs <paramref name="micros"/> µs of virtual time.</summary>
    public RunEnd RunFor(long micros) => RunTo(Now.Plus(micros));

    private void HandleNext()
    {
        Now = _queue.NextAt;
        EventsHandled++;
        var (handler, tag) = _queue.Pop();
        handler.OnEvent(tag);
    }

    /// <summary>Turns events into calls of actions; for what happens rarely.</summary>
    private sealed class ActionEvents : IEventHandler
    {
        private readonly Dictionary<long, Action> _actions = [];
        private long _next;

        public long Add(Action action)
        {
            ArgumentNullException.ThrowIfNull(action);
            _actions.Add(_next, action);
            return _next++;
        }

        public void OnEvent(long tag)
        {
            _actions.Remove(tag, out var action);
            action!();
        }
    }
}

/// <summary>What keeps a run from lasting forever, or from growing without bound.</summary>
public sealed record SimulatorLimits
{
    /// <summary>An hour, 100 million events, a million of them waiting.</summary>
    public static readonly SimulatorLimits Default = new();

    /// <summary>Virtual µs of a run.</summary>
    public long MaxMicros { get; init; } = 3_600_000_000;

    /// <summary>Events of a run.</summary>
    public long MaxEvents { get; init; } = 100_000_000;

    /// <summary>Events that wait at the same time.</summary>
    public int MaxPendingEvents { get; init; } = 1_000_000;
}

/// <summary>Why a run ended.</summary>
public enum RunEnd
{
    /// <summary>What was asked for has happened.</summary>
    Done,

    /// <summary>Nothing waits any more.</summary>
    Idle,

    /// <summary><see cref="SimulatorLimits.MaxMicros"/> was reached.</summary>
    TimeLimit,

    /// <summary><see cref="SimulatorLimits.MaxEvents"/> was reached.</summary>
    EventLimit,
}
