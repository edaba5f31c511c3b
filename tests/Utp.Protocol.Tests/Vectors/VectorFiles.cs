using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Utp.Protocol.Tests.Vectors;

/// <summary>The worked packets of <c>docs/vectors</c>, which other implementers read, too.</summary>
internal static partial class VectorFiles
{
    private static readonly string Root = FindRoot();

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static PacketVector[] Packets => Read<PacketFile>("packets.json").Packets;

    public static MalformedVector[] Malformed => Read<MalformedFile>("malformed.json").Datagrams;

    public static ConversationVector[] Conversations => Read<ConversationFile>("conversations.json").Conversations;

    /// <summary>The sections of docs/protocol.md, as their headings number them.</summary>
    public static HashSet<string> Sections { get; } =
        [.. Heading().Matches(File.ReadAllText(Path.Combine(Root, "docs", "protocol.md"))).Select(static match => match.Groups[1].Value)];

    public static void WriteConversations(ConversationFile file) =>
        File.WriteAllText(PathOf("conversations.json"), JsonSerializer.Serialize(file, Format) + "\n");

    private static T Read<T>(string name) => JsonSerializer.Deserialize<T>(File.ReadAllText(PathOf(name)), Format)!;

    private static string PathOf(string name) => Path.Combine(Root, "docs", "vectors", name);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Utp.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("Utp.sln is in no folder above the tests.");
    }

    [GeneratedRegex(@"^#+ (\d+(?:\.\d+)?) ", RegexOptions.Multiline)]
    private static partial Regex Heading();
}

internal sealed record PacketFile(string About, PacketVector[] Packets);

/// <summary>A well-formed packet and what it says.</summary>
internal sealed record PacketVector(string Name, string Section, string Says, string Hex, HeaderVector Header, JsonObject[] Extensions, string Payload);

internal sealed record HeaderVector(
    string Type, ushort ConnectionId, uint Timestamp, uint TimestampDifference, uint WndSize, ushort SeqNr, ushort AckNr);

internal sealed record MalformedFile(string About, MalformedVector[] Datagrams);

/// <summary>A datagram that is dropped: without a header of ours (not-utp), or with a broken chain (malformed).</summary>
internal sealed record MalformedVector(string Name, string Section, string Says, string Hex, string Verdict);

internal sealed record ConversationFile(string About, ConversationVector[] Conversations);

/// <summary>Everything that two ends say to each other.</summary>
internal sealed record ConversationVector(string Name, string Section, string Says, SpokenPacket[] Packets);

/// <param name="From">Which end sends it.</param>
/// <param name="AtMicros">When, since the beginning.</param>
/// <param name="Lost">Whether the network loses it.</param>
/// <param name="Reads">Its type and numbers, for people.</param>
/// <param name="Hex">The datagram.</param>
internal sealed record SpokenPacket(string From, long AtMicros, bool Lost, string Reads, string Hex);
