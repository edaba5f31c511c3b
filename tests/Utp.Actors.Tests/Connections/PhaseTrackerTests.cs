namespace Utp.Actors.Tests.Connections;

public sealed class PhaseTrackerTests
{
    private readonly PhaseTracker _phases = new();

    [Fact]
    public void A_phase_may_be_left_out_or_entered_again()
    {
        Assert.Equal(ConnectionPhase.Starting, _phases.Current);

        _phases.MoveTo(ConnectionPhase.WaitingForRegister);
        _phases.MoveTo(ConnectionPhase.FinSent);
        _phases.MoveTo(ConnectionPhase.FinSent);

        Assert.Equal(ConnectionPhase.FinSent, _phases.Current);
    }

    [Fact]
    public void A_phase_that_was_left_does_not_come_back()
    {
        _phases.MoveTo(ConnectionPhase.TimeWait);

        Assert.Throws<InvalidOperationException>(() => _phases.MoveTo(ConnectionPhase.Connected));

        Assert.Equal(ConnectionPhase.TimeWait, _phases.Current);
    }
}
