using Utp.Protocol;

namespace Utp.Simulation.Tests.Scenarios;

public class FlowScenarios
{
    private static readonly ConnectionOptions SmallWindow = new() { InitialReceiveWindowBytes = 20_000, MaxReceiveWindowBytes = 20_000 };
    private static readonly TransferPlan OneMegabyte = new() { Bytes = 1_000_000 };

    [Fact]
    public void A_reader_that_stops_for_a_minute_stops_the_writer_and_nothing_is_lost()
    {
        var transfer = new Transfer(request: OneMegabyte, options: SmallWindow);
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 100_000);
        var server = transfer.ServerUser.Connection!;
        server.SuspendReading();
        transfer.Simulator.RunFor(60_000_000);
        Assert.InRange(transfer.ServerUser.BytesReceived, 100_000, 125_000);
        Assert.InRange(transfer.ClientStats.PeerWindowBytes, 0, 1_199);

        server.ResumeReading();
        var resumed = transfer.Simulator.Now;
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 150_000);

        // The opening is announced at once; the writer does not wait for its next probe.
        Assert.InRange(transfer.Simulator.Now.Since(resumed), 10_000, 100_000);
        transfer.RunToSuccess();
    }

    [Fact]
    public void A_window_opening_that_is_lost_is_asked_for_by_the_writer()
    {
        var transfer = new Transfer(request: OneMegabyte, options: SmallWindow);
        transfer.Start();
        transfer.RunUntil(() => transfer.ServerUser.BytesReceived > 100_000);
        var server = transfer.ServerUser.Connection!;
        server.SuspendReading();
        transfer.Simulator.RunFor(5_000_000);

        transfer.Back.Filter = Lose.First(1, packet => packet.Window > 0);
        server.ResumeReading();
        transfer.RunUntil(() => transfer.Back.Statistics.Filtered == 1);
        transfer.RunToSuccess();

        Assert.Equal(1, transfer.Back.Statistics.Filtered);
        Assert.InRange(transfer.Simulator.Now.Micros, 0, 30_000_000);
    }

    [Fact]
    public void A_window_smaller_than_a_packet_passes_small_ones() =>
        new Transfer(
            request: OneMegabyte with { Bytes = 60_000 },
            options: new ConnectionOptions { InitialReceiveWindowBytes = 700, MaxReceiveWindowBytes = 700 }).RunToSuccess();

    [Fact]
    public void The_window_grows_by_itself_until_it_no_longer_limits_a_fast_reader()
    {
        // 650 kB/s would be all that the first window allows on this path.
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 200_000, RateBytesPerSecond = 5_000_000, QueueBytes = 4 << 20 },
            OneMegabyte with { Bytes = 60_000_000, MaxBufferedBytes = 16 << 20 },
            options: new ConnectionOptions { MaxReceiveWindowBytes = 16 << 20, SendBufferBytes = 32 << 20, MaxForeignPacketsInFlight = 10_000 });
        transfer.Start();
        Assert.Equal(RunEnd.Done, transfer.Simulator.RunTo(new Instant(20_000_000)));

        Assert.InRange(transfer.ServerStats.ReceiveWindowBytes, 2 << 20, 16 << 20);
        Assert.InRange(transfer.ServerUser.BytesReceived, 30_000_000, 60_000_000);
    }

    [Fact]
    public void A_slow_reader_holds_the_writer_to_its_pace_and_the_memory_to_its_window()
    {
        var plan = OneMegabyte with { Bytes = 300_000, ReaderStops = Ratio.Percent(50), ReaderStopMicros = 40_000 };
        var transfer = new Transfer(request: plan, options: SmallWindow);
        transfer.RunToSuccess();

        Assert.Equal(0, transfer.ClientStats.PacketsLost);
        Assert.Equal(20_000, transfer.ServerStats.ReceiveWindowBytes);
    }

    [Fact]
    public void Both_readers_stop_and_both_start_again()
    {
        var plan = OneMegabyte with { ReaderStops = Ratio.Percent(5), ReaderStopMicros = 900_000 };
        new Transfer(new LinkOptions { LatencyMicros = 10_000, Loss = Ratio.Percent(2) }, plan, plan, SmallWindow).RunToSuccess();
    }

    [Fact]
    public void An_acknowledgement_leaves_once_per_batch_and_not_once_per_packet()
    {
        // 100 packets arrive together every 30 ms.
        var transfer = new Transfer(
            new LinkOptions { LatencyMicros = 10_000 }, OneMegabyte with { Bytes = 10_000_000 }, server: new EndpointOptions { ReceiveDelayMicros = 30_000 });
        transfer.RunToSuccess();

        Assert.InRange(transfer.ServerStats.PacketsSent, 1, transfer.ClientStats.PacketsSent / 8);
    }
}
