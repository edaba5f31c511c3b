using Utp.Protocol.Tests.Sending;
using Xunit;

namespace Utp.Protocol.Tests.Connection;

public sealed class UserEventsTests
{
    private readonly SendingRig _rig = new();
    private readonly UserEvents _events;

    public UserEventsTests() => _events = new UserEvents(_rig.Receiver, _rig.Data, _rig.SendBuffer, _rig.Mtu);

    private List<ConnectionEventKind> Take(bool isReadToTheEnd = true)
    {
        var kinds = new List<ConnectionEventKind>();
        while (_events.TryTake(peerCode: null, isReadToTheEnd, rttMicros: 0, _rig.Now, out var next))
            kinds.Add(next.Kind);
        return kinds;
    }

    private void Arrive() => _rig.Data.Take([1], default, hasExtension2: false, _rig.Now);

    private void Deliver()
    {
        _rig.Send(1);
        _rig.Acknowledge(1);
    }

    [Fact]
    public void The_order_is_connected_payload_deliveries_the_peers_end_and_the_end()
    {
        Arrive();
        _events.OnClosed(new CloseReason(CloseCause.ConfirmedClosed));
        _events.OnPeerFinished(isOfInterest: true);
        Deliver();
        _events.OnConnected();

        Assert.Equal(
            [
                ConnectionEventKind.Connected, ConnectionEventKind.Received, ConnectionEventKind.WritesDelivered,
                ConnectionEventKind.PeerFinished, ConnectionEventKind.Closed,
            ],
            Take());
    }

    [Fact]
    public void What_came_before_the_confirmation_waits_for_it()
    {
        Arrive();
        Assert.Empty(Take());

        _events.OnConnected();

        Assert.Equal([ConnectionEventKind.Connected, ConnectionEventKind.Received], Take());
    }

    [Fact]
    public void A_reader_that_waits_hears_the_peers_end_when_it_has_read_all()
    {
        _events.OnConnected();
        Take();
        _rig.Data.Suspend();
        Arrive();
        _events.OnPeerFinished(isOfInterest: true);
        Assert.Empty(Take());

        _events.OnResume();

        Assert.Equal([ConnectionEventKind.Received, ConnectionEventKind.PeerFinished], Take());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_peer_sent_before_it_finished_is_still_read_and_otherwise_the_end_comes_at_once(bool isReadToTheEnd)
    {
        _events.OnConnected();
        Take();
        _rig.Data.Suspend();
        Arrive();
        _events.OnClosed(new CloseReason(CloseCause.Reset));

        Assert.Equal(isReadToTheEnd ? [] : [ConnectionEventKind.Closed], Take(isReadToTheEnd));
        Assert.Equal(isReadToTheEnd, _rig.Data.HasReady);
    }

    [Fact]
    public void The_first_reason_counts()
    {
        _events.OnConnected();
        Take();
        _events.OnClosed(new CloseReason(CloseCause.Aborted));
        _events.OnClosed(new CloseReason(CloseCause.Reset));

        Assert.True(_events.TryTake(null, true, 0, _rig.Now, out var closed));
        Assert.Equal(CloseCause.Aborted, closed.Reason.Cause);
        Assert.Empty(Take());
    }
}
