using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class CloseTests(ITestOutputHelper output) : UtpSpec(output)
{
    private const int SmallWindow = 8_192;

    [Fact]
    public void Close_sends_what_was_written_and_both_ends_hear_of_the_end()
    {
        var pair = OpenPair();
        pair.A.Tell(new Write(Bytes(500_000)));
        pair.A.Tell(Close.Instance);
        Assert.Equal(Bytes(500_000), pair.B.ExpectBytes(500_000));
        var peerClosed = pair.B.Handler.ExpectMsg<PeerClosed>();
        Assert.True(peerClosed.IsPeerClosed);
        var closed = pair.A.Handler.ExpectMsg<Closed>();
        Assert.Equal(500_000, closed.Statistics.BytesDelivered);
        Assert.Equal(500_000, peerClosed.Statistics.BytesReceived);
        Assert.Null(closed.Cause);
    }

    [Fact]
    public void Both_connections_stop_after_the_end()
    {
        var pair = OpenPair();
        Watch(pair.A.Connection);
        Watch(pair.B.Connection);
        pair.A.Tell(Close.Instance);
        pair.A.Handler.ExpectMsg<Closed>();
        pair.B.Handler.ExpectMsg<PeerClosed>();
        IActorRef[] ended = [ExpectMsg<Terminated>().ActorRef, ExpectMsg<Terminated>().ActorRef];
        Assert.Contains(pair.A.Connection, ended);
        Assert.Contains(pair.B.Connection, ended);
    }

    [Fact]
    public void The_close_reason_travels_to_the_peer()
    {
        var pair = OpenPair();
        pair.A.Tell(new Close(4711));
        Assert.Equal((ushort)4711, pair.B.Handler.ExpectMsg<PeerClosed>().Reason.PeerCode);
    }

    [Fact]
    public void The_close_reason_travels_to_a_peer_that_stays_open()
    {
        var pair = OpenPair(registerB: KeepOpen);
        pair.A.Tell(new ConfirmedClose(17));
        Assert.Equal((ushort)17, pair.B.Handler.ExpectMsg<PeerClosed>().Reason.PeerCode);
        pair.B.Tell(new Close(18));
        Assert.Equal((ushort)18, pair.A.Handler.ExpectMsg<ConfirmedClosed>().Reason.PeerCode);
    }

    [Fact]
    public void The_reason_of_an_abort_travels_to_the_peer()
    {
        var pair = OpenPair();
        pair.A.Tell(new Abort(99));
        pair.A.Handler.ExpectMsg<Aborted>();
        Assert.Equal(new CloseReason(CloseCause.Reset, 99), pair.B.Handler.ExpectMsg<ErrorClosed>().Reason);
    }

    [Fact]
    public void The_sender_of_Close_hears_of_the_end_too_and_once()
    {
        var pair = OpenPair();
        pair.A.Connection.Tell(Close.Instance, TestActor);
        pair.A.Connection.Tell(Close.Instance, TestActor);
        ExpectMsg<Closed>();
        pair.A.Handler.ExpectMsg<Closed>();
        Assert.False(HasMessages);
        Assert.False(pair.A.Handler.HasMessages);
    }

    [Fact]
    public void Confirmed_close_goes_on_reading_until_the_peer_closes()
    {
        var pair = OpenPair(registerB: KeepOpen);
        pair.A.Tell(new Write(Bytes(1_000, 1)));
        pair.A.Tell(ConfirmedClose.Instance);
        pair.B.ExpectBytes(1_000);
        pair.B.Handler.ExpectMsg<PeerClosed>();
        pair.B.Tell(new Write(Bytes(200_000, 2)));
        Assert.Equal(Bytes(200_000, 2), pair.A.ExpectBytes(200_000));
        pair.B.Tell(Close.Instance);
        Assert.True(pair.A.Handler.ExpectMsg<ConfirmedClosed>().IsConfirmed);
        pair.B.Handler.ExpectMsg<Closed>();
    }

    [Fact]
    public void Confirmed_close_from_both_ends_is_confirmed_on_both()
    {
        // Both stay open, so that neither follows the other before its own command arrives.
        var pair = OpenPair(registerA: KeepOpen, registerB: KeepOpen);
        pair.A.Tell(ConfirmedClose.Instance);
        pair.B.Tell(ConfirmedClose.Instance);
        pair.A.Handler.FishForMessage(m => m is ConfirmedClosed);
        pair.B.Handler.FishForMessage(m => m is ConfirmedClosed);
    }

    [Fact]
    public void A_half_closed_connection_ends_when_its_writer_confirms()
    {
        var pair = OpenPair(registerB: KeepOpen);
        pair.A.Tell(ConfirmedClose.Instance);
        pair.B.Handler.ExpectMsg<PeerClosed>();
        pair.B.Tell(ConfirmedClose.Instance);
        pair.B.Handler.ExpectMsg<ConfirmedClosed>();
        pair.A.Handler.ExpectMsg<ConfirmedClosed>();
    }

    [Fact]
    public void Close_after_confirmed_close_does_not_wait_for_the_peer()
    {
        var pair = OpenPair(registerB: KeepOpen);
        pair.A.Tell(ConfirmedClose.Instance);
        pair.B.Handler.ExpectMsg<PeerClosed>();
        pair.A.Tell(Close.Instance);
        pair.A.Handler.ExpectMsg<Closed>();
    }

    [Fact]
    public void Following_the_peer_sends_what_was_written()
    {
        var pair = OpenPair();
        pair.B.Tell(new Write(Bytes(100_000)));
        pair.A.Tell(ConfirmedClose.Instance);
        Assert.Equal(Bytes(100_000), pair.A.ExpectBytes(100_000));
        pair.B.Handler.ExpectMsg<PeerClosed>();
        pair.A.Handler.ExpectMsg<ConfirmedClosed>();
    }

    [Fact]
    public void Abort_ends_both_at_once()
    {
        var pair = OpenPair();
        pair.A.Tell(Abort.Instance);
        Assert.True(pair.A.Handler.ExpectMsg<Aborted>().IsAborted);
        var closed = pair.B.Handler.ExpectMsg<ErrorClosed>();
        Assert.True(closed.IsErrorClosed);
        Assert.Equal(CloseCause.Reset, closed.Reason.Cause);
        Assert.Contains("reset", closed.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void Abort_ends_a_connection_whose_data_waits_behind_the_peers_end()
    {
        var pair = OpenPair(registerA: KeepOpen);
        pair.A.Tell(SuspendReading.Instance);
        pair.B.Tell(new Write(Bytes(1_000)) { Ack = "there", AckWhen = AckWhen.Delivered });
        pair.B.Tell(ConfirmedClose.Instance);
        pair.B.Handler.ExpectMsg("there");
        pair.A.Tell(Abort.Instance);
        pair.A.Handler.FishForMessage(m => m is Aborted);
    }

    [Fact]
    public void Writes_that_are_not_delivered_fail_before_the_last_message()
    {
        var pair = OpenPair(Narrow);
        Suspend(pair.B);
        for (var i = 0; i < 10; i++)
            pair.A.Tell(new Write(Bytes(SmallWindow)) { Ack = i, AckWhen = AckWhen.Delivered });
        pair.A.Tell(Abort.Instance);
        var failed = 0;
        var delivered = 0;
        while (true)
        {
            var message = pair.A.Handler.ExpectMsg<object>();
            if (message is Aborted)
                break;
            if (message is CommandFailed { Cause: FailureCause.ConnectionEnded, Command: Write write })
                Assert.Equal(delivered + failed++, write.Ack);
            else
                Assert.Equal(delivered++, message);
        }

        Assert.Equal(10, failed + delivered);
        Assert.True(failed >= 8);
        Assert.False(pair.A.Handler.HasMessages);
    }

    [Fact]
    public void A_peers_reset_fails_the_writes_with_the_reason()
    {
        var pair = OpenPair(Narrow);
        Suspend(pair.B);
        var write = new Write(Bytes(4 * SmallWindow));
        pair.A.Tell(write);
        pair.B.Tell(Abort.Instance);
        var failed = pair.A.Handler.ExpectMsg<CommandFailed>();
        Assert.Same(write, failed.Command);
        Assert.Contains("reset", failed.Message, StringComparison.Ordinal);
        pair.A.Handler.ExpectMsg<ErrorClosed>();
    }

    [Fact]
    public void A_write_after_close_fails_with_the_reason_and_nothing_else_is_lost()
    {
        var pair = OpenPair();
        var late = new Write(Bytes(10));
        pair.A.Tell(new Write(Bytes(100_000)));
        pair.A.Tell(Close.Instance);
        pair.A.Tell(late);
        var failed = pair.A.Handler.ExpectMsg<CommandFailed>();
        Assert.Same(late, failed.Command);
        Assert.Contains(failed.Cause, new[] { FailureCause.Closing, FailureCause.ConnectionEnded });
        Assert.Equal(Bytes(100_000), pair.B.ExpectBytes(100_000));
        pair.B.Handler.ExpectMsg<PeerClosed>();
        pair.A.Handler.ExpectMsg<Closed>();
    }

    [Fact]
    public void A_close_with_unread_data_of_the_peer_resets_it_behind_what_was_written()
    {
        var pair = OpenPair();
        Suspend(pair.A);
        pair.B.Tell(new Write(Bytes(1_000)) { Ack = "there", AckWhen = AckWhen.Delivered });
        pair.B.Handler.ExpectMsg("there");
        pair.A.Tell(new Write(Bytes(100_000)));
        pair.A.Tell(Close.Instance);
        pair.A.Handler.ExpectMsg<Closed>();
        Assert.Equal(Bytes(100_000), pair.B.ExpectBytes(100_000));
        Assert.Equal(NotRead, pair.B.Handler.ExpectMsg<ErrorClosed>().Reason);
    }

    [Fact]
    public void What_comes_to_a_connection_that_nobody_registered_for_and_that_is_closed_is_told_to_be_unread()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor);
        var a = Open(address);
        acceptor.ExpectMsg<Connected>();
        a.Tell(new Write(Bytes(1_000)) { Ack = "there", AckWhen = AckWhen.Delivered });
        a.Handler.ExpectMsg("there");
        acceptor.Reply(Close.Instance);
        var closed = a.Handler.ExpectMsg<ErrorClosed>();
        Assert.Equal(NotRead, closed.Reason);
        Assert.Contains("before it had read all", closed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Writes_to_a_peer_that_has_closed_fail_in_the_end_instead_of_vanishing()
    {
        var pair = OpenPair(registerA: KeepOpen);
        pair.B.Tell(Close.Instance);
        pair.A.Handler.ExpectMsg<PeerClosed>();
        var write = new Write(Bytes(1_000_000)) { Ack = "there", AckWhen = AckWhen.Delivered };
        pair.A.Tell(write);
        var failed = pair.A.Handler.ExpectMsg<CommandFailed>();
        Assert.Same(write, failed.Command);
        Assert.Equal(CloseCause.Reset, failed.Reason!.Value.Cause);
        pair.A.Handler.ExpectMsg<ErrorClosed>();
    }

    [Fact]
    public void A_handler_that_dies_after_its_own_end_resets_what_it_did_not_hear()
    {
        var pair = OpenPair(registerA: KeepOpen);
        Sys.Stop(pair.B.Handler.Ref);
        pair.A.Tell(new Write(Bytes(1_000_000)) { Ack = "there", AckWhen = AckWhen.Delivered });
        pair.A.Handler.FishForMessage(static m => m is ErrorClosed { Reason.Cause: CloseCause.Reset });
    }

    [Fact]
    public void Reading_is_given_up_with_a_code_and_writing_goes_on()
    {
        var pair = OpenPair(registerA: KeepOpen);
        pair.B.Tell(new StopReading(77) { LeavesUnread = true });
        var write = new Write(Bytes(1_000));
        pair.A.Tell(write);
        var failed = (CommandFailed)pair.A.Handler.FishForMessage(static m => m is CommandFailed);
        Assert.Equal(FailureCause.NotRead, failed.Cause);
        Assert.Equal(new CloseReason(CloseCause.Reset, 77), failed.Reason);
        pair.B.Tell(new Write(Bytes(100_000)));
        Assert.Equal(Bytes(100_000), pair.A.ExpectBytes(100_000));
        pair.B.Tell(Close.Instance);
        pair.B.Handler.ExpectMsg<Closed>();
        pair.A.Handler.ExpectMsg<PeerClosed>();
        Assert.Equal(new CloseReason(CloseCause.Reset, 77), pair.A.Handler.ExpectMsg<ErrorClosed>().Reason);
    }

    [Fact]
    public void What_was_received_before_reading_was_given_up_is_delivered()
    {
        var pair = OpenPair();
        pair.A.Tell(new Write(Bytes(3)) { Ack = "one", AckWhen = AckWhen.Delivered });
        pair.B.ExpectBytes(3);
        pair.B.Tell(StopReading.Instance);
        pair.A.Tell(new Write(Bytes(1_000_000)) { Ack = "two", AckWhen = AckWhen.Delivered });
        pair.A.Handler.ExpectMsg("one");
        Assert.Equal(FailureCause.NotRead, pair.A.Handler.ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void A_reset_in_the_middle_of_a_transfer_brings_its_code()
    {
        var pair = OpenPair();
        for (var i = 0; i < 20; i++)
            pair.A.Tell(new Write(Bytes(100_000)));
        pair.B.Handler.ExpectMsg<Received>();
        pair.B.Tell(new Abort(99));
        var closed = (ErrorClosed)pair.A.Handler.FishForMessage(static m => m is ErrorClosed);
        Assert.Equal(new CloseReason(CloseCause.Reset, 99), closed.Reason);
    }

    [Fact]
    public void An_idle_peer_is_given_up_with_its_reason()
    {
        var idle = new UtpOptions { IdleTimeout = TimeSpan.FromMilliseconds(200) };
        var pair = OpenPair(connect: connect => connect with { Options = idle });
        Assert.Equal(CloseCause.IdleTimeout, pair.A.Handler.ExpectMsg<ErrorClosed>().Reason.Cause);
    }

    [Fact]
    public void A_connection_that_was_never_used_closes_cleanly()
    {
        var pair = OpenPair();
        pair.B.Tell(Close.Instance);
        pair.B.Handler.ExpectMsg<Closed>();
        pair.A.Handler.ExpectMsg<PeerClosed>();
    }

    private static CloseReason NotRead => new(CloseCause.Reset, CloseCodes.NotRead);

    private static Register KeepOpen(Register register) => register with { KeepOpenOnPeerClosed = true };

    private static Bind Narrow(Bind bind) =>
        bind with { Options = new UtpOptions { InitialReceiveWindowBytes = SmallWindow, MaxReceiveWindowBytes = SmallWindow } };

    // The answer shows that the command before it was carried out.
    private static void Suspend(End end)
    {
        end.Tell(SuspendReading.Instance);
        end.Tell(GetStatistics.Instance);
        end.Handler.ExpectMsg<ConnectionStatistics>();
    }
}
