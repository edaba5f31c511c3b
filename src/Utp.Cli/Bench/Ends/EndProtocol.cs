using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Utp.Cli;

/// <summary>
/// How the command talks with the two processes that do the work: a line of JSON each way, on their standard input and output. An end that reads
/// the end of its input ends, so none outlives the command.
/// </summary>
internal static class EndProtocol
{
    /// <summary>The server listens, and answers with its ports; the client connects to them, and answers when all connections are open.</summary>
    public const string Open = "open";

    /// <summary>The client starts to send: so many bytes in all, and answers when they are sent; 0: without end, and answers at once.</summary>
    public const string Go = "go";

    /// <summary>Answered with what the process has used and done so far, but not before so many bytes have been received and so many messages or connections are done.</summary>
    public const string Mark = "mark";

    /// <summary>The client ends its work and closes everything properly; the server waits until its connections have gone. Answered with a last mark.</summary>
    public const string Finish = "finish";

    /// <summary>How a message is written and read: by code that the compiler made, for a program compiled ahead of time cannot make it.</summary>
    public static JsonTypeInfo<T> Json<T>() => (JsonTypeInfo<T>)EndJson.Default.GetTypeInfo(typeof(T))!;
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BenchHello))]
[JsonSerializable(typeof(EndPlan))]
[JsonSerializable(typeof(EndRequest))]
[JsonSerializable(typeof(EndReply))]
internal sealed partial class EndJson : JsonSerializerContext;

/// <summary>One thing to do.</summary>
internal sealed record EndRequest(string Do)
{
    /// <summary>Set, and not only initialized, so that it is empty where it is not in the line.</summary>
    public int[] Ports { get; set; } = [];

    public long Bytes { get; init; }

    public long Completed { get; init; }

    /// <summary>Of a mark: whether garbage is collected first, so that memory means what is kept.</summary>
    public bool Collect { get; init; }
}

/// <summary>The answer.</summary>
internal sealed record EndReply
{
    /// <summary>What went wrong, in one sentence; null: nothing. The end is over then.</summary>
    public string? Error { get; init; }

    /// <summary>The exit code that fits the error.</summary>
    public int ExitCode { get; init; }

    public int[]? Ports { get; init; }

    public EndMark? Mark { get; init; }
}

/// <summary>What a process has used and done until a moment; differences between two marks are what is reported.</summary>
internal sealed record EndMark
{
    /// <summary>Seconds of the machine's monotonic clock.</summary>
    public double At { get; init; }

    public double CpuSeconds { get; init; }

    /// <summary>How many cores the process sees: one, if it is held to one.</summary>
    public int Cores { get; init; }

    /// <summary>Bytes allocated so far; null where the process cannot tell.</summary>
    public long? AllocatedBytes { get; init; }

    public double? GcPauseSeconds { get; init; }

    public long? Collections { get; init; }

    public long ResidentBytes { get; init; }

    /// <summary>Open descriptors: files, sockets, epolls; null where the system does not tell.</summary>
    public long? Descriptors { get; init; }

    /// <summary>What the garbage collector keeps.</summary>
    public long? ManagedBytes { get; init; }

    /// <summary>Payload that was received, and found to be what was sent.</summary>
    public long BytesReceived { get; init; }

    public long BytesSent { get; init; }

    /// <summary>Messages of ping, connections of accept: those that are done.</summary>
    public long Completed { get; init; }

    /// <summary>Of heartbeats: how often a cluster's failure detector would have called the other end unreachable.</summary>
    public long Alarms { get; init; }

    /// <summary>Datagrams of the living and the ended connections; null where nobody counts them.</summary>
    public long? PacketsSent { get; init; }

    public long? Retransmissions { get; init; }

    public long? Timeouts { get; init; }

    /// <summary>Of bulk, at the server: bytes by connection.</summary>
    public long[]? ByConnection { get; init; }

    /// <summary>Since the mark before; null where nothing was timed.</summary>
    public EndLatency? Latency { get; init; }
}

/// <summary>Times in µs.</summary>
internal sealed record EndLatency(double P50, double P99, double P999, double Max);
