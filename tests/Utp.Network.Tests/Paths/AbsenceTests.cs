using Utp.Links;

namespace Utp.Network.Tests.Paths;

/// <summary>A link that goes away in the midst of a transfer, and comes back or does not.</summary>
public sealed class AbsenceTests
{
    private const long Bytes = 4_000_000;
    private static readonly LinkShape Link = LinkShape.Of(20, 10, 256_000);

    [LinkTheory]
    [InlineData(1)]
    [InlineData(5)]
    public Task A_transfer_goes_on_after_a_link_was_away(int seconds) => GoOnAsync(seconds);

    internal static async Task GoOnAsync(int seconds)
    {
        await using var hosts = Hosts.Start(Link);

        var transfer = hosts.TransferAsync(Hosts.Plan(Bytes), Hosts.Patience);
        await Hosts.UntilPassedAsync(hosts, 1_000_000);
        await hosts.Link.SetDownAsync(true);
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        Assert.False(transfer.IsCompleted, "the link went away while there was something to send");
        await hosts.Link.SetDownAsync(false);
        var result = await transfer;

        await Hosts.AssertWentWellAsync(hosts, result);
    }

    [LinkFact]
    public async Task A_connection_whose_link_stays_away_ends_with_the_reason_at_both_ends()
    {
        await using var hosts = Hosts.Start(Link);
        var plan = Hosts.Plan(0, "utp.max-timeouts = 4", "utp.idle-timeout = 5s") with { Address = RealLink.RightAddress.ToString() };
        var (receiving, port) = await hosts.Right.ListenAsync(plan);
        var (_, sent) = hosts.Left.Send(plan with { Port = port });

        await Hosts.UntilPassedAsync(hosts, 1_000_000);
        await hosts.Link.SetDownAsync(true);

        Assert.Contains((await sent.WaitAsync(Hosts.Patience)).Cause, new[] { "TooManyRetransmissions", "IdleTimeout" });
        Assert.Equal("IdleTimeout", (await hosts.Right.AwaitAsync(receiving).WaitAsync(Hosts.Patience))[0].Cause);
    }
}

/// <summary>A class of its own, so that it waits beside the others.</summary>
public sealed class LongAbsenceTests
{
    [LinkFact]
    public Task A_transfer_goes_on_after_a_link_was_away_for_20_seconds() => AbsenceTests.GoOnAsync(20);
}
