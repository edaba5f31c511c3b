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

/// <summary>An event as the connection's thread leaves it: numbers alone, which the writer's thread makes text of. What each field is, <see cref="QlogText"/> says.</summary>
internal struct TraceEvent
{
    public long Micros;
    public long A;
    public long B;
    public long C;
    public long D;
    public int Payload;
    public ushort SeqNr;
    public ushort AckNr;
    public TraceEventKind Kind;
    public byte Type;
    public byte Extra;
}
