using CsCheck;
using Xunit;

namespace Utp.Protocol.Tests;

public class ReceivedRangesTests
{
    [Fact]
    public void Ranges_are_what_a_set_of_packets_says_in_any_order_and_across_the_wrap() =>
        Gen.Int[0, 300].Array[1, 200].Sample(static steps =>
        {
            var ranges = new ReceivedRanges();
            var set = new SortedSet<int>();
            foreach (var step in steps)
            {
                if (set.Add(step))
                    ranges.Add(new SeqNr(65_400).Plus(step));
            }

            var seen = new List<int>();
            foreach (var range in ranges.Ranges)
            {
                for (var i = 0; i < range.Length; i++)
                    seen.Add(new SeqNr(65_400).DistanceTo(range.Start.Plus(i)));
            }

            Assert.Equal(set, seen);
            Assert.Equal(set.Count(step => !set.Contains(step - 1)), ranges.Count);
            for (var step = 0; step <= 301; step++)
            {
                var end = step;
                while (set.Contains(end))
                    end++;
                Assert.Equal(new SeqNr(65_400).Plus(end), ranges.EndOfRangeWith(new SeqNr(65_400).Plus(step)));
            }
        });

    [Fact]
    public void Taking_the_nearest_packet_shortens_the_first_range()
    {
        var ranges = new ReceivedRanges();
        ranges.Add(new SeqNr(5));
        ranges.Add(new SeqNr(6));
        ranges.Add(new SeqNr(9));
        ranges.RemoveFirst();
        Assert.Equal([new SeqRange(new SeqNr(6), new SeqNr(7)), new SeqRange(new SeqNr(9), new SeqNr(10))], ranges.Ranges.ToArray());
        ranges.RemoveFirst();
        Assert.Equal(1, ranges.Count);
    }
}
