using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors.Tests.Connections;

/// <summary>What the closing event is called: after what the users asked for, where it was granted.</summary>
public sealed class ConnectionEndTests
{
    private static ConnectionStats Statistics => default;

    private readonly ConnectionEnd _end = new(new ConnectionHandle(default, channel: null!), TimeSpan.FromSeconds(5));

    [Fact]
    public void A_confirmed_close_after_a_close_would_wait_for_what_that_discards()
    {
        Assert.IsType<ConfirmedClose>(_end.OnCommand(ConfirmedClose.Instance));
        Assert.IsType<Close>(_end.OnCommand(Close.Instance));
        Assert.IsType<Close>(_end.OnCommand(ConfirmedClose.Instance));
        Assert.IsType<Abort>(_end.OnCommand(Abort.Instance));
    }

    [Fact]
    public void An_end_that_was_asked_for_is_named_after_the_command()
    {
        _end.OnCommand(ConfirmedClose.Instance);

        _end.Describe(new CloseReason(CloseCause.ConfirmedClosed), Statistics);

        Assert.IsType<ConfirmedClosed>(_end.Event);
    }

    [Fact]
    public void An_end_that_only_the_peer_asked_for_gives_its_reason()
    {
        _end.OnPeerFinished(new CloseReason(CloseCause.PeerClosed, 9));

        _end.Describe(new CloseReason(CloseCause.Closed), Statistics);

        Assert.Equal((ushort?)9, Assert.IsType<PeerClosed>(_end.Event).Reason.PeerCode);
    }

    [Fact]
    public void What_nobody_asked_for_is_an_error()
    {
        _end.OnCommand(Close.Instance);

        _end.Describe(new CloseReason(CloseCause.TooManyRetransmissions), Statistics);

        Assert.IsType<ErrorClosed>(_end.Event);
    }

    [Fact]
    public void An_abort_that_nobody_asked_for_because_nobody_registered_says_what_to_do()
    {
        _end.OnUnregistered();

        _end.Describe(new CloseReason(CloseCause.Aborted), Statistics);

        Assert.Contains("send Register", Assert.IsType<ErrorClosed>(_end.Event).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_forced_end_carries_its_exception()
    {
        var defect = new InvalidOperationException("defect");

        _end.DescribeForced(new CloseReason(CloseCause.InternalError), defect);

        Assert.Same(defect, Assert.IsType<ErrorClosed>(_end.Event).Exception);
        Assert.False(_end.IsTold);
        _end.OnTold();
        Assert.True(_end.IsTold);
    }
}
