using CsCheck;
using Utp.Protocol;

namespace Utp.Simulation.Tests.Time;

public class SimulatorTests
{
    [Fact]
    public void Events_come_by_time_and_then_by_the_order_they_were_made() =>
        Gen.Int[0, 50].Array[0, 500].Sample(
            times =>
            {
                var simulator = new Simulator(1);
                var seen = new List<(int At, int Order)>();
                for (var i = 0; i < times.Length; i++)
                {
                    var (at, order) = (times[i], i);
                    simulator.At(new Instant(at), () => seen.Add((at, order)));
                }

                simulator.RunToEnd();
                Assert.Equal(times.Select((at, order) => (at, order)).OrderBy(e => e.at).ThenBy(e => e.order), seen);
            },
            seed: "0000000000001",
            iter: 200,
            threads: 1);

    [Fact]
    public void An_event_for_the_past_happens_now_after_what_already_waits()
    {
        var simulator = new Simulator(1);
        var seen = new List<string>();
        simulator.At(new Instant(10), () =>
        {
            simulator.At(new Instant(3), () => seen.Add("past"));
            seen.Add("first");
        });
        simulator.At(new Instant(10), () => seen.Add("second"));
        simulator.RunToEnd();

        Assert.Equal(["first", "second", "past"], seen);
        Assert.Equal(10, simulator.Now.Micros);
    }

    [Fact]
    public void A_run_that_would_not_end_is_ended_by_its_limits()
    {
        var byTime = new Simulator(1, new SimulatorLimits { MaxMicros = 1_000 });
        var byEvents = new Simulator(1, new SimulatorLimits { MaxEvents = 50 });
        foreach (var simulator in new[] { byTime, byEvents })
            Repeat(simulator);

        Assert.Equal(RunEnd.TimeLimit, byTime.RunToEnd());
        Assert.Equal(RunEnd.EventLimit, byEvents.RunToEnd());
        Assert.Equal(50, byEvents.EventsHandled);
    }

    [Fact]
    public void More_waiting_events_than_allowed_are_an_error()
    {
        var simulator = new Simulator(1, new SimulatorLimits { MaxPendingEvents = 3 });
        for (var i = 0; i < 3; i++)
            simulator.After(1, () => { });

        Assert.Throws<InvalidOperationException>(() => simulator.After(1, () => { }));
    }

    [Fact]
    public void Running_to_a_time_moves_the_clock_there()
    {
        var simulator = new Simulator(1);
        var happened = 0;
        simulator.After(100, () => happened++);
        simulator.After(101, () => happened++);

        Assert.Equal(RunEnd.Done, simulator.RunTo(new Instant(100)));
        Assert.Equal((1, 100), (happened, simulator.Now.Micros));
    }

    private static void Repeat(Simulator simulator) => simulator.After(1, () => Repeat(simulator));
}
