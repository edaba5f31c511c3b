using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

/// <summary>An actor aborts its direction alone.</summary>
public sealed class AbortWritingTests(ITestOutputHelper output) : UtpSpec(output)
{
    [Fact]
    public void The_writers_writes_fail_and_a_handler_that_keeps_open_hears_of_a_cut_end_and_goes_on()
    {
        var pair = OpenPair(registerB: static register => register with { KeepOpenOnPeerClosed = true });
        pair.B.Tell(SuspendReading.Instance);
        var write = new Write(Bytes(4_000_000)) { Ack = "delivered", AckWhen = AckWhen.Delivered };
        pair.A.Tell(write);
        pair.A.Tell(new AbortWriting(9));
        Assert.Equal(write, pair.A.Handler.ExpectMsg<CommandFailed>().Command);
        pair.A.Tell(new Write("more"u8.ToArray()));
        Assert.Equal(FailureCause.Closing, pair.A.Handler.ExpectMsg<CommandFailed>().Cause);

        pair.B.Tell(ResumeReading.Instance);
        var closed = (PeerClosed)pair.B.Handler.FishForMessage(static message => message is PeerClosed);
        Assert.Equal(new CloseReason(CloseCause.CutOff, 9), closed.Reason);
        pair.B.Tell(new Write("answer"u8.ToArray()));
        Assert.Equal("answer"u8.ToArray(), pair.A.ExpectBytes(6));
    }

    [Fact]
    public void A_handler_that_follows_its_peer_ends_with_an_error_that_says_so()
    {
        var pair = OpenPair();
        pair.A.Tell(AbortWriting.Instance);
        var closed = pair.B.Handler.ExpectMsg<ErrorClosed>();
        Assert.Equal((CloseCause.Reset, (ushort?)CloseCodes.CutOff), (closed.Reason.Cause, closed.Reason.PeerCode));
        Assert.Contains("aborted its writing", closed.Message, StringComparison.Ordinal);
    }
}
