using CsCheck;
using Xunit;

namespace Utp.Protocol.Tests.Wire;

public sealed class SeqNrTests
{
    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, -1)]
    [InlineData(65_535, 0, 1)]
    [InlineData(0, 65_535, -1)]
    [InlineData(65_000, 464, 1_000)]
    [InlineData(0, 32_767, 32_767)]
    [InlineData(0, 32_769, -32_767)]
    [InlineData(7, 7, 0)]
    public void Distance_is_signed_and_goes_the_short_way_round(int from, int to, int distance) =>
        Assert.Equal(distance, new SeqNr((ushort)from).DistanceTo(new SeqNr((ushort)to)));

    [Fact]
    public void After_the_last_number_comes_the_first()
    {
        Assert.Equal(new SeqNr(0), new SeqNr(65_535).Next);
        Assert.Equal(new SeqNr(65_535), new SeqNr(0).Previous);
        Assert.True(new SeqNr(0).IsAfter(new SeqNr(65_535)));
        Assert.False(new SeqNr(65_535).IsAfter(new SeqNr(0)));
        Assert.False(new SeqNr(5).IsAfter(new SeqNr(5)));
    }

    [Fact]
    public void A_step_and_its_distance_agree_everywhere() =>
        Gen.Select(Gen.UShort, Gen.Int[-32_768, 32_767]).Sample(static (start, steps) =>
        {
            var from = new SeqNr(start);
            var to = from.Plus(steps);
            Assert.Equal(steps, from.DistanceTo(to));
            Assert.Equal(steps > 0, to.IsAfter(from));
        });

    [Fact]
    public void It_reads_as_its_number() => Assert.Equal("65535", new SeqNr(65_535).ToString());
}
