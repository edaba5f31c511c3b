using Utp.Protocol;

namespace Utp.Simulation.Tests.Network;

public class SimulatedLinkTests
{
    private const int Header = SimulatedNetwork.IPv4HeaderBytes;

    [Fact]
    public void A_perfect_link_delivers_everything_at_once_and_in_order()
    {
        var two = new TwoHosts(LinkOptions.Perfect);
        two.SendForth(100);
        two.Simulator.RunToEnd();

        Assert.Equal(Enumerable.Range(0, 100), two.NumbersAtB());
        Assert.All(two.HostB.Arrived, a => Assert.Equal(0, a.AtMicros));
        Assert.Equal(0, two.Network.DatagramsInFlight);
    }

    [Fact]
    public void Latency_is_one_way_and_exact()
    {
        var two = new TwoHosts(new LinkOptions { LatencyMicros = 12_345 });
        two.SendForth(1);
        two.Simulator.RunToEnd();

        Assert.Equal(12_345, Assert.Single(two.HostB.Arrived).AtMicros);
    }

    [Fact]
    public void A_rate_is_kept_over_a_long_run_although_single_packets_take_no_whole_microseconds()
    {
        // 1,228 bytes of IP at 12.5 MB/s take 98.24 µs each.
        var two = new TwoHosts(new LinkOptions { RateBytesPerSecond = 12_500_000 });
        two.SendForth(10_000, 1_200);
        two.Simulator.RunToEnd();

        Assert.Equal(10_000L * (1_200 + Header) * 1_000_000 / 12_500_000, two.HostB.Arrived[^1].AtMicros);
    }

    [Fact]
    public void A_full_queue_drops_at_its_tail_and_the_packet_on_the_wire_is_not_in_it()
    {
        var two = new TwoHosts(new LinkOptions { RateBytesPerSecond = 50_000, QueueBytes = 3 * (100 + Header) });
        two.SendForth(10);
        two.Simulator.RunToEnd();

        Assert.Equal([0, 1, 2, 3], two.NumbersAtB());
        Assert.Equal(6, two.Forth.Statistics.DroppedByQueue);
        Assert.Equal(3 * (100 + Header), two.Forth.Statistics.MaxQueuedBytes);
    }

    [Fact]
    public void Two_paths_over_one_link_share_its_queue()
    {
        var two = new TwoHosts(LinkOptions.Perfect);
        var third = TwoHosts.Address(3);
        var bottleneck = two.Network.CreateLink(new LinkOptions { RateBytesPerSecond = 128_000 });
        two.Network.SetPath(TwoHosts.A, TwoHosts.B, two.Network.CreateLink(new LinkOptions { LatencyMicros = 7 }), bottleneck);
        two.Network.SetPath(third, TwoHosts.B, bottleneck);

        two.Network.Send(third, TwoHosts.B, new byte[100], dontFragment: true);
        two.SendForth(1);
        two.Simulator.RunToEnd();

        Assert.Equal([1_000, 2_000], two.HostB.Arrived.Select(a => a.AtMicros));
    }

    [Fact]
    public void Loss_takes_its_share()
    {
        var two = new TwoHosts(new LinkOptions { Loss = Ratio.Percent(3) });
        two.SendForth(50_000);
        two.Simulator.RunToEnd();

        Assert.InRange(two.HostB.Arrived.Count, 48_300, 48_700);
    }

    [Fact]
    public void Loss_in_bursts_has_their_mean_length()
    {
        var burst = new BurstLossOptions(Enter: Ratio.Percent(1), Leave: Ratio.Percent(10), LossWhenBad: Ratio.Always);
        var two = new TwoHosts(new LinkOptions { BurstLoss = burst });
        two.SendForth(60_000);
        two.Simulator.RunToEnd();

        var numbers = two.NumbersAtB();
        var gaps = numbers.Zip(numbers.Skip(1)).Select(pair => pair.Second - pair.First - 1).Where(gap => gap > 0).ToArray();
        Assert.InRange(gaps.Average(), 9, 11);
        Assert.InRange(gaps.Length, 480, 620);
    }

    [Fact]
    public void Jitter_delays_and_keeps_the_order_unless_it_may_not()
    {
        var kept = new TwoHosts(new LinkOptions { LatencyMicros = 1_000, JitterMicros = 500 });
        var mixed = new TwoHosts(new LinkOptions { LatencyMicros = 1_000, JitterMicros = 500, JitterReorders = true });
        foreach (var two in new[] { kept, mixed })
        {
            two.SendForth(200);
            two.Simulator.RunToEnd();
            Assert.All(two.HostB.Arrived, a => Assert.InRange(a.AtMicros, 1_000, 1_500));
        }

        Assert.Equal(Enumerable.Range(0, 200), kept.NumbersAtB());
        Assert.NotEqual(Enumerable.Range(0, 200), mixed.NumbersAtB());
    }

    [Fact]
    public void Some_are_overtaken_and_nothing_else_happens_to_them()
    {
        var two = new TwoHosts(new LinkOptions { Reordering = Ratio.Percent(10), ReorderDelayMicros = 5_000 });
        for (var i = 0; i < 10; i++)
        {
            two.SendForth(100);
            two.Simulator.RunFor(100);
        }

        two.Simulator.RunToEnd();
        Assert.Equal(1_000, two.HostB.Arrived.Count);
        Assert.InRange(two.Forth.Statistics.Reordered, 70, 130);
    }

    [Fact]
    public void A_duplicate_follows_within_its_delay()
    {
        var two = new TwoHosts(new LinkOptions { Duplication = Ratio.Always, DuplicateDelayMicros = 300 });
        two.SendForth(1);
        two.Simulator.RunToEnd();

        Assert.Equal([0, 0], two.NumbersAtB());
        Assert.InRange(two.HostB.Arrived[1].AtMicros, 0, 300);
    }

    [Fact]
    public void A_late_duplicate_comes_after_its_delay()
    {
        var two = new TwoHosts(new LinkOptions { LateDuplication = Ratio.Always, LateDuplicateDelayMicros = 60_000_000 });
        two.SendForth(1);
        two.Simulator.RunToEnd();

        Assert.Equal([0, 60_000_000], two.HostB.Arrived.Select(a => a.AtMicros));
    }

    [Fact]
    public void A_wrap_duplicate_comes_when_its_number_is_current_again()
    {
        var two = new TwoHosts(new LinkOptions { WrapDuplication = Ratio.OneIn(1_000) });
        const int Count = 140_000;
        for (var i = 0; i < Count; i++)
        {
            two.Network.Send(
                TwoHosts.A, TwoHosts.B, Testing.PacketBuilder.Data(BitConverter.GetBytes(i)).Seq(60_000 + i).Build(), true);
            two.Simulator.RunFor(1);
        }

        var distances = new List<int>();
        var newest = 0;
        foreach (var (_, payload) in two.HostB.Arrived)
        {
            var number = BitConverter.ToInt32(payload, PacketHeader.Length);
            if (number < newest)
                distances.Add(newest - number);
            newest = Math.Max(newest, number);
        }

        Assert.InRange(distances.Count, 40, 140);
        Assert.All(distances, distance => Assert.InRange(distance, 65_536 - 64, 65_536 + 64 + 1));
    }

    [Fact]
    public void Damage_is_found_by_the_checksum_unless_it_is_to_be_delivered()
    {
        var found = new TwoHosts(new LinkOptions { Corruption = Ratio.Always });
        var delivered = new TwoHosts(new LinkOptions { Corruption = Ratio.Always, DamageIsDelivered = true });
        foreach (var two in new[] { found, delivered })
        {
            two.SendForth(20);
            two.Simulator.RunToEnd();
            Assert.Equal(20, two.Forth.Statistics.Damaged);
        }

        Assert.Empty(found.HostB.Arrived);
        Assert.Equal(20, delivered.HostB.Arrived.Count);
        Assert.Contains(delivered.HostB.Arrived, a => a.Payload.Skip(2).Any(b => b != 0));
    }

    [Fact]
    public void A_truncated_datagram_is_shorter()
    {
        var two = new TwoHosts(new LinkOptions { Truncation = Ratio.Always, DamageIsDelivered = true });
        two.SendForth(50);
        two.Simulator.RunToEnd();

        Assert.All(two.HostB.Arrived, a => Assert.InRange(a.Payload.Length, 0, 99));
    }

    [Fact]
    public void Nothing_passes_in_an_outage()
    {
        var two = new TwoHosts(new LinkOptions { Outages = [new Outage(1_000, 2_000)] });
        foreach (var at in new[] { 999, 1_000, 1_999, 2_000 })
            two.Simulator.At(new Instant(at), () => two.SendForth(1));
        two.Simulator.RunToEnd();

        Assert.Equal([999, 2_000], two.HostB.Arrived.Select(a => a.AtMicros));
    }

    [Fact]
    public void A_filter_decides_over_single_datagrams()
    {
        var two = new TwoHosts(LinkOptions.Perfect);
        two.Forth.Filter = (in DatagramInfo _, ReadOnlySpan<byte> payload) => payload[0] switch
        {
            1 => LinkVerdict.Drop,
            2 => LinkVerdict.Duplicate,
            _ => LinkVerdict.Pass,
        };
        two.SendForth(4);
        two.Simulator.RunToEnd();

        Assert.Equal([0, 2, 2, 3], two.NumbersAtB().Order());
    }

    [Fact]
    public void A_route_change_holds_for_what_is_sent_after_it()
    {
        var two = new TwoHosts(new LinkOptions { LatencyMicros = 100 });
        two.SendForth(1);
        two.Forth.Options = new LinkOptions { LatencyMicros = 10 };
        two.SendForth(1);
        two.Simulator.RunToEnd();

        Assert.Equal([10, 100], two.HostB.Arrived.Select(a => a.AtMicros));
    }

    [Fact]
    public void Whoever_sends_to_nobody_hears_of_it_a_round_trip_later()
    {
        var two = new TwoHosts(new LinkOptions { LatencyMicros = 40 });
        two.Network.ReportsUnreachablePorts = true;
        two.Network.Send(TwoHosts.A, TwoHosts.B with { Port = 9 }, [1], dontFragment: true);
        two.Simulator.RunToEnd();

        Assert.Equal((TwoHosts.B with { Port = 9 }, PathError.Refused, 0, 80), Assert.Single(two.HostA.Reports));
    }

    [Fact]
    public void What_is_larger_than_the_path_is_lost_and_its_sender_may_hear_of_it()
    {
        foreach (var reports in new[] { false, true })
        {
            var two = new TwoHosts(new LinkOptions { MtuBytes = 500, ReportsMtu = reports });
            two.SendForth(1, 500 - Header);
            two.SendForth(1, 500 - Header + 1);
            two.Simulator.RunToEnd();

            Assert.Single(two.HostB.Arrived);
            Assert.Equal(1, two.Forth.Statistics.LostBySize);
            Assert.Equal(reports ? 1 : 0, two.HostA.Reports.Count(e => e.Error == PathError.TooLarge));
        }
    }

    [Fact]
    public void What_may_be_fragmented_passes_a_smaller_path_unless_fragments_are_dropped()
    {
        // 2,000 bytes and 8 of UDP in packets of 500 with 20 of IP each: 5 of them, 4 headers more.
        var passes = new TwoHosts(new LinkOptions { MtuBytes = 500, RateBytesPerSecond = 1_000_000 });
        var drops = new TwoHosts(new LinkOptions { MtuBytes = 500, DropsFragments = true });
        foreach (var two in new[] { passes, drops })
        {
            two.Network.Send(TwoHosts.A, TwoHosts.B, new byte[2_000], dontFragment: false);
            two.Simulator.RunToEnd();
        }

        Assert.Equal(2_000 + Header + (4 * 20), Assert.Single(passes.HostB.Arrived).AtMicros);
        Assert.Empty(drops.HostB.Arrived);
    }
}
