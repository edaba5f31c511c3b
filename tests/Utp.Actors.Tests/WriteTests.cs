using Akka.Actor;
using Akka.TestKit;
using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class WriteTests(ITestOutputHelper output) : UtpSpec(output)
{
    private const int SmallBuffer = 8_192;

    [Fact]
    public void An_accepted_write_is_acknowledged_before_the_peer_reads_it()
    {
        var pair = OpenPair();
        pair.B.Tell(SuspendReading.Instance);
        pair.A.Tell(new Write(Bytes(100)) { Ack = "taken" });
        pair.A.Handler.ExpectMsg("taken");
    }

    [Fact]
    public void A_delivered_write_is_acknowledged_after_its_last_byte_has_arrived()
    {
        var pair = OpenPair();
        pair.A.Tell(new Write(Bytes(500_000)) { Ack = "delivered", AckWhen = AckWhen.Delivered });
        pair.A.Handler.ExpectMsg("delivered");
        pair.B.Tell(GetStatistics.Instance);
        Assert.Equal(500_000, pair.B.Handler.FishForMessage(m => m is ConnectionStatistics) is ConnectionStatistics s ? s.Connection.BytesReceived : 0);
    }

    [Fact]
    public void A_write_that_is_not_read_is_not_delivered_when_the_window_is_full()
    {
        var pair = OpenPair(bind => bind with { Options = new UtpOptions { InitialReceiveWindowBytes = SmallBuffer, MaxReceiveWindowBytes = SmallBuffer } });
        pair.B.Tell(SuspendReading.Instance);
        pair.B.Tell(GetStatistics.Instance);
        pair.B.Handler.ExpectMsg<ConnectionStatistics>();
        pair.A.Tell(new Write(Bytes(4 * SmallBuffer)) { Ack = "delivered", AckWhen = AckWhen.Delivered });
        pair.A.Handler.ExpectNoMsg(TimeSpan.FromMilliseconds(300));
        pair.B.Tell(ResumeReading.Instance);
        Assert.Equal(Bytes(4 * SmallBuffer), pair.B.ExpectBytes(4 * SmallBuffer));
        pair.A.Handler.ExpectMsg("delivered");
    }

    [Fact]
    public void A_write_may_be_acknowledged_when_it_is_taken_and_again_when_it_is_delivered()
    {
        var pair = OpenPair(bind => bind with { Options = new UtpOptions { InitialReceiveWindowBytes = SmallBuffer, MaxReceiveWindowBytes = SmallBuffer } });
        pair.B.Tell(SuspendReading.Instance);
        pair.B.Tell(GetStatistics.Instance);
        pair.B.Handler.ExpectMsg<ConnectionStatistics>();
        pair.A.Tell(new Write(Bytes(4 * SmallBuffer)) { Ack = "ack", AckWhen = AckWhen.AcceptedAndDelivered });
        pair.A.Handler.ExpectMsg("ack");
        pair.A.Handler.ExpectNoMsg(TimeSpan.FromMilliseconds(300));
        pair.B.Tell(ResumeReading.Instance);
        pair.A.Handler.ExpectMsg("ack");
    }

    [Fact]
    public void Acknowledgements_come_in_the_order_of_the_writes()
    {
        var pair = OpenPair();
        for (var i = 0; i < 100; i++)
            pair.A.Tell(new Write(Bytes(i * 10)) { Ack = i, AckWhen = AckWhen.Delivered });
        for (var i = 0; i < 100; i++)
            pair.A.Handler.ExpectMsg(i);
    }

    [Fact]
    public void An_empty_write_is_acknowledged()
    {
        var pair = OpenPair();
        pair.A.Tell(new Write(default) { Ack = "accepted" });
        pair.A.Tell(new Write(default) { Ack = "delivered", AckWhen = AckWhen.Delivered });
        pair.A.Handler.ExpectMsg("accepted");
        pair.A.Handler.ExpectMsg("delivered");
    }

    [Fact]
    public void A_buffer_is_the_writers_again_when_its_write_is_delivered()
    {
        var pair = OpenPair();
        var buffer = new byte[30_000];
        for (var round = 0; round < 20; round++)
        {
            Bytes(buffer.Length, round).CopyTo(buffer, 0);
            pair.A.Tell(new Write(buffer) { Ack = round, AckWhen = AckWhen.Delivered });
            pair.A.Handler.ExpectMsg(round);
        }

        var expected = Enumerable.Range(0, 20).SelectMany(round => Bytes(buffer.Length, round));
        Assert.Equal(expected, pair.B.ExpectBytes(20 * buffer.Length));
    }

    [Fact]
    public void A_write_larger_than_the_buffer_fails_and_nothing_else_is_lost()
    {
        var pair = OpenPair(connect: SmallSendBuffer);
        var tooLarge = new Write(Bytes(SmallBuffer + 1));
        pair.A.Tell(new Write(Bytes(100, 1)));
        pair.A.Tell(tooLarge);
        pair.A.Tell(new Write(Bytes(100, 2)));
        var failed = pair.A.Handler.ExpectMsg<CommandFailed>();
        Assert.Same(tooLarge, failed.Command);
        Assert.Equal(FailureCause.WriteTooLarge, failed.Cause);
        Assert.Equal([.. Bytes(100, 1), .. Bytes(100, 2)], pair.B.ExpectBytes(200));
    }

    [Fact]
    public void A_full_buffer_fails_writes_until_writing_is_resumed()
    {
        var pair = OpenPair(SmallWindow, SmallSendBuffer);
        CloseWindow(pair);
        var taken = FillBuffer(pair.A);

        // Nothing overtakes the write that failed, although this one would fit.
        pair.A.Tell(new Write(Bytes(1)));
        Assert.Equal(FailureCause.WritingSuspended, pair.A.Handler.ExpectMsg<CommandFailed>().Cause);

        pair.A.Tell(ResumeWriting.Instance);
        pair.A.Handler.ExpectNoMsg(TimeSpan.FromMilliseconds(100));
        pair.B.Tell(ResumeReading.Instance);
        pair.A.Handler.ExpectMsg<WritingResumed>();
        pair.A.Tell(new Write(Bytes(2_000, taken)) { Ack = "again" });
        pair.A.Handler.ExpectMsg("again");
        var expected = Enumerable.Range(0, taken + 1).SelectMany(i => Bytes(2_000, i));
        Assert.Equal([.. Bytes(SmallBuffer), .. expected], pair.B.ExpectBytes(SmallBuffer + (2_000 * (taken + 1))));
    }

    [Fact]
    public void Without_resume_writing_each_write_is_judged_by_itself()
    {
        var pair = OpenPair(SmallWindow, SmallSendBuffer, registerA: register => register with { UseResumeWriting = false });
        CloseWindow(pair);
        FillBuffer(pair.A);
        pair.A.Tell(new Write(Bytes(2_000)));
        Assert.Equal(FailureCause.BufferFull, pair.A.Handler.ExpectMsg<CommandFailed>().Cause);
        pair.A.Tell(new Write(default) { Ack = "fits" });
        pair.A.Handler.ExpectMsg("fits");
    }

    [Fact]
    public void Resume_writing_with_room_is_answered_at_once()
    {
        var pair = OpenPair();
        pair.A.Tell(ResumeWriting.Instance);
        pair.A.Handler.ExpectMsg<WritingResumed>();
    }

    [Fact]
    public void Only_one_actor_may_wait_for_writing()
    {
        var pair = OpenPair(SmallWindow, SmallSendBuffer);
        CloseWindow(pair);
        FillBuffer(pair.A);
        pair.A.Tell(ResumeWriting.Instance);
        pair.A.Connection.Tell(ResumeWriting.Instance, TestActor);
        Assert.Equal(FailureCause.ResumeAlreadyPending, ExpectMsg<CommandFailed>().Cause);
        pair.B.Tell(ResumeReading.Instance);
        pair.A.Handler.ExpectMsg<WritingResumed>();
    }

    [Fact]
    public async Task Writes_of_two_senders_keep_their_own_order_and_compounds_stay_whole()
    {
        const int Parts = 5;
        const int Compounds = 200;
        var pair = OpenPair();
        var other = CreateTestProbe();
        var mine = Task.Run(() => Send(pair.A.Connection, pair.A.Handler, 1));
        var theirs = Task.Run(() => Send(pair.A.Connection, other, 2));
        await Task.WhenAll(mine, theirs);

        var received = pair.B.ExpectBytes(2 * Compounds * Parts * 3);
        var next = new int[3];
        for (var at = 0; at < received.Length; at += Parts * 3)
        {
            var sender = received[at];
            for (var part = 0; part < Parts; part++)
            {
                Assert.Equal(sender, received[at + (part * 3)]);
                Assert.Equal((byte)next[sender], received[at + (part * 3) + 1]);
                Assert.Equal((byte)part, received[at + (part * 3) + 2]);
            }

            next[sender]++;
        }

        static void Send(IActorRef connection, TestProbe sender, byte name)
        {
            for (var i = 0; i < Compounds; i++)
                connection.Tell(new CompoundWrite([.. Enumerable.Range(0, Parts).Select(part => new Write(new[] { name, (byte)i, (byte)part }))]), sender.Ref);
        }
    }

    [Fact]
    public void Each_part_of_a_compound_is_acknowledged()
    {
        var pair = OpenPair();
        pair.A.Tell(new CompoundWrite(
            new Write(Bytes(10)) { Ack = "first" },
            new Write(Bytes(10)),
            new Write(Bytes(10)) { Ack = "last", AckWhen = AckWhen.Delivered }));
        pair.A.Handler.ExpectMsg("first");
        pair.A.Handler.ExpectMsg("last");
        pair.B.ExpectBytes(30);
    }

    [Fact]
    public void A_compound_is_taken_as_a_whole_or_not_at_all()
    {
        var pair = OpenPair(connect: SmallSendBuffer);
        var compound = new CompoundWrite(new Write(Bytes(SmallBuffer / 2)) { Ack = "never" }, new Write(Bytes((SmallBuffer / 2) + 1)));
        pair.A.Tell(compound);
        var failed = pair.A.Handler.ExpectMsg<CommandFailed>();
        Assert.Same(compound, failed.Command);
        Assert.Equal(FailureCause.WriteTooLarge, failed.Cause);
        pair.A.Tell(new Write(Bytes(7)));
        Assert.Equal(Bytes(7), pair.B.ExpectBytes(7));
    }

    [Fact]
    public void A_compound_with_one_unusable_part_is_refused_whole()
    {
        var pair = OpenPair();
        pair.A.Tell(new CompoundWrite(new Write(Bytes(10)), new Write(Bytes(10)) { Metadata = Bytes(3) }));
        Assert.Equal(FailureCause.MetadataNotNegotiated, pair.A.Handler.ExpectMsg<CommandFailed>().Cause);
        pair.A.Tell(new Write(Bytes(7)));
        Assert.Equal(Bytes(7), pair.B.ExpectBytes(7));
    }

    [Fact]
    public void An_empty_compound_is_nothing()
    {
        var pair = OpenPair();
        pair.A.Tell(new CompoundWrite());
        pair.A.Tell(new Write(Bytes(7)) { Ack = "next" });
        pair.A.Handler.ExpectMsg("next");
    }

    [Fact]
    public void Metadata_on_a_byte_stream_fails_with_the_reason()
    {
        var pair = OpenPair();
        pair.A.Tell(new Write(Bytes(10)) { Metadata = Bytes(5) });
        Assert.Equal(FailureCause.MetadataNotNegotiated, pair.A.Handler.ExpectMsg<CommandFailed>().Cause);
        pair.A.Tell(new Write(Bytes(7)));
        Assert.Equal(Bytes(7), pair.B.ExpectBytes(7));
    }

    [Fact]
    public void Metadata_is_dropped_where_that_was_asked_for()
    {
        var pair = OpenPair(connect: connect => connect with { Options = new UtpOptions { DropUnsupportedMetadata = true } });
        pair.A.Tell(new Write(Bytes(10)) { Metadata = Bytes(5) });
        Assert.Equal(Bytes(10), pair.B.ExpectBytes(10));
    }

    [Fact]
    public void Objects_arrive_with_their_metadata()
    {
        var pair = OpenObjects();
        pair.A.Tell(new Write(Bytes(10, 1)) { Metadata = Bytes(255, 2) });
        pair.A.Tell(new Write(Bytes(20, 3)));
        var first = pair.B.Handler.ExpectMsg<Received>();
        Assert.Equal(Bytes(10, 1), first.Data.ToArray());
        Assert.Equal(Bytes(255, 2), first.Metadata.ToArray());
        var second = pair.B.Handler.ExpectMsg<Received>();
        Assert.Equal(Bytes(20, 3), second.Data.ToArray());
        Assert.True(second.Metadata.IsEmpty);
    }

    [Fact]
    public void Metadata_that_is_too_long_fails_with_the_reason()
    {
        var pair = OpenObjects();
        pair.A.Tell(new Write(Bytes(10)) { Metadata = Bytes(256) });
        var failed = pair.A.Handler.ExpectMsg<CommandFailed>();
        Assert.Equal(FailureCause.MetadataTooLong, failed.Cause);
        Assert.Contains("255", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(3_000_000)]
    public void A_frame_arrives_as_one_message_whatever_its_size(int bytes)
    {
        var frames = new UtpOptions { Delivery = DeliveryMode.Frames };
        var pair = OpenPair(bind => bind with { Options = frames }, connect => connect with { Options = frames });
        pair.A.Tell(new Write(Bytes(bytes)) { Metadata = Bytes(250, 2), Ack = "delivered", AckWhen = AckWhen.Delivered });
        var frame = pair.B.Handler.ExpectMsg<Received>();
        Assert.Equal(Bytes(bytes), frame.Data.ToArray());
        Assert.Equal(Bytes(250, 2), frame.Metadata.ToArray());
        pair.A.Handler.ExpectMsg("delivered");
    }

    [Fact]
    public void A_frame_that_is_too_large_fails_and_the_next_one_arrives()
    {
        var frames = new UtpOptions { Delivery = DeliveryMode.Frames, MaxFrameBytes = 2_000 };
        var pair = OpenPair(bind => bind with { Options = frames }, connect => connect with { Options = frames });
        pair.A.Tell(new Write(Bytes(2_001)));
        Assert.Equal(FailureCause.FrameTooLarge, pair.A.Handler.ExpectMsg<CommandFailed>().Cause);
        pair.A.Tell(new Write(Bytes(2_000)));
        Assert.Equal(Bytes(2_000), pair.B.Handler.ExpectMsg<Received>().Data.ToArray());
    }

    [Fact]
    public void Frames_to_a_peer_that_was_not_asked_for_them_fail_with_the_reason()
    {
        var pair = OpenPair(connect: connect => connect with { Options = new UtpOptions { Delivery = DeliveryMode.Frames } });
        pair.A.Tell(new Write(Bytes(10)));
        Assert.Equal(FailureCause.FramesNotNegotiated, pair.A.Handler.ExpectMsg<CommandFailed>().Cause);
    }

    private Pair OpenObjects()
    {
        var objects = new UtpOptions { Delivery = DeliveryMode.Objects };
        return OpenPair(bind => bind with { Options = objects }, connect => connect with { Options = objects });
    }

    // Fills the window of a reader that does not read: from here on nothing more is delivered.
    private static void CloseWindow(Pair pair)
    {
        pair.B.Tell(SuspendReading.Instance);
        pair.B.Tell(GetStatistics.Instance);
        pair.B.Handler.ExpectMsg<ConnectionStatistics>();
        pair.A.Tell(new Write(Bytes(SmallBuffer)) { Ack = "window full", AckWhen = AckWhen.Delivered });
        pair.A.Handler.ExpectMsg("window full");
    }

    // Writes pieces of 2,000 bytes until one is refused; how many were taken.
    private static int FillBuffer(End end)
    {
        for (var taken = 0; taken < 100; taken++)
        {
            end.Tell(new Write(Bytes(2_000, taken)) { Ack = "taken" });
            if (end.Handler.ExpectMsg<object>() is CommandFailed failed)
            {
                Assert.Equal(FailureCause.BufferFull, failed.Cause);
                return taken;
            }
        }

        throw new Xunit.Sdk.XunitException("The buffer never filled.");
    }

    private static Connect SmallSendBuffer(Connect connect) => connect with { Options = new UtpOptions { SendBufferBytes = SmallBuffer } };

    private static Bind SmallWindow(Bind bind) =>
        bind with { Options = new UtpOptions { InitialReceiveWindowBytes = SmallBuffer, MaxReceiveWindowBytes = SmallBuffer } };
}
