using Akka.IO;
using Akka.Streams;
using Akka.Streams.Dsl;
using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Streams.Tests.Dsl;

public sealed class SlowConsumerTests(ITestOutputHelper output) : FlowSpec(output)
{
    private const int BufferBytes = 64 << 10;
    private const int ElementBytes = 8 << 10;
    private const int Count = 4_096;

    // Send buffer, receive window, the flow's read-ahead and its last delivery, and the elements in the buffers of the streams around.
    private const int MostBytes = BufferBytes + BufferBytes + (2 * (64 << 10)) + (40 * ElementBytes);

    private static readonly UtpOptions Small = new() { SendBufferBytes = BufferBytes, InitialReceiveWindowBytes = BufferBytes, MaxReceiveWindowBytes = BufferBytes };

    private static Sink<ByteString, ISinkQueue<ByteString>> Stopped => Sink.Queue<ByteString>().WithAttributes(Attributes.CreateInputBuffer(1, 1));

    [Fact]
    public async Task A_consumer_that_stops_stops_the_source_at_the_other_end_and_gets_every_byte_when_it_goes_on()
    {
        var produced = 0;
        var source = Source.From(Enumerable.Range(0, Count)).Select(i =>
        {
            Interlocked.Increment(ref produced);
            return ByteString.FromBytes(Bytes(ElementBytes, i));
        });
        var binding = await Utp.BindAndHandle(Flow.FromSinkAndSource(Sink.Ignore<ByteString>(), source, Keep.None), Materializer, Loopback, options: Small, halfClose: true).WaitAsync(Patience);
        var queue = Source.Empty<ByteString>().Via(Utp.OutgoingConnection(binding.LocalAddress, options: Small))
            .ToMaterialized(Stopped, Keep.Right).Run(Materializer);

        var last = -1;
        await AwaitAssertAsync(
            () =>
            {
                var before = last;
                last = Volatile.Read(ref produced);
                Assert.Equal(before, last);
                Assert.InRange(last * ElementBytes, BufferBytes, MostBytes);
            },
            Patience,
            TimeSpan.FromMilliseconds(300));

        var read = 0L;
        using var expected = new PatternReader();
        while ((await queue.PullAsync().WaitAsync(Patience)) is { HasValue: true, Value: var element })
        {
            expected.Check(element.ToReadOnlySpan());
            read += element.Count;

            // However far the reader is, the source is no farther ahead.
            Assert.InRange((Volatile.Read(ref produced) * (long)ElementBytes) - read, 0, MostBytes);
        }

        Assert.Equal((long)Count * ElementBytes, read);
    }

    [Fact]
    public async Task Fifty_connections_whose_consumers_stop_leave_another_its_way()
    {
        var produced = new int[50];
        var next = -1;
        var source = Source.Lazily(() =>
        {
            var mine = Interlocked.Increment(ref next);
            return Source.Cycle(() => Enumerable.Repeat(ByteString.FromBytes(Bytes(ElementBytes)), 16).GetEnumerator()).Select(element =>
            {
                Interlocked.Increment(ref produced[mine]);
                return element;
            });
        });
        var endless = await Utp.BindAndHandle(Flow.FromSinkAndSource(Sink.Ignore<ByteString>(), source, Keep.None), Materializer, Loopback, options: Small, halfClose: true).WaitAsync(Patience);
        for (var i = 0; i < produced.Length; i++)
        {
            Source.Maybe<ByteString>().Via(Utp.OutgoingConnection(endless.LocalAddress, options: Small))
                .ToMaterialized(Stopped, Keep.Right).Run(Materializer);
        }

        await AwaitAssertAsync(() => Assert.All(produced, static count => Assert.InRange(count * ElementBytes, BufferBytes, MostBytes)), TimeSpan.FromSeconds(60));

        var echo = await Serve(Echo).WaitAsync(Patience);
        var back = await Elements(Bytes(1 << 20), 16_384).Via(Utp.OutgoingConnection(echo.LocalAddress)).RunWith(Collect(), Materializer).WaitAsync(Patience);
        Assert.Equal(Bytes(1 << 20), back);
        Assert.All(produced, static count => Assert.InRange(count * ElementBytes, BufferBytes, MostBytes));
    }

    /// <summary>Compares what comes with the elements that were sent, wherever it is cut.</summary>
    private sealed class PatternReader : IDisposable
    {
        private readonly IEnumerator<byte[]> _elements = Enumerable.Range(0, Count).Select(static i => Bytes(ElementBytes, i)).GetEnumerator();
        private int _left;

        public void Check(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                if (_left == 0)
                {
                    Assert.True(_elements.MoveNext());
                    _left = ElementBytes;
                }

                var take = Math.Min(_left, bytes.Length);
                Assert.True(bytes[..take].SequenceEqual(_elements.Current.AsSpan(ElementBytes - _left, take)));
                _left -= take;
                bytes = bytes[take..];
            }
        }

        public void Dispose() => _elements.Dispose();
    }
}
