using System.Reflection;
using System.Text;
using Akka.Actor;
using Akka.Remote.Transport;
using Google.Protobuf;
using Utp.Remote.Tests.Contract;

namespace Utp.Remote.Tests.Wire;

/// <summary>What is read of Akka's PDUs without decoding them.</summary>
public sealed class PduViewTests
{
    private const string Recipient = "akka.utp://system@host:1234/user/a#17";

    [Fact]
    public void A_message_has_a_recipient_and_may_wait()
    {
        Assert.True(PduView.TryParse(Pdus.Message(Recipient, new byte[300]).Span, out var view));

        Assert.Equal(Recipient, Encoding.UTF8.GetString(view.Recipient));
        Assert.True(view.MayWait);
        Assert.False(view.IsNumbered);
        Assert.True(view.Ack.IsEmpty);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5_000_000)]
    public void A_numbered_message_never_waits_also_the_first_whose_number_is_left_out(ulong seq)
    {
        Assert.True(PduView.TryParse(Pdus.Message(Recipient, new byte[30], seq).Span, out var view));

        Assert.True(view.IsNumbered);
        Assert.False(view.MayWait);
    }

    [Fact]
    public void An_acknowledgement_on_a_message_is_seen_and_does_not_make_it_urgent()
    {
        Assert.True(PduView.TryParse(Pdus.Message(Recipient, new byte[30], ack: 7).Span, out var view));

        Assert.False(view.Ack.IsEmpty);
        Assert.True(view.MayWait);
    }

    [Fact]
    public void Pure_acknowledgements_and_instructions_never_wait()
    {
        Assert.True(PduView.TryParse(Pdus.PureAck(7).Span, out var ack));
        Assert.False(ack.MayWait);
        Assert.True(PduView.TryParse(Pdus.Instruction(3).Span, out var heartbeat));
        Assert.False(heartbeat.MayWait);
        Assert.Equal(3, heartbeat.Instruction);
    }

    [Fact]
    public void What_Akkas_own_codec_writes_is_read()
    {
        using var system = ActorSystem.Create("codec", TransportKind.Utp.Hocon());
        var codec = Codec(system);

        var heartbeat = (ByteString)Call(codec, "ConstructHeartbeat")!;
        Assert.True(PduView.TryParse(heartbeat.Span, out var view));
        Assert.Equal(3, view.Instruction);

        var disassociate = (ByteString)Call(codec, "ConstructDisassociate", DisassociateInfo.Shutdown)!;
        Assert.True(PduView.TryParse(disassociate.Span, out view));
        Assert.Equal(4, view.Instruction);
    }

    [Fact]
    public void Every_truncation_and_random_bytes_are_no_view_or_a_harmless_one()
    {
        var pdu = Pdus.Message(Recipient, new byte[300], seq: 9, ack: 3).ToByteArray();
        for (var length = 0; length < pdu.Length; length++)
            Assert.False(PduView.TryParse(pdu.AsSpan(0, length), out _));
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(1, 60)];
            random.NextBytes(bytes);
            bytes[0] = i % 2 == 0 ? (byte)0x0A : bytes[0];
            if (PduView.TryParse(bytes, out var view) && !view.IsInstruction)
                Assert.True(view.Envelope.Length <= bytes.Length);
        }
    }

    private static object Codec(ActorSystem system) =>
        Activator.CreateInstance(typeof(Transport).Assembly.GetType("Akka.Remote.Transport.AkkaPduProtobuffCodec", throwOnError: true)!, system)!;

    private static object? Call(object target, string method, params object[] arguments) =>
        target.GetType().GetMethod(method, BindingFlags.Instance | BindingFlags.Public)!.Invoke(target, arguments);
}
