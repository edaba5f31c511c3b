namespace Utp.Simulation.Tests.Scenarios;

public class StreamScenarios
{
    private static readonly TransferPlan OneMegabyte = new() { Bytes = 1_000_000 };

    [Fact]
    public void A_stream_arrives_in_order_and_whole_over_a_perfect_link()
    {
        var transfer = new Transfer(request: OneMegabyte).RunToSuccess();

        Assert.Equal(0, transfer.ClientStats.Retransmissions);
        transfer.RunOut();
    }

    [Fact]
    public void Streams_of_both_directions_arrive_at_the_same_time() =>
        new Transfer(request: OneMegabyte, answer: OneMegabyte).RunToSuccess().RunOut();
}
