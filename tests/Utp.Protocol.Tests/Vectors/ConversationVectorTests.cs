using System.Text;
using Xunit;

namespace Utp.Protocol.Tests.Vectors;

/// <summary>
/// docs/vectors/conversations.json: whole conversations between two ends, byte by byte. What is said there is what two connections say when they are run. To write the
/// file anew: <c>UTP_ACCEPT_VECTORS=1 dotnet test tests/Utp.Protocol.Tests -c Release --filter ConversationVectorTests</c>.
/// </summary>
public sealed class ConversationVectorTests
{
    private const string About =
        "Everything that two ends say to each other over a path of 10 ms. The initiator's clock shows 1 s at the beginning, the acceptor's 500 s; R is 7000, the "
        + "first seq_nrs are 1 and 40000. Packets marked as lost do not arrive.";

    private static readonly ConnectionOptions Bytes = new() { KeepAliveMicros = 0, Pacing = false };
    private static readonly ConnectionOptions Plain = Bytes with { Compatibility = PeerCompatibility.Plain };
    private static readonly ConnectionOptions Objects = Bytes with { Mode = DeliveryMode.Objects };
    private static readonly ConnectionOptions Frames = Bytes with { Mode = DeliveryMode.Frames };

    public static TheoryData<string> Names => [.. All().Select(static conversation => conversation.Name)];

    [Fact]
    public void The_file_holds_the_conversations_that_are_run_here()
    {
        if (Environment.GetEnvironmentVariable("UTP_ACCEPT_VECTORS") == "1")
            VectorFiles.WriteConversations(new ConversationFile(About, [.. All()]));
        Assert.Equal(All().Select(static conversation => conversation.Name), VectorFiles.Conversations.Select(static conversation => conversation.Name));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Two_connections_say_what_the_file_says(string name)
    {
        var run = All().Single(conversation => conversation.Name == name);
        var written = VectorFiles.Conversations.Single(conversation => conversation.Name == name);
        Assert.Equal(written.Packets, run.Packets);
        Assert.Equal((written.Section, written.Says), (run.Section, run.Says));
    }

    private static IEnumerable<ConversationVector> All()
    {
        yield return new ConversationVector(
            "data-on-the-syn-and-both-ends-close", "3.2",
            "Own peers: the first five bytes are on the ST_SYN and confirmed; five come back; each end closes its direction.",
            new SpokenConversation(Bytes, Bytes, "hello"u8.ToArray())
                .At(50_000, static c => c.Acceptor!.Write("world"u8.ToArray(), default, c.AcceptorNow))
                .At(100_000, static c => c.Initiator.CloseWrite(c.InitiatorNow))
                .At(150_000, static c => c.Acceptor!.CloseWrite(c.AcceptorNow))
                .Run(3_000_000));
        yield return new ConversationVector(
            "data-on-the-syn-that-is-not-confirmed", "3.2",
            "The acceptor does not take data on ST_SYN: the five bytes come again as the first ST_DATA.",
            new SpokenConversation(Bytes, Frames, "hello"u8.ToArray()).Run(1_000_000));
        yield return new ConversationVector(
            "between-foreign-peers-a-mask-shows-what-a-loss-left", "2.1",
            "No ST_SYN carries an extension: the second of four packets is lost, and a bit mask shows what came behind it.",
            new SpokenConversation(Plain, Plain, default, static index => index == 4)
                .At(100_000, static c => c.Initiator.Write(Text(4_000), default, c.InitiatorNow))
                .At(500_000, static c => c.Initiator.CloseWrite(c.InitiatorNow))
                .At(600_000, static c => c.Acceptor!.CloseWrite(c.AcceptorNow))
                .Run(3_000_000));
        yield return new ConversationVector(
            "a-foreign-initiator-that-stays-silent", "4.3",
            "The initiator's confirmation is lost: after 0.25 s it is asked, and its acknowledgement confirms its address.",
            new SpokenConversation(Plain, Bytes, default, static index => index == 2).Run(2_000_000));
        yield return new ConversationVector(
            "ranges-show-what-a-loss-left", "2.2",
            "Own peers: the second of six packets is lost; ranges show what came behind it.",
            new SpokenConversation(Bytes, Bytes, default, static index => index == 4)
                .At(100_000, static c => c.Initiator.Write(Text(6_000), default, c.InitiatorNow))
                .Run(3_000_000));
        yield return new ConversationVector(
            "objects-with-metadata", "3.3",
            "Each write is an object of its own, with its metadata.",
            new SpokenConversation(Objects, Objects, default)
                .At(100_000, static c => c.Initiator.Write("one"u8.ToArray(), "first"u8.ToArray(), c.InitiatorNow))
                .At(100_000, static c => c.Initiator.Write(default, "empty"u8.ToArray(), c.InitiatorNow))
                .Run(1_000_000));
        yield return new ConversationVector(
            "a-frame-of-three-packets", "3.4",
            "3,000 bytes with metadata arrive as one message; only the first packet carries extension 2.",
            new SpokenConversation(Frames, Frames, default)
                .At(100_000, static c => c.Initiator.Write(Text(3_000), "text"u8.ToArray(), c.InitiatorNow))
                .Run(1_000_000));
        yield return new ConversationVector(
            "data-for-an-end-that-has-closed", "4.5",
            "The acceptor closes, and data still comes: it is not acknowledged, and the connection is reset with the usual code.",
            new SpokenConversation(Bytes, Bytes, default)
                .At(100_000, static c => c.Acceptor!.Close(c.AcceptorNow))
                .At(150_000, static c => c.Initiator.Write("too late"u8.ToArray(), default, c.InitiatorNow))
                .Run(3_000_000));
        yield return new ConversationVector(
            "an-end-that-stops-reading-and-goes-on-writing", "4.5",
            "The acceptor stops reading, and says so by the flag 0x01; its own answer and its ST_FIN still arrive, and ST_RESET follows them.",
            new SpokenConversation(Bytes, Bytes, default)
                .At(100_000, static c => c.Initiator.Write("question"u8.ToArray(), default, c.InitiatorNow))
                .At(120_000, static c => c.Acceptor!.StopReading(c.AcceptorNow, leavesUnread: true))
                .At(150_000, static c => c.Acceptor!.Write("answer"u8.ToArray(), default, c.AcceptorNow))
                .At(200_000, static c => c.Acceptor!.CloseWrite(c.AcceptorNow))
                .Run(3_000_000));
        yield return new ConversationVector(
            "an-abort-with-a-code", "4.6",
            "The initiator aborts with the code 21,762.",
            new SpokenConversation(Bytes, Bytes, "hello"u8.ToArray())
                .At(100_000, static c => c.Initiator.Abort(c.InitiatorNow, 0x5502))
                .Run(1_000_000));
        yield return new ConversationVector(
            "nobody-answers", "4.2",
            "The first ST_SYN, its repetitions, and the last one, which is plain and has another id.",
            new SpokenConversation(Bytes, Bytes, default, static _ => true).Run(6_000_000));
    }

    private static void WriteAll(SpokenConversation conversation, int writes, int bytes)
    {
        for (var i = 0; i < writes; i++)
            conversation.Initiator.Write(Text(bytes), default, conversation.InitiatorNow);
    }

    private static byte[] Text(int bytes) => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, bytes).Select(static i => (char)('a' + (i % 26)))));
}
