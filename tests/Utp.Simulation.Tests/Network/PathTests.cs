using Utp.Protocol;

namespace Utp.Simulation.Tests.Network;

/// <summary>Path MTU, fragments, routes that change, and ways back that are not the way there.</summary>
public class PathTests
{
    private const int Header = SimulatedNetwork.IPv4HeaderBytes;

    [Fact]
    public void A_router_in_the_middle_of_a_link_answers_with_the_next_hops_mtu_after_half_a_round_trip()
    {
        var two = new TwoHosts(new LinkOptions { LatencyMicros = 10_000, MtuBytes = 1_280, ReportsMtu = true });
        Send(two, 1_281 - Header, dontFragment: true);
        two.Simulator.RunToEnd();

        Assert.Equal((TwoHosts.B, PathError.TooLarge, 1_280, 10_000), Assert.Single(two.HostA.Reports));
        Assert.Empty(two.HostB.Arrived);
    }

    [Fact]
    public void Behind_another_link_it_answers_after_the_way_there_and_back()
    {
        var two = new TwoHosts(LinkOptions.Perfect);
        var (near, far) = (two.Network.CreateLink(new LinkOptions { LatencyMicros = 3_000 }),
            two.Network.CreateLink(new LinkOptions { LatencyMicros = 10_000, MtuBytes = 600, ReportsMtu = true }));
        two.Network.SetPath(TwoHosts.A, TwoHosts.B, near, far);
        Send(two, 1_000, dontFragment: true);
        two.Simulator.RunToEnd();

        Assert.Equal((TwoHosts.B, PathError.TooLarge, 600, 16_000), Assert.Single(two.HostA.Reports));
    }

    [Fact]
    public void A_black_hole_swallows_what_is_too_large_and_says_nothing()
    {
        var two = new TwoHosts(new LinkOptions { LatencyMicros = 10_000, MtuBytes = 1_280 });
        Send(two, 1_281 - Header, dontFragment: true);
        Send(two, 1_280 - Header, dontFragment: true);
        two.Simulator.RunToEnd();

        Assert.Empty(two.HostA.Reports);
        Assert.Equal(1_280 - Header, Assert.Single(two.HostB.Arrived).Payload.Length);
    }

    [Fact]
    public void Fragments_are_put_together_again_byte_for_byte()
    {
        // Twice cut: 1,508 bytes behind the IP header go in 3 × 480 + 68, and these in 2 × 240 each, and 68.
        var two = new TwoHosts(LinkOptions.Perfect);
        var (wide, narrow) = (two.Network.CreateLink(new LinkOptions { MtuBytes = 500 }), two.Network.CreateLink(new LinkOptions { MtuBytes = 267 }));
        two.Network.SetPath(TwoHosts.A, TwoHosts.B, wide, narrow);
        var payload = new byte[1_500];
        new Prng(3).Fill(payload);
        two.Network.Send(TwoHosts.A, TwoHosts.B, payload, dontFragment: false);
        two.Simulator.RunToEnd();

        Assert.Equal(payload, Assert.Single(two.HostB.Arrived).Payload);
        Assert.Equal(4, narrow.Statistics.Entered);
        Assert.Equal(7, narrow.Statistics.Delivered);
        Assert.Equal(0, two.Network.DatagramsInFlight);
    }

    [Fact]
    public void A_datagram_in_fragments_is_lost_with_any_of_them()
    {
        // In 5 fragments; each is lost with 10 %: 0.9^5 = 59 % arrive.
        var two = new TwoHosts(new LinkOptions { MtuBytes = 500, Loss = Ratio.Percent(10) });
        for (var i = 0; i < 10_000; i++)
            Send(two, 2_000, dontFragment: false);
        two.Simulator.RunToEnd();

        Assert.InRange(two.HostB.Arrived.Count, 5_750, 6_050);
        Assert.Equal(0, two.Network.DatagramsInFlight);
    }

    [Fact]
    public void A_queue_that_has_no_room_for_a_fragment_costs_the_whole()
    {
        // The first is being serialised at once; the queue takes two more of 500 bytes, and not the last two.
        var two = new TwoHosts(new LinkOptions { MtuBytes = 500, RateBytesPerSecond = 1_000_000, QueueBytes = 1_000 });
        Send(two, 2_000, dontFragment: false);
        two.Simulator.RunToEnd();

        Assert.Equal(2, two.Forth.Statistics.DroppedByQueue);
        Assert.Empty(two.HostB.Arrived);
        Assert.Equal(0, two.Network.DatagramsInFlight);
    }

    [Fact]
    public void A_datagram_whose_fragments_come_twice_arrives_once()
    {
        var two = new TwoHosts(LinkOptions.Perfect);
        two.Network.SetPath(
            TwoHosts.A, TwoHosts.B,
            two.Network.CreateLink(new LinkOptions { MtuBytes = 500 }), two.Network.CreateLink(new LinkOptions { Duplication = Ratio.Always }));
        Send(two, 2_000, dontFragment: false);
        two.Simulator.RunToEnd();

        Assert.Single(two.HostB.Arrived);
    }

    [Fact]
    public void A_firewall_behind_the_router_that_cuts_drops_the_fragments()
    {
        var two = new TwoHosts(LinkOptions.Perfect);
        var firewall = two.Network.CreateLink(new LinkOptions { DropsFragments = true });
        two.Network.SetPath(TwoHosts.A, TwoHosts.B, two.Network.CreateLink(new LinkOptions { MtuBytes = 500 }), firewall);
        Send(two, 2_000, dontFragment: false);
        Send(two, 400, dontFragment: false);
        two.Simulator.RunToEnd();

        Assert.Equal(5, firewall.Statistics.LostBySize);
        Assert.Equal(400, Assert.Single(two.HostB.Arrived).Payload.Length);
    }

    [Fact]
    public void A_change_to_a_longer_and_slower_route_holds_for_what_leaves_after_it()
    {
        // 1,000 bytes at 1 MB/s take 1 ms, at 100 kB/s 10 ms. The second is on the wire when the route changes, the third waits.
        var two = new TwoHosts(new LinkOptions { LatencyMicros = 20_000, RateBytesPerSecond = 1_000_000 });
        two.SendForth(3, 1_000 - Header);
        two.Simulator.At(new Instant(1_500), () => two.Forth.Options = new LinkOptions { LatencyMicros = 60_000, RateBytesPerSecond = 100_000 });
        two.Simulator.RunToEnd();

        Assert.Equal([21_000, 62_000, 72_000], two.HostB.Arrived.Select(a => a.AtMicros));
    }

    [Fact]
    public void A_path_over_other_links_holds_for_what_is_sent_after_it()
    {
        var two = new TwoHosts(new LinkOptions { LatencyMicros = 60_000 });
        two.SendForth(1);
        two.Network.SetPath(TwoHosts.A, TwoHosts.B, two.Network.CreateLink(new LinkOptions { LatencyMicros = 5_000 }));
        two.SendForth(2);
        two.Simulator.RunToEnd();

        Assert.Equal([5_000, 5_000, 60_000], two.HostB.Arrived.Select(a => a.AtMicros));
    }

    [Fact]
    public void The_way_back_has_a_rate_a_delay_and_a_loss_of_its_own()
    {
        var two = new TwoHosts(new LinkOptions { LatencyMicros = 20_000, RateBytesPerSecond = 1_000_000 });
        two.Back.Options = new LinkOptions { LatencyMicros = 60_000, RateBytesPerSecond = 10_000, Loss = Ratio.Percent(10) };
        for (var i = 0; i < 1_000; i++)
        {
            Send(two, 100 - Header, dontFragment: true);
            two.Network.Send(TwoHosts.B, TwoHosts.A, new byte[100 - Header], dontFragment: true);
        }

        two.Simulator.RunToEnd();
        Assert.Equal(1_000, two.HostB.Arrived.Count);
        Assert.Equal(20_100, two.HostB.Arrived[0].AtMicros);
        Assert.InRange(two.HostA.Arrived.Count, 870, 930);
        Assert.Equal((two.HostA.Arrived.Count * 10_000) + 60_000, two.HostA.Arrived[^1].AtMicros);
    }

    private static void Send(TwoHosts two, int bytes, bool dontFragment) =>
        two.Network.Send(TwoHosts.A, TwoHosts.B, new byte[bytes], dontFragment);
}
