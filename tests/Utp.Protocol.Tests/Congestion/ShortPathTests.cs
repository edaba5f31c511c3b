using Xunit;

namespace Utp.Protocol.Tests.Congestion;

public sealed class ShortPathTests
{
    private const double MinWindow = 2_000;

    [Theory]
    [InlineData(0, 2_000)]
    [InlineData(40_000, 2_000)]
    [InlineData(10_000, 2_000)]
    [InlineData(5_000, 1_000)]
    [InlineData(1_000, 200)]
    [InlineData(100, 31.25)]
    [InlineData(1, 31.25)]
    public void The_floor_is_two_packets_from_ten_milliseconds_on_and_less_on_shorter_paths(long rttMicros, double expected) =>
        Assert.Equal(expected, ShortPath.Floor(MinWindow, rttMicros));

    [Theory]
    [InlineData(5, 20_000, 0.5)]
    [InlineData(5, 40_000, 0.5)]
    [InlineData(5, 0, 0.5)]
    [InlineData(5, 10_000, 0.125)]
    [InlineData(6, 200, 0.12)]
    [InlineData(30, 200, 0.5)]
    [InlineData(1, 200, 1.0 / 900)]
    public void Growth_on_a_short_path_costs_at_most_a_loss_in_a_hundred_packets(double windowPackets, long rttMicros, double expected) =>
        Assert.Equal(expected, ShortPath.Step(0.5, windowPackets, rttMicros), precision: 12);

    [Theory]
    [InlineData(8_000, 40_000, 4_000)]
    [InlineData(8_000, 500, 4_000)]
    [InlineData(2_400, 500, 1_800)]
    [InlineData(1_000, 500, 900)]
    [InlineData(2_000, 40_000, 2_000)]
    [InlineData(101, 500, 100)]
    public void Below_two_packets_a_loss_costs_a_tenth(double window, long rttMicros, double expected) =>
        Assert.Equal(expected, ShortPath.AfterLoss(window / 2, window, MinWindow, rttMicros), precision: 9);
}
