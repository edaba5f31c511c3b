using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// Takes one connection's counters out of its core, which keeps them as plain numbers: what is new since the last sample goes to the port's counts, and what stands now
/// into the histograms. That happens once a second while the connection moves, and when it ends; between samples a turn costs a comparison (design note 0040).
/// Owned by the connection's actor, which alone calls it.
/// </summary>
internal sealed class ConnectionMeter(PortCounts counts, bool isAcceptor, LiveConnection? live = null)
{
    /// <summary>How long a connection that moves goes between two samples, µs.</summary>
    public const long PeriodMicros = 1_000_000;

    private ConnectionStats _last;
    private ConnectionState? _state;
    private Instant _opened = Instant.Never;
    private Instant _movesSince = Instant.Never;
    private bool _hasEnded;
    private bool _hasLeft;

    /// <summary>When the next sample is due; never: nothing is new, or nobody wants to know.</summary>
    public Instant SampleAt { get; private set; } = Instant.Never;

    /// <summary>The connection begins: it is listed from now on, until <see cref="Leave"/>.</summary>
    public void OnBegins() => live?.Enter();

    /// <summary>After every input: where the connection stands, and whether it must be sampled.</summary>
    public void OnTurn(UtpConnection core)
    {
        var state = core.State;
        if (state != _state && !_hasLeft)
        {
            counts.Move(_state, state);
            _state = state;
        }

        if (SampleAt == Instant.Never && counts.IsSampled && !_hasLeft && HasMoved(core.GetStatistics()))
        {
            _movesSince = Clock.Now;
            SampleAt = _movesSince.Plus(PeriodMicros);
        }
    }

    /// <summary>The connection's users hear of it.</summary>
    public void OnOpened(Instant now)
    {
        _opened = now;
        counts.Add(isAcceptor ? Figure.Accepted : Figure.Initiated, 1);
    }

    /// <summary>A deadline has passed: perhaps that of the sample.</summary>
    public void OnDeadline(UtpConnection core, Instant now)
    {
        if (now >= SampleAt)
            Sample(core.GetStatistics(), now, withHistograms: true);
    }

    /// <summary>Somebody wants to know now.</summary>
    public void OnAsked(UtpConnection core) => Sample(core.GetStatistics(), Clock.Now, withHistograms: false);

    /// <summary>It has ended; late packets may still come and go. The first cause counts.</summary>
    public void OnEnded(CloseReason reason, in ConnectionStats stats, Instant now)
    {
        if (_hasEnded)
            return;
        _hasEnded = true;
        Sample(stats, now, withHistograms: true);
        live?.OnEnded(reason, stats);
        counts.AddEnded(reason.Cause);
        if (_opened != Instant.Never)
            UtpMeter.OnEnded(reason.Cause, now.Since(_opened));
    }

    /// <summary>It is not there any more; once.</summary>
    public void Leave(UtpConnection? core)
    {
        if (_hasLeft)
            return;
        if (core is not null)
            Sample(core.GetStatistics(), Clock.Now, withHistograms: false);
        _hasLeft = true;
        live?.Leave();
        counts.Move(_state, null);
    }

    private bool HasMoved(in ConnectionStats stats) => stats.PacketsSent != _last.PacketsSent || stats.PacketsReceived != _last.PacketsReceived;

    private void Sample(in ConnectionStats stats, Instant now, bool withHistograms)
    {
        SampleAt = Instant.Never;

        // Of what a socket took back some counters fall again: what was told once stays.
        counts.Add(Figure.BytesSent, stats.BytesSent - _last.BytesSent);
        counts.Add(Figure.BytesReceived, stats.BytesReceived - _last.BytesReceived);
        counts.Add(Figure.PacketsSent, stats.PacketsSent - _last.PacketsSent);
        counts.Add(Figure.PacketsReceived, stats.PacketsReceived - _last.PacketsReceived);
        counts.Add(Figure.Repairs, Repairs(stats) - Repairs(_last));
        counts.Add(Figure.TailProbes, stats.TailProbes - _last.TailProbes);
        counts.Add(Figure.NeedlessRetransmissions, stats.NeedlessRetransmissions - _last.NeedlessRetransmissions);
        counts.Add(Figure.LostBySelectiveAck, stats.Lost.SelectiveAck - _last.Lost.SelectiveAck);
        counts.Add(Figure.LostByDuplicateAcks, stats.Lost.DuplicateAcks - _last.Lost.DuplicateAcks);
        counts.Add(Figure.LostByTimeout, stats.Lost.Timeout - _last.Lost.Timeout);
        counts.Add(Figure.LostByRack, stats.Lost.Rack - _last.Lost.Rack);
        counts.Add(Figure.LostTooLarge, stats.Lost.TooLarge - _last.Lost.TooLarge);
        counts.Add(Figure.Timeouts, stats.Timeouts - _last.Timeouts);
        counts.Add(Figure.SpuriousTimeouts, stats.SpuriousTimeouts - _last.SpuriousTimeouts);
        counts.Add(Figure.Duplicates, stats.DuplicatesReceived - _last.DuplicatesReceived);
        counts.Add(Figure.Dropped, stats.PacketsDropped - _last.PacketsDropped);
        live?.OnSample(stats, stats.BytesSent - _last.BytesSent, stats.BytesReceived - _last.BytesReceived, _movesSince == Instant.Never ? 0 : now.Since(_movesSince));
        _movesSince = Instant.Never;
        if (withHistograms)
            UtpMeter.OnSample(stats, stats.PacketsSent - _last.PacketsSent, stats.PacketsLost - _last.PacketsLost);
        _last = Highest(stats, _last);
    }

    private static long Repairs(in ConnectionStats stats) => Math.Max(0, stats.Retransmissions - stats.TailProbes);

    private static ConnectionStats Highest(in ConnectionStats now, in ConnectionStats before) => now with
    {
        BytesSent = Math.Max(now.BytesSent, before.BytesSent),
        PacketsSent = Math.Max(now.PacketsSent, before.PacketsSent),
        Retransmissions = Math.Max(now.Retransmissions, before.Retransmissions),
        TailProbes = Math.Max(now.TailProbes, before.TailProbes),
        BytesReceived = Math.Max(now.BytesReceived, before.BytesReceived),
    };
}
