using System.Diagnostics;
using Utp.Links;
using Utp.Links.Agents;

namespace Utp.Network.Tests.Loopback;

/// <summary>A link that somebody imitates on 127.0.0.1 is a link as any other: the law that runs over it is the one that will run in production.</summary>
public sealed class LoopbackRelayTests
{
    // With a target of 100 ms, as for a machine's own addresses, it is 50 to 110.
    private const double MostMillis = 40;

    [Fact]
    public async Task Behind_a_relay_on_loopback_that_imitates_10_Mbit_and_20_ms_there_is_no_queue_of_100_ms()
    {
        await using var sender = Agent.Start(OnThisHost);
        await using var receiver = Agent.Start(OnThisHost);
        var plan = new FlowPlan { Address = "127.0.0.1" };
        var (receiving, port) = await receiver.ListenAsync(plan);
        using var relay = new PacedRelay(port, 10, TimeSpan.FromMilliseconds(20), 256_000);
        var (sending, _) = sender.Send(plan with { Port = relay.Port });
        await ReceivedAsync(2_000_000);
        relay.TakeMedianWaitMillis();

        await ReceivedAsync(7_000_000);

        var wait = relay.TakeMedianWaitMillis();
        await sender.StopAsync(sending);
        // Where processors are busy elsewhere the relay may idle, and nothing waits; five megabytes came through all the same.
        Assert.InRange(wait, 0, MostMillis);

        Task ReceivedAsync(long bytes) => Hosts.UntilAsync(
            async () => await receiver.ReadAsync(receiving) is [{ } flow] && flow.Bytes >= bytes, $"{bytes:N0} bytes came through the relay");
    }

    private static ProcessStartInfo OnThisHost(string program, IEnumerable<string> arguments) => new(program, arguments);
}
