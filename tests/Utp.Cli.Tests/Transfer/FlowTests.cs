using System.Security.Cryptography;
using Akka.Actor;
using Utp.Messages;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary>The two pumps, driven by hand: the test is their actor, and the connection.</summary>
public sealed class FlowTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("flows", "akka.loglevel = OFF, akka.stdout-loglevel = OFF");
    private readonly Inbox _self;
    private readonly Inbox _connection;

    public FlowTests()
    {
        _self = Inbox.Create(_system);
        _connection = Inbox.Create(_system);
    }

    public void Dispose() => _system.Terminate().GetAwaiter().GetResult();

    [Fact]
    public void A_sink_that_is_too_slow_suspends_reading_until_half_of_what_waits_is_written()
    {
        using var sink = new SlowSink();
        var inflow = new Inflow(sink, _self.Receiver, new Meter("test"));
        var piece = new byte[1 << 20];
        for (var bytes = 0L; bytes <= Inflow.HighWaterBytes; bytes += piece.Length)
            inflow.Accept(piece, _connection.Receiver);
        Assert.IsType<SuspendReading>(Next(_connection));

        // The first piece is being written, and the rest waits behind it as one batch.
        sink.Permit();
        Assert.True(inflow.Handle(Next(_self), _connection.Receiver));
        sink.Permit();
        Assert.True(inflow.Handle(Next(_self), _connection.Receiver));
        Assert.IsType<ResumeReading>(Next(_connection));
        Assert.Equal([1, 4], sink.Batches);
    }

    [Fact]
    public void A_sink_is_completed_once_after_the_last_byte_and_the_hash_is_of_all_bytes()
    {
        using var sink = new SlowSink();
        var inflow = new Inflow(sink, _self.Receiver, new Meter("test"));
        inflow.Accept(new byte[] { 1, 2 }, _connection.Receiver);
        inflow.Accept(new byte[] { 3 }, _connection.Receiver);
        inflow.Finish();
        Assert.Equal(0, sink.Completions);
        sink.Permit(3);
        while (!inflow.IsOver)
            Assert.True(inflow.Handle(Next(_self), _connection.Receiver));
        Assert.Equal(1, sink.Completions);
        Assert.Equal(SHA256.HashData([1, 2, 3]), inflow.Hash);
        Assert.Equal(3, inflow.BytesReceived);
    }

    [Fact]
    public void A_sink_that_fails_says_why_and_is_released_without_completion()
    {
        using var sink = new SlowSink { Failure = new IOException("No space left on device") };
        var inflow = new Inflow(sink, _self.Receiver, new Meter("test"));
        inflow.Accept(new byte[] { 1 }, _connection.Receiver);
        inflow.Finish();
        sink.Permit();
        Assert.True(inflow.Handle(Next(_self), _connection.Receiver));
        Assert.True(inflow.IsOver);
        Assert.Null(inflow.Hash);
        Assert.Equal(0, sink.Completions);
        Assert.Contains("No space left on device", inflow.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chunk_is_filled_again_only_after_its_delivered_acknowledgement_and_reading_waits_for_it()
    {
        const int sendBuffer = 4096;
        var bytes = TestFolder.RandomBytes(3 * sendBuffer);
        using var source = new MemoryStream(bytes);
        var outflow = new Outflow(source, e => e.Message, sendBuffer, _self.Receiver, new Meter("test"));
        outflow.Start(_connection.Receiver);

        // A read is on its way unless the source has ended, or as many bytes as the send buffer holds wait for their acknowledgement.
        var writes = new Queue<Write>();
        var sent = new List<byte>();
        while (!outflow.Delivered)
        {
            if (!outflow.Ended && writes.Sum(write => write.TotalBytes) < sendBuffer)
            {
                Assert.True(outflow.Handle(Next(_self)));
                if (outflow.Ended)
                    continue;
                var write = Assert.IsType<Write>(Next(_connection));
                Assert.Equal(AckWhen.Delivered, write.AckWhen);
                writes.Enqueue(write);
                continue;
            }

            // Until its acknowledgement the memory holds what was written.
            var oldest = writes.Dequeue();
            sent.AddRange(oldest.Data.Span);
            Assert.True(outflow.Handle(oldest.Ack!));
            Assert.Equal(sent.Count, outflow.BytesDelivered);
        }

        Assert.Equal(bytes, sent);
        Assert.Equal(SHA256.HashData(bytes), outflow.Hash());
    }

    private static object Next(Inbox inbox) => inbox.Receive(UtpRun.Patience);

    private sealed class SlowSink : IByteSink
    {
        private readonly SemaphoreSlim _permits = new(0);

        public List<int> Batches { get; } = [];

        public int Completions { get; private set; }

        public Exception? Failure { get; init; }

        public string Name => "slow";

        public void Permit(int count = 1) => _permits.Release(count);

        public void Write(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            Assert.True(_permits.Wait(UtpRun.Patience));
            if (Failure is not null)
                throw Failure;
            Batches.Add(pieces.Count);
        }

        public void Complete() => Completions++;

        public string Explain(Exception error) => error.Message;

        public void Dispose()
        {
        }
    }
}
