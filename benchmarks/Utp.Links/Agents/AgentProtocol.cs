using System.Text.Json;
using System.Text.Json.Serialization;

namespace Utp.Links.Agents;

/// <summary>What an agent is asked, one JSON object on a line of its standard input.</summary>
internal enum AgentOperation
{
    /// <summary>Accepts connections and checks what comes; answered with the port.</summary>
    Listen,

    /// <summary>Opens a connection and sends; answered when it is over.</summary>
    Send,

    /// <summary>How the connections of a job stand.</summary>
    Read,

    /// <summary>Waits until so many connections of a job are over, and tells how they stand.</summary>
    Await,

    /// <summary>Which warnings a log would have of a job.</summary>
    Lines,

    /// <summary>Aborts a job's connections, and closes its port.</summary>
    Stop,
}

/// <summary>Over what.</summary>
public enum Carrier
{
    /// <summary>This library, by <c>UtpStream</c>.</summary>
    Utp,

    /// <summary>Kernel TCP.</summary>
    Tcp,

    /// <summary>Plain UDP at a fixed rate, which measures the path: <see cref="FlowReport.Delays"/>.</summary>
    Probe,
}

/// <summary>What a job is like. Both ends of a transfer get the same.</summary>
public sealed record FlowPlan
{
    public Carrier Carrier { get; init; }

    /// <summary>The congestion control law's name; null: the default.</summary>
    public string? Law { get; init; }

    /// <summary>Lines of HOCON over the defaults, as <c>utp.idle-timeout = 5s</c>; for uTP.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Where the receiver is.</summary>
    public string Address { get; init; } = "";

    /// <summary>Its port; 0: any, when it listens.</summary>
    public int Port { get; init; }

    /// <summary>How much is sent; 0: until it is stopped.</summary>
    public long Bytes { get; init; }

    /// <summary>A probe's rate, Mbit/s of IP; 0: as fast as the machine can.</summary>
    public double Megabits { get; init; }

    /// <summary>Reads nothing for so long after the start, ms.</summary>
    public int PauseMillis { get; init; }
}

/// <summary>How a connection stands. Stamps are of the machine's monotonic clock, which all its processes share, in ns.</summary>
public sealed record FlowReport
{
    public long StartedNanos { get; init; }

    /// <summary>When it was open; 0: it never was.</summary>
    public long OpenedNanos { get; init; }

    /// <summary>When the last bytes came, at the receiver; when it was over, at the sender.</summary>
    public long LastNanos { get; init; }

    /// <summary>When this was read.</summary>
    public long ReadNanos { get; init; }

    /// <summary>Payload bytes: that came, or that were written.</summary>
    public long Bytes { get; init; }

    /// <summary>Whether every byte that came was the right one.</summary>
    public bool Intact { get; init; }

    /// <summary>Whether it is over.</summary>
    public bool Ended { get; init; }

    /// <summary>Why it ended, in a word of the protocol's (<c>CloseCause</c>, <c>FailureCause</c>); of TCP its socket error. Empty: properly.</summary>
    public string Cause { get; init; } = "";

    /// <summary>Why it ended, in a sentence; empty: properly.</summary>
    public string Error { get; init; } = "";

    public long PacketsSent { get; init; }

    public long Retransmissions { get; init; }

    public long Timeouts { get; init; }

    public long RttMicros { get; init; }

    public long CongestionWindowBytes { get; init; }

    /// <summary>A probe's one-way delays from sendto to the kernel's receive stamp, at its receiver.</summary>
    public DelaySummary? Delays { get; init; }

    /// <summary>Sent again, of all packets.</summary>
    [JsonIgnore]
    public double RetransmissionShare => PacketsSent == 0 ? 0 : (double)Retransmissions / PacketsSent;
}

/// <summary>Delays in µs.</summary>
public sealed record DelaySummary(double Min, double P50, double P99, double P999, double Max);

internal sealed record AgentRequest(long Id, AgentOperation Operation, FlowPlan? Plan = null, long Job = 0, int Count = 0);

internal sealed record AgentReply(long Id, string? Error = null, int Port = 0, IReadOnlyList<FlowReport>? Flows = null, IReadOnlyList<string>? Lines = null);

internal static class AgentJson
{
    public static readonly JsonSerializerOptions Options = new() { Converters = { new JsonStringEnumConverter() }, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };
}
