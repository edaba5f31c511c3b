using CsCheck;
using Utp.Protocol;

namespace Utp.Simulation.Tests.Time;

public class EndpointClockTests
{
    [Fact]
    public void A_fast_clock_gains_its_drift()
    {
        var clock = new EndpointClock(5_000, 200);

        Assert.Equal(5_000 + 1_000_200, clock.ToLocal(new Instant(1_000_000)).Micros);
    }

    [Fact]
    public void A_deadline_is_met_when_the_local_clock_shows_it_and_not_a_microsecond_too_late() =>
        Gen.Select(Gen.Long[0, 1L << 33], Gen.Int[-500, 500], Gen.Long[0, 1L << 41]).Sample(
            (offset, drift, local) =>
            {
                var clock = new EndpointClock(offset, drift);
                var deadline = new Instant(offset + local);
                var time = clock.FromLocal(deadline);
                Assert.True(clock.ToLocal(time) >= deadline);
                Assert.True(clock.ToLocal(time.Plus(-2)) < deadline);
            },
            seed: "0000000000001",
            iter: 2_000,
            threads: 1);
}
