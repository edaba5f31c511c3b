using System.Runtime.InteropServices;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>What kind of event it is; the names of qlog are made of them.</summary>
internal enum TraceEventKind : byte
{
    Sent,
    Received,
    Acked,
    Lost,
    Window,
    Rtt,
    Timer,
    State,
}

/// <summary>
/// An event as the connection's thread leaves it: what the core told, as it told it, which the writer's thread makes text of. One of the facts is there, as <see cref="Kind"/> says:
/// they share their place, so that a piece of memory holds many.
/// </summary>
[StructLayout(LayoutKind.Explicit)]
internal struct TraceEvent
{
    private const int Fact = 16;

    [FieldOffset(0)]
    public Instant At;

    [FieldOffset(8)]
    public TraceEventKind Kind;

    [FieldOffset(Fact)]
    public SentTrace Sent;

    [FieldOffset(Fact)]
    public ReceivedTrace Received;

    [FieldOffset(Fact)]
    public AckedTrace Acked;

    [FieldOffset(Fact)]
    public LostTrace Lost;

    [FieldOffset(Fact)]
    public WindowTrace Window;

    [FieldOffset(Fact)]
    public RttTrace Rtt;

    [FieldOffset(Fact)]
    public TimerTrace Timer;

    [FieldOffset(Fact)]
    public StateTrace State;

    public static TraceEvent Of(in SentTrace fact) => new() { At = fact.Now, Kind = TraceEventKind.Sent, Sent = fact };

    public static TraceEvent Of(in ReceivedTrace fact) => new() { At = fact.Arrival, Kind = TraceEventKind.Received, Received = fact };

    public static TraceEvent Of(in AckedTrace fact) => new() { At = fact.Now, Kind = TraceEventKind.Acked, Acked = fact };

    public static TraceEvent Of(in LostTrace fact) => new() { At = fact.Now, Kind = TraceEventKind.Lost, Lost = fact };

    public static TraceEvent Of(in WindowTrace fact) => new() { At = fact.Now, Kind = TraceEventKind.Window, Window = fact };

    public static TraceEvent Of(in RttTrace fact) => new() { At = fact.Now, Kind = TraceEventKind.Rtt, Rtt = fact };

    public static TraceEvent Of(in TimerTrace fact) => new() { At = fact.Now, Kind = TraceEventKind.Timer, Timer = fact };

    public static TraceEvent Of(in StateTrace fact) => new() { At = fact.Now, Kind = TraceEventKind.State, State = fact };
}
