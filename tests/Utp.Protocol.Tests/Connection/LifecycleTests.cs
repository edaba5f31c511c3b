using Xunit;

namespace Utp.Protocol.Tests.Connection;

public sealed class LifecycleTests
{
    private static readonly Instant Now = new(1_000);

    [Fact]
    public void Whoever_sends_its_fin_first_both_fins_lead_to_closing()
    {
        var we = Connected();
        we.OnFinSent(Now);
        Assert.Equal(ConnectionState.FinSent, we.State);
        we.OnPeerFin(Now);
        Assert.Equal(ConnectionState.Closing, we.State);

        var they = Connected();
        they.OnPeerFin(Now);
        Assert.Equal(ConnectionState.PeerFin, they.State);
        they.OnFinSent(Now);
        Assert.Equal(ConnectionState.Closing, they.State);
    }

    [Fact]
    public void A_late_fin_of_the_peer_does_not_lead_out_of_timewait()
    {
        var life = Connected();
        life.OnFinSent(Now);
        life.OnTimeWait(Now);

        life.OnPeerFin(Now);

        Assert.Equal(ConnectionState.TimeWait, life.State);
    }

    [Fact]
    public void Only_a_confirmed_address_and_neither_end_of_the_handshake_counts_as_confirmed()
    {
        Assert.False(new Lifecycle(ConnectionState.SynSent, null).IsAddressConfirmed);
        Assert.False(new Lifecycle(ConnectionState.SynReceived, null).IsAddressConfirmed);
        Assert.True(Connected().IsAddressConfirmed);
    }

    [Fact]
    public void Every_transition_is_traced_once()
    {
        var trace = new StateLog();
        var life = new Lifecycle(ConnectionState.SynSent, new TraceOutlet(trace));
        life.OnConnected(Now);
        life.OnConnected(Now);
        life.OnReset(Now);

        Assert.True(life.IsOver);
        Assert.Equal([(ConnectionState.SynSent, ConnectionState.Connected), (ConnectionState.Connected, ConnectionState.Reset)], trace.Transitions);
    }

    private static Lifecycle Connected()
    {
        var life = new Lifecycle(ConnectionState.SynReceived, null);
        life.OnConnected(Now);
        return life;
    }

    private sealed class StateLog : IConnectionTrace
    {
        public List<(ConnectionState From, ConnectionState To)> Transitions { get; } = [];

        public void OnState(in StateTrace trace) => Transitions.Add((trace.From, trace.To));

        public void OnSent(in SentTrace trace) => throw new NotSupportedException();

        public void OnReceived(in ReceivedTrace trace) => throw new NotSupportedException();

        public void OnAcked(in AckedTrace trace) => throw new NotSupportedException();

        public void OnLost(in LostTrace trace) => throw new NotSupportedException();

        public void OnWindow(in WindowTrace trace) => throw new NotSupportedException();

        public void OnRtt(in RttTrace trace) => throw new NotSupportedException();

        public void OnTimer(in TimerTrace trace) => throw new NotSupportedException();
    }
}
