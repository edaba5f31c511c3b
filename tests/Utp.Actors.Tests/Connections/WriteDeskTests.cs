using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests.Connections;

/// <summary>Whose each write is, and what it hears: with a core, but without a connection's actor and without a network.</summary>
public sealed class WriteDeskTests : UtpSpec
{
    private const int BufferBytes = 100;
    private static readonly ConnectionOptions Options = ConnectionOptions.Default with { SendBufferBytes = BufferBytes };

    private readonly WriteDesk _desk;

    public WriteDeskTests(ITestOutputHelper output)
        : base(output)
    {
        var core = NewCore.Accepted(Options);
        _desk = new WriteDesk(core, Options, TestActor);
    }

    private bool Handle(UtpCommand command)
    {
        Assert.True(_desk.Handle(command, TestActor, out var taken));
        return taken;
    }

    [Fact]
    public void A_write_is_taken_and_its_acknowledgement_told_when_it_was_asked_for()
    {
        Assert.True(Handle(new Write(new byte[10]) { Ack = "taken" }));

        ExpectMsg("taken");
    }

    [Fact]
    public void A_write_without_room_suspends_writing_until_somebody_asks_for_it()
    {
        Handle(new Write(new byte[BufferBytes]));

        Assert.False(Handle(new Write(new byte[1])));
        Assert.False(Handle(new Write(new byte[1])));

        Assert.Equal(FailureCause.BufferFull, ExpectMsg<CommandFailed>().Cause);
        Assert.Equal(FailureCause.WritingSuspended, ExpectMsg<CommandFailed>().Cause);
        Handle(ResumeWriting.Instance);
        Handle(ResumeWriting.Instance);
        Assert.Equal(FailureCause.ResumeAlreadyPending, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void Without_resume_writing_each_write_is_tried()
    {
        _desk.OnRegistered(usesResumeWriting: false);
        Handle(new Write(new byte[BufferBytes]));
        Handle(new Write(new byte[1]));
        Handle(new Write(new byte[1]));

        Assert.Equal(FailureCause.BufferFull, ExpectMsg<CommandFailed>().Cause);
        Assert.Equal(FailureCause.BufferFull, ExpectMsg<CommandFailed>().Cause);
    }

    [Fact]
    public void Several_writes_are_taken_as_a_whole_or_not_at_all()
    {
        Handle(new Write(new byte[BufferBytes / 2]));

        Assert.False(Handle(new CompoundWrite([new Write(new byte[BufferBytes / 4]), new Write(new byte[BufferBytes / 2])])));

        Assert.Equal(FailureCause.BufferFull, ExpectMsg<CommandFailed>().Cause);
        _desk.OnRegistered(usesResumeWriting: false);
        Handle(ResumeWriting.Instance);
        _desk.OnEnd(new CloseReason(CloseCause.Aborted));
        Assert.IsType<Write>(ExpectMsg<CommandFailed>().Command);
        Assert.IsType<ResumeWriting>(ExpectMsg<CommandFailed>().Command);
    }

    [Fact]
    public void When_the_peer_reads_no_more_what_was_taken_and_what_comes_fails_with_its_reason()
    {
        Handle(new Write(new byte[10]));
        var reason = new CloseReason(CloseCause.Reset, 7);

        _desk.OnPeerStopsReading(reason);
        Assert.Equal(reason, ExpectMsg<CommandFailed>().Reason);

        Handle(new Write(new byte[BufferBytes * 2]));
        var failed = ExpectMsg<CommandFailed>();
        Assert.Equal((FailureCause.NotRead, (CloseReason?)reason), (failed.Cause, failed.Reason));
    }

    [Fact]
    public void Delivered_writes_are_told_in_order_and_what_nobody_asked_about_is_not()
    {
        _desk.OnInitialData(TestActor);
        Handle(new Write(new byte[1]) { Ack = 1, AckWhen = AckWhen.Delivered });
        Handle(new Write(new byte[1]) { Ack = 2, AckWhen = AckWhen.Delivered });

        _desk.OnDelivered(2);
        ExpectMsg(1);
        _desk.OnDelivered(3);
        ExpectMsg(2);
    }

    [Fact]
    public void Other_messages_are_not_its_own() => Assert.False(_desk.Handle(Close.Instance, TestActor, out _));
}
