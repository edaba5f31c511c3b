using System.Text;
using Akka.IO;
using Akka.Streams.Dsl;
using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Streams.Tests.Dsl;

public sealed class TransferTests(ITestOutputHelper output) : FlowSpec(output)
{
    [Fact]
    public async Task What_goes_into_a_flow_comes_back_from_an_echo()
    {
        var binding = await Serve(Echo).WaitAsync(Patience);
        var sent = Bytes(300_000);

        var back = await Elements(sent, 1_000).Via(Utp.OutgoingConnection(binding.LocalAddress)).RunWith(Collect(), Materializer).WaitAsync(Patience);

        Assert.Equal(sent, back);
    }

    [Fact]
    public async Task Fifty_megabytes_pass_in_both_directions_at_once()
    {
        const long Size = 50L << 20;
        var received = new TaskCompletionSource<Task<(string Hash, long Bytes)>>();
        var binding = await Utp.Bind(Loopback, halfClose: true)
            .To(Sink.ForEach<Streams.Dsl.IncomingConnection<ByteString>>(connection => received.SetResult(
                connection.HandleWith(Flow.FromSinkAndSource(Hash(), Pattern(Size), Keep.Left), Materializer))))
            .Run(Materializer).WaitAsync(Patience);

        var back = Pattern(Size).Via(Utp.OutgoingConnection(binding.LocalAddress)).RunWith(Hash(), Materializer);

        var expected = await Pattern(Size).RunWith(Hash(), Materializer).WaitAsync(Patience);
        Assert.Equal(Size, expected.Bytes);
        Assert.Equal(expected, await back.WaitAsync(Patience));
        Assert.Equal(expected, await (await received.Task.WaitAsync(Patience)).WaitAsync(Patience));
    }

    [Fact]
    public async Task A_hundred_flows_run_at_once()
    {
        var binding = await Serve(Echo).WaitAsync(Patience);

        var all = Enumerable.Range(0, 100).Select(i =>
            Elements(Bytes(20_000, i), 3_000).Via(Utp.OutgoingConnection(binding.LocalAddress)).RunWith(Collect(), Materializer));
        var back = await Task.WhenAll(all).WaitAsync(Patience);

        for (var i = 0; i < back.Length; i++)
            Assert.Equal(Bytes(20_000, i), back[i]);
    }

    [Fact]
    public async Task Framing_of_akka_streams_works_over_a_flow()
    {
        var framing = Framing.SimpleFramingProtocol(1_000_000);
        var upper = framing.Reversed().Join(Flow.Create<ByteString>().Select(static frame => ByteString.FromString(frame.ToString(Encoding.ASCII).ToUpperInvariant())));
        var binding = await Serve(upper).WaitAsync(Patience);
        string[] words = ["a", new string('b', 200_000), "", "cc"];

        var back = await Source.From(words).Select(static word => ByteString.FromString(word))
            .Via(framing.Join(Utp.OutgoingConnection(binding.LocalAddress)))
            .Select(static frame => frame.ToString(Encoding.ASCII))
            .RunWith(Sink.Seq<string>(), Materializer).WaitAsync(Patience);

        Assert.Equal(words.Select(static word => word.ToUpperInvariant()), back);
    }

    [Fact]
    public async Task Bytes_of_many_segments_keep_their_order_and_empty_elements_are_nothing()
    {
        var binding = await Serve(Echo).WaitAsync(Patience);
        var segments = ByteString.FromBytes(Bytes(10, 1)).Concat(ByteString.FromBytes(Bytes(70_000, 2))).Concat(ByteString.FromBytes(Bytes(10, 3)));

        var back = await Source.From([ByteString.Empty, segments, ByteString.Empty])
            .Via(Utp.OutgoingConnection(binding.LocalAddress)).RunWith(Collect(), Materializer).WaitAsync(Patience);

        Assert.Equal([.. Bytes(10, 1), .. Bytes(70_000, 2), .. Bytes(10, 3)], back);
    }

    [Fact]
    public async Task An_element_larger_than_the_send_buffer_passes_in_pieces()
    {
        var binding = await Serve(Echo).WaitAsync(Patience);
        var sent = Bytes(500_000);

        var back = await Source.Single(ByteString.FromBytes(sent))
            .Via(Utp.OutgoingConnection(binding.LocalAddress, options: new UtpOptions { SendBufferBytes = 4_096 }))
            .RunWith(Collect(), Materializer).WaitAsync(Patience);

        Assert.Equal(sent, back);
    }

    [Fact]
    public async Task Flows_of_memory_carry_the_same_bytes()
    {
        var binding = await Utp.Memory.BindAndHandle(Flow.Create<ReadOnlyMemory<byte>>(), Materializer, "127.0.0.1", 0).WaitAsync(Patience);
        var sent = Bytes(200_000);

        var back = await Source.From(sent.Chunk(7_000)).Select(static chunk => (ReadOnlyMemory<byte>)chunk)
            .Via(Utp.Memory.OutgoingConnection("127.0.0.1", binding.LocalAddress.Port))
            .RunAggregate(new List<byte>(), static (all, element) =>
                {
                    all.AddRange(element.Span);
                    return all;
                },
                Materializer).WaitAsync(Patience);

        Assert.Equal(sent, back);
    }

    [Fact]
    public async Task What_waits_in_memory_is_not_changed_by_what_comes_later()
    {
        // Deliveries are rented: an element must never share its array with the next one.
        var binding = await Utp.Memory.BindAndHandle(Flow.Create<ReadOnlyMemory<byte>>(), Materializer, Loopback).WaitAsync(Patience);
        var sent = Bytes(4 << 20);

        var elements = await Source.From(sent.Chunk(50_000)).Select(static chunk => (ReadOnlyMemory<byte>)chunk)
            .Via(Utp.Memory.OutgoingConnection(binding.LocalAddress))
            .RunWith(Sink.Seq<ReadOnlyMemory<byte>>(), Materializer).WaitAsync(Patience);

        Assert.Equal(sent, elements.SelectMany(static element => element.ToArray()));
    }
}
