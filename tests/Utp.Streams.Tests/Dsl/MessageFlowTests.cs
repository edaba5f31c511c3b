using Akka.Streams.Dsl;
using Utp.Messages;
using Utp.Protocol;
using Utp.Streams.Dsl;
using Xunit.Abstractions;

namespace Utp.Streams.Tests.Dsl;

public sealed class MessageFlowTests(ITestOutputHelper output) : FlowSpec(output)
{
    [Fact]
    public async Task A_message_arrives_as_one_element_with_its_metadata()
    {
        var binding = await Utp.Frames.BindAndHandle(Flow.Create<StreamMessage>(), Materializer, Loopback).WaitAsync(Patience);
        StreamMessage[] sent = [new(Bytes(10), "a"u8.ToArray()), new(Bytes(300_000, 2), Bytes(250, 3)), new(default), new(Bytes(1), default), new(default, "e"u8.ToArray())];

        var back = await Source.From(sent).Via(Utp.Frames.OutgoingConnection(binding.LocalAddress)).RunWith(Sink.Seq<StreamMessage>(), Materializer).WaitAsync(Patience);

        AssertSame(sent, back);
    }

    [Fact]
    public async Task Many_small_messages_stay_many()
    {
        var binding = await Utp.Frames.BindAndHandle(Flow.Create<StreamMessage>(), Materializer, Loopback).WaitAsync(Patience);
        var sent = Enumerable.Range(0, 5_000).Select(i => new StreamMessage(BitConverter.GetBytes(i), BitConverter.GetBytes(-i))).ToArray();

        var back = await Source.From(sent).Via(Utp.Frames.OutgoingConnection(binding.LocalAddress)).RunWith(Sink.Seq<StreamMessage>(), Materializer).WaitAsync(Patience);

        AssertSame(sent, back);
    }

    [Fact]
    public async Task Objects_carry_their_metadata()
    {
        var binding = await Utp.Objects.BindAndHandle(Flow.Create<StreamMessage>(), Materializer, Loopback).WaitAsync(Patience);
        StreamMessage[] sent = [new(Bytes(100), "one"u8.ToArray()), new(Bytes(200), Bytes(255)), new(Bytes(300), default)];

        var back = await Source.From(sent).Via(Utp.Objects.OutgoingConnection(binding.LocalAddress)).RunWith(Sink.Seq<StreamMessage>(), Materializer).WaitAsync(Patience);

        AssertSame(sent, back);
    }

    [Fact]
    public async Task Metadata_that_is_too_long_fails_the_flow_with_what_to_do()
    {
        var binding = await Utp.Frames.BindAndHandle(Flow.Create<StreamMessage>(), Materializer, Loopback).WaitAsync(Patience);

        var failure = await Assert.ThrowsAsync<UtpException>(() => Source.Single(new StreamMessage(Bytes(10), Bytes(251)))
            .Via(Utp.Frames.OutgoingConnection(binding.LocalAddress)).RunWith(Sink.Seq<StreamMessage>(), Materializer).WaitAsync(Patience));

        Assert.Equal(FailureCause.MetadataTooLong, failure.FailureCause);
        Assert.Contains("250", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_to_a_peer_that_knows_no_frames_fails_the_flow()
    {
        var binding = await Serve(Echo).WaitAsync(Patience);

        var failure = await Assert.ThrowsAsync<UtpException>(() => Source.Single(new StreamMessage(Bytes(10)))
            .Via(Utp.Frames.OutgoingConnection(binding.LocalAddress)).RunWith(Sink.Seq<StreamMessage>(), Materializer).WaitAsync(Patience));

        Assert.Equal(FailureCause.FramesNotNegotiated, failure.FailureCause);
    }

    [Fact]
    public async Task A_message_larger_than_the_send_buffer_fails_the_flow()
    {
        var binding = await Utp.Frames.BindAndHandle(Flow.Create<StreamMessage>(), Materializer, Loopback).WaitAsync(Patience);
        var options = new UtpOptions { SendBufferBytes = 4_096 };

        var fits = await Source.From(Enumerable.Range(0, 20).Select(i => new StreamMessage(Bytes(4_096, i))))
            .Via(Utp.Frames.OutgoingConnection(binding.LocalAddress, options: options)).RunWith(Sink.Seq<StreamMessage>(), Materializer).WaitAsync(Patience);
        var failure = await Assert.ThrowsAsync<UtpException>(() => Source.Single(new StreamMessage(Bytes(4_097)))
            .Via(Utp.Frames.OutgoingConnection(binding.LocalAddress, options: options)).RunWith(Sink.Seq<StreamMessage>(), Materializer).WaitAsync(Patience));

        Assert.Equal(20, fits.Count);
        Assert.Equal(FailureCause.WriteTooLarge, failure.FailureCause);
    }

    [Fact]
    public void Options_that_contradict_the_elements_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Utp.OutgoingConnection(Loopback, options: new UtpOptions { Delivery = DeliveryMode.Frames }));
        Assert.Throws<ArgumentException>(() => Utp.Memory.Bind(Loopback, options: new UtpOptions { Delivery = DeliveryMode.Objects }));
        Assert.Throws<ArgumentException>(() => Utp.Frames.Bind(Loopback, options: new UtpOptions { Delivery = DeliveryMode.Bytes }));
    }

    private static void AssertSame(StreamMessage[] expected, IReadOnlyList<StreamMessage> actual)
    {
        Assert.Equal(expected.Length, actual.Count);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Data.ToArray(), actual[i].Data.ToArray());
            Assert.Equal(expected[i].Metadata.ToArray(), actual[i].Metadata.ToArray());
        }
    }
}
