using Utp.Protocol;

namespace Utp.Simulation.Tests.Scenarios;

public class MtuScenarios
{
    private const int Header = SimulatedNetwork.IPv4HeaderBytes;
    private static readonly TransferPlan ThreeMegabytes = new() { Bytes = 3_000_000 };

    private static ConnectionOptions Ceiling(int bytes) => new() { MtuCeilingBytes = bytes };

    private static LinkOptions Path(int mtuBytes, bool reports = false) =>
        new() { LatencyMicros = 10_000, MtuBytes = mtuBytes, ReportsMtu = reports };

    [Theory]
    [InlineData(9_000)]
    [InlineData(65_535)]
    public void On_a_path_without_a_limit_the_ceiling_is_reached_within_8_round_trips(int mtu)
    {
        var transfer = new Transfer(Path(mtu), ThreeMegabytes with { Bytes = 20_000_000, MaxBufferedBytes = 4 << 20 }, options: Ceiling(mtu - Header));
        transfer.Start();
        transfer.RunUntil(() => transfer.ClientUser.Connection?.Core.PathDatagramBytes == mtu - Header);

        Assert.InRange(transfer.Simulator.Now.Micros, 0, 8 * 20_000);
        transfer.RunToSuccess();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_path_of_1464_bytes_is_found_without_losing_a_byte(bool reports)
    {
        var transfer = new Transfer(Path(1_464, reports), ThreeMegabytes, ThreeMegabytes, Ceiling(1_472));
        transfer.RunToSuccess();

        Assert.InRange(transfer.ClientUser.Connection!.Core.PathDatagramBytes, 1_464 - Header - 16, 1_464 - Header);
        Assert.Equal(0, transfer.Forth.Statistics.Fragmented);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_path_that_falls_from_1500_to_1280_mid_transfer_is_survived(bool reports)
    {
        var transfer = new Transfer(Path(1_500, reports), ThreeMegabytes with { Bytes = 10_000_000 }, options: Ceiling(1_472));
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 2_000_000);
        transfer.Forth.Options = Path(1_280, reports);
        var before = transfer.ServerUser.BytesReceived;
        transfer.Simulator.RunFor(3_000_000);
        Assert.InRange(transfer.ServerUser.BytesReceived - before, 500_000, long.MaxValue);

        transfer.RunToSuccess();
        Assert.InRange(transfer.ClientUser.Connection!.Core.PathDatagramBytes, 548, 1_280 - Header);
    }

    [Fact]
    public void Between_foreign_peers_a_path_that_falls_to_600_bytes_is_survived_in_fragments_and_then_without()
    {
        var transfer = new Transfer(Path(1_500), ThreeMegabytes, ThreeMegabytes, Ceiling(1_472) with { Compatibility = PeerCompatibility.Plain });
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 1_000_000);
        transfer.Forth.Options = transfer.Back.Options = Path(600);
        transfer.RunToSuccess();

        Assert.InRange(transfer.Forth.Statistics.Fragmented, 1, long.MaxValue);
        Assert.InRange(transfer.ClientUser.Connection!.Core.PathDatagramBytes, 548, 600 - Header);
    }

    [Fact]
    public void Probes_that_are_lost_by_chance_do_not_end_the_search()
    {
        var transfer = new Transfer(Path(9_000), ThreeMegabytes with { Bytes = 10_000_000 }, options: Ceiling(9_000 - Header));
        transfer.Forth.Filter = Lose.First(2, packet => packet.Datagram.Length > 1_200);
        transfer.RunToSuccess();

        Assert.Equal(9_000 - Header, transfer.ClientUser.Connection!.Core.PathDatagramBytes);
    }

    [Fact]
    public void A_probe_that_arrived_though_its_ack_was_lost_keeps_its_bytes()
    {
        var transfer = new Transfer(Path(1_500), ThreeMegabytes, options: Ceiling(1_472));
        var probed = false;
        transfer.Forth.Filter = Lose.When(packet =>
        {
            probed |= packet.Datagram.Length > 1_200;
            return false;
        });
        transfer.Back.Filter = Lose.First(3, _ => probed);
        transfer.RunToSuccess();

        Assert.True(probed);
    }

    [Fact]
    public void A_firewall_that_drops_fragments_loses_probes_and_nothing_else()
    {
        var transfer = new Transfer(Path(1_300) with { DropsFragments = true }, ThreeMegabytes, ThreeMegabytes, Ceiling(1_472));
        transfer.RunToSuccess();

        Assert.InRange(transfer.ClientUser.Connection!.Core.PathDatagramBytes, 1_300 - Header - 16, 1_300 - Header);
    }

    [Theory]
    [InlineData(1_500, 1_280)]
    [InlineData(1_500, 600)]
    [InlineData(9_000, 1_280)]
    [InlineData(65_535, 1_500)]
    public void A_path_that_falls_and_drops_fragments_is_survived_in_pieces(int before, int after)
    {
        var transfer = new Transfer(Path(before), ThreeMegabytes, ThreeMegabytes, Ceiling(before - Header));
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 1_000_000 && transfer.ClientUser.BytesReceived > 1_000_000);
        Assert.Equal(before - Header, transfer.ClientUser.Connection!.Core.PathDatagramBytes);
        transfer.Forth.Options = transfer.Back.Options = Path(after) with { DropsFragments = true };
        transfer.RunToSuccess();
        Assert.InRange(transfer.ClientUser.Connection!.Core.PathDatagramBytes, 548, after - Header);
        Assert.Equal(0, transfer.Forth.Statistics.Fragmented + transfer.Back.Statistics.Fragmented);
    }

    [Theory]
    [InlineData(DeliveryMode.Objects)]
    [InlineData(DeliveryMode.Frames)]
    public void Messages_stay_whole_when_their_packets_go_in_pieces(DeliveryMode mode)
    {
        var transfer = new Transfer(Path(9_000), ThreeMegabytes with { Mode = mode }, options: Ceiling(9_000 - Header) with { Mode = mode });
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 1_000_000);
        transfer.Forth.Options = Path(1_280) with { DropsFragments = true };
        transfer.RunToSuccess();
    }

    [Fact]
    public void Pieces_that_are_lost_by_chance_repeated_and_out_of_order_are_survived()
    {
        var transfer = new Transfer(Path(9_000), ThreeMegabytes, ThreeMegabytes, Ceiling(9_000 - Header));
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 1_000_000);
        transfer.Forth.Options = transfer.Back.Options = Path(1_280) with
        {
            DropsFragments = true,
            Loss = new Ratio(50_000),
            Duplication = new Ratio(50_000),
            Reordering = new Ratio(100_000),
            ReorderDelayMicros = 20_000,
        };
        transfer.RunToSuccess();
    }

    [Fact]
    public void Icmp_forged_by_a_stranger_throughout_a_transfer_changes_nothing()
    {
        var transfer = new Transfer(Path(9_000), ThreeMegabytes with { Bytes = 20_000_000 }, options: Ceiling(9_000 - Header), client: new EndpointOptions { FirstSeqNr = new SeqNr(100) });
        transfer.Start();
        transfer.RunUntil(() => transfer.ClientUser.Connection?.Core.PathDatagramBytes == 9_000 - Header);

        // It knows both ports and the connection id, and guesses the rest.
        Span<byte> quoted = stackalloc byte[PacketHeader.Length];
        for (var i = 0; i < 50; i++)
        {
            new PacketHeader(
                PacketType.Data, ExtensionType.None, transfer.ClientUser.Connection!.Core.SendId, default, 0, 0,
                new SeqNr((ushort)(40_000 + i)), default).Write(quoted);
            ((IDatagramHost)transfer.Client).OnPathError(Transfer.ServerAddress, PathError.TooLarge, 1_300, quoted);
            transfer.Simulator.RunFor(10_000);
            Assert.Equal(9_000 - Header, transfer.ClientUser.Connection.Core.PathDatagramBytes);
        }

        transfer.RunToSuccess();
    }

    [Fact]
    public void A_size_that_came_back_is_found_again_after_ten_minutes()
    {
        var minutes = new TransferPlan { Bytes = 4_000_000, MinWriteBytes = 4_000, MaxWriteBytes = 4_000, WriterRests = Ratio.Always, WriterRestMicros = 1_000_000 };
        var transfer = new Transfer(Path(1_300), minutes, options: Ceiling(1_472));
        transfer.Start();
        transfer.RunUntil(() => transfer.Simulator.Now.Micros > 120_000_000);
        Assert.InRange(transfer.ClientUser.Connection!.Core.PathDatagramBytes, 1_200, 1_300 - Header);
        transfer.Forth.Options = transfer.Back.Options = Path(1_500);
        transfer.RunUntil(() => transfer.Simulator.Now.Micros > 500_000_000);
        Assert.InRange(transfer.ClientUser.Connection.Core.PathDatagramBytes, 1_200, 1_300 - Header);
        transfer.RunUntil(() => transfer.Simulator.Now.Micros > 760_000_000);
        Assert.Equal(1_472, transfer.ClientUser.Connection.Core.PathDatagramBytes);
    }

    [Fact]
    public void A_socket_that_refuses_what_its_interface_does_not_take_sets_the_ceiling_at_once()
    {
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 10_000 }, ThreeMegabytes, ThreeMegabytes, Ceiling(65_507),
            client: new EndpointOptions { MaxSendBytes = 1_400 }, server: new EndpointOptions { MaxSendBytes = 1_400 });
        transfer.RunToSuccess();

        Assert.InRange(transfer.ClientUser.Connection!.Core.PathDatagramBytes, 1_400 - 16, 1_400);
        Assert.Equal(0, transfer.ClientStats.PacketsLost);
    }

    [Fact]
    public void Lost_probes_cost_no_window()
    {
        var path = Path(1_300) with { RateBytesPerSecond = 1_250_000, QueueBytes = 256_000 };
        var probing = new Transfer(path, ThreeMegabytes with { Bytes = 10_000_000 }, options: Ceiling(65_507));
        var content = new Transfer(path, ThreeMegabytes with { Bytes = 10_000_000 });
        probing.RunToSuccess();
        content.RunToSuccess();

        Assert.InRange(probing.Simulator.Now.Micros, 0, content.Simulator.Now.Micros * 103 / 100);
    }

    [Theory]
    [InlineData(9_000, 9_000)]
    [InlineData(1_464, 1_500)]
    public void The_next_connection_to_the_same_address_begins_with_the_size_that_was_found(int mtu, int firstHopMtu)
    {
        var transfer = new Transfer(Path(mtu), ThreeMegabytes, ThreeMegabytes, Ceiling(firstHopMtu - Header));
        transfer.RunToSuccess();
        var found = transfer.ClientUser.Connection!.Core.PathDatagramBytes;
        Assert.InRange(found, mtu - Header - 16, mtu - Header);
        var lost = transfer.Forth.Statistics.LostBySize;

        var (client, server) = ConnectAgain(transfer, transfer.ClientOptions);
        transfer.RunUntil(() => client.Closed is not null && server.Closed is not null);
        Assert.True(client.IsComplete && server.IsComplete);
        Assert.Equal(found, client.Connection!.Core.PathDatagramBytes);
        Assert.Equal(lost, transfer.Forth.Statistics.LostBySize);
    }

    [Fact]
    public void A_black_hole_is_forgotten_and_the_next_connection_searches_anew()
    {
        var transfer = new Transfer(Path(1_500), ThreeMegabytes, options: Ceiling(1_472));
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 1_000_000);
        transfer.Forth.Options = Path(1_280);
        transfer.RunUntil(() => transfer.ClientUser.Connection!.Core.PathDatagramBytes < 1_472);
        transfer.ClientUser.Connection!.Core.Abort(transfer.Client.LocalNow);
        var (client, _) = ConnectAgain(transfer, transfer.ClientOptions);
        Assert.Equal(1_200, client.Connection!.Core.PathDatagramBytes);
    }

    [Fact]
    public void A_plain_connection_to_the_same_address_gets_no_more_than_a_foreign_peer_is_trusted_to_take()
    {
        var transfer = new Transfer(Path(9_000), ThreeMegabytes, options: Ceiling(9_000 - Header));
        transfer.RunToSuccess();
        Assert.Equal(9_000 - Header, transfer.ClientUser.Connection!.Core.PathDatagramBytes);

        var (client, server) = ConnectAgain(transfer, transfer.ClientOptions with { Compatibility = PeerCompatibility.Plain });
        transfer.RunUntil(() => client.Closed is not null && server.Closed is not null);
        Assert.Equal(1_472, client.Connection!.Core.PathDatagramBytes);
    }

    public static TheoryData<int, bool, bool, PeerCompatibility> SmallPaths
    {
        get
        {
            var data = new TheoryData<int, bool, bool, PeerCompatibility>();
            foreach (var mtu in new[] { 576, 1_000, 1_227 })
            {
                foreach (var reports in new[] { false, true })
                {
                    data.Add(mtu, reports, false, PeerCompatibility.Plain);
                    foreach (var drops in new[] { false, true })
                        data.Add(mtu, reports, drops, PeerCompatibility.Negotiate);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(SmallPaths))]
    public void A_path_below_the_base_carries_both_directions_from_the_first_packet_on(int mtu, bool reports, bool dropsFragments, PeerCompatibility peer)
    {
        var path = Path(mtu, reports) with { DropsFragments = dropsFragments };
        var transfer = new Transfer(path, ThreeMegabytes, ThreeMegabytes, Ceiling(1_472) with { Compatibility = peer });
        transfer.RunToSuccess();
        Assert.InRange(transfer.ClientUser.Connection!.Core.PathDatagramBytes, mtu - Header - 16, mtu - Header);
        Assert.InRange(transfer.Simulator.Now.Micros, 0, 10_000_000);
    }

    [Theory]
    [MemberData(nameof(SmallPaths))]
    public void A_path_that_falls_below_the_base_mid_flight_is_survived(int mtu, bool reports, bool dropsFragments, PeerCompatibility peer)
    {
        var transfer = new Transfer(Path(1_500), ThreeMegabytes, ThreeMegabytes, Ceiling(1_472) with { Compatibility = peer });
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 1_000_000 && transfer.ClientUser.BytesReceived > 1_000_000);
        transfer.Forth.Options = transfer.Back.Options = Path(mtu, reports) with { DropsFragments = dropsFragments };
        transfer.RunToSuccess();
        Assert.InRange(transfer.ClientUser.Connection!.Core.PathDatagramBytes, reports ? mtu - Header : 548, mtu - Header);
    }

    [Theory]
    [InlineData(548)]
    [InlineData(972)]
    [InlineData(1_199)]
    public void A_socket_that_takes_less_than_the_usual_start_loses_nothing(int takes)
    {
        var endpoint = new EndpointOptions { MaxSendBytes = takes };
        var transfer = new Transfer(new LinkOptions { LatencyMicros = 10_000 }, ThreeMegabytes, ThreeMegabytes, Ceiling(1_472), endpoint, endpoint);
        transfer.RunToSuccess();
        Assert.InRange(transfer.ClientUser.Connection!.Core.PathDatagramBytes, takes - 16, takes);
        Assert.Equal((0, 0), (transfer.ClientStats.PacketsLost, transfer.ClientStats.Timeouts));
    }

    [Theory]
    [InlineData(1_199)]
    [InlineData(600)]
    public void A_socket_that_would_block_for_ever_on_what_is_too_large_gets_smaller_ones(int takes)
    {
        var endpoint = new EndpointOptions { WouldBlockAboveBytes = takes };
        var transfer = new Transfer(new LinkOptions { LatencyMicros = 10_000 }, ThreeMegabytes, ThreeMegabytes, Ceiling(1_472), endpoint, endpoint);
        transfer.RunToSuccess();
        Assert.InRange(transfer.ClientUser.Connection!.Core.PathDatagramBytes, 548, takes);
        Assert.Equal((0, 0), (transfer.ClientStats.PacketsLost, transfer.ClientStats.Timeouts));
        Assert.InRange(transfer.Simulator.Now.Micros, 0, 5_000_000);
    }

    [Fact]
    public void A_packet_of_64_kB_goes_in_pieces_through_a_slow_path_that_has_shrunk()
    {
        var path = Path(65_535) with { RateBytesPerSecond = 1_250_000, QueueBytes = 256_000 };
        var transfer = new Transfer(path, ThreeMegabytes, options: Ceiling(65_507));
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 1_000_000);
        transfer.Forth.Options = path with { MtuBytes = 1_000, DropsFragments = true };
        transfer.RunToSuccess();
    }

    [Theory]
    [InlineData(PeerCompatibility.Negotiate)]
    [InlineData(PeerCompatibility.Plain)]
    public void Data_on_the_syn_that_the_path_does_not_carry_costs_one_retry(PeerCompatibility peer)
    {
        var transfer = new Transfer(
            Path(1_000) with { DropsFragments = true }, ThreeMegabytes with { SynBytes = 1_100 }, options: Ceiling(1_472) with { Compatibility = peer });
        transfer.Start();
        transfer.RunUntil(() => transfer.ClientUser.ConnectedAt is not null);
        Assert.InRange(transfer.Simulator.Now.Micros, 0, 1_100_000);
        if (peer == PeerCompatibility.Negotiate)
            transfer.RunToSuccess();
    }

    [Fact]
    public void What_a_foreign_peer_must_get_whole_and_no_path_takes_ends_the_connection_with_a_reason_that_names_the_size()
    {
        var transfer = new Transfer(
            Path(1_000) with { DropsFragments = true }, ThreeMegabytes, options: Ceiling(1_200) with { Compatibility = PeerCompatibility.Plain, IdleTimeoutMicros = 300_000_000 });
        transfer.Run();
        Assert.Equal(CloseCause.TooManyRetransmissions, transfer.ClientUser.Closed!.Value.Cause);
        Assert.Contains("1200 bytes", transfer.ClientUser.Closed.Value.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_does_not_even_take_the_smallest_packets_ends_the_connection_with_a_reason_that_names_the_size()
    {
        var transfer = new Transfer(Path(400) with { DropsFragments = true }, ThreeMegabytes, options: Ceiling(1_200) with { IdleTimeoutMicros = 300_000_000 });
        transfer.Run();
        Assert.Equal(CloseCause.TooManyRetransmissions, transfer.ClientUser.Closed!.Value.Cause);
        Assert.Contains("548 bytes", transfer.ClientUser.Closed.Value.Detail, StringComparison.Ordinal);
    }

    private static (TransferUser Client, TransferUser Server) ConnectAgain(Transfer transfer, ConnectionOptions options)
    {
        var forth = ThreeMegabytes with { Key = 0xA1 };
        var back = new TransferPlan { Key = 0xA2 };
        var client = new TransferUser(transfer.Simulator, "second client", forth, back);
        var server = new TransferUser(transfer.Simulator, "second server", back, forth);
        transfer.Server.Listen(_ => server, options);
        var connection = transfer.Client.Connect(Transfer.ServerAddress, client, options, client.TakeInitialData());
        transfer.RunUntil(() => connection.Core.State == ConnectionState.Connected);
        return (client, server);
    }
}
