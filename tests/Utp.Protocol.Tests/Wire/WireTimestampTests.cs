using CsCheck;
using Xunit;

namespace Utp.Protocol.Tests.Wire;

public sealed class WireTimestampTests
{
    private const long Wrap = 1L << 32;

    [Fact]
    public void Our_clock_is_cut_to_32_bits()
    {
        Assert.Equal(new WireTimestamp(5), WireTimestamp.From(new Instant(5)));
        Assert.Equal(new WireTimestamp(5), WireTimestamp.From(new Instant((3 * Wrap) + 5)));
        Assert.Equal(new WireTimestamp(uint.MaxValue), WireTimestamp.From(new Instant(-1)));
    }

    [Fact]
    public void The_difference_of_two_is_right_across_the_wrap()
    {
        var before = WireTimestamp.From(new Instant(Wrap - 10));
        var after = WireTimestamp.From(new Instant(Wrap + 20));

        Assert.Equal(30u, before.MicrosUntil(after));
        Assert.Equal(30, before.DistanceTo(after));
        Assert.Equal(-30, after.DistanceTo(before));
        Assert.Equal(uint.MaxValue - 29, after.MicrosUntil(before));
    }

    [Fact]
    public void Any_two_instants_less_than_half_a_wrap_apart_keep_their_distance() =>
        Gen.Select(Gen.Long[0, 10 * Wrap], Gen.Int[-int.MaxValue, int.MaxValue]).Sample(static (start, micros) =>
        {
            var (from, to) = (new Instant(start), new Instant(start + micros));
            Assert.Equal(micros, WireTimestamp.From(from).DistanceTo(WireTimestamp.From(to)));
        });
}
