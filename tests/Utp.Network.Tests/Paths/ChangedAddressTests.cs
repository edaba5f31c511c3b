using Utp.Links;

namespace Utp.Network.Tests.Paths;

/// <summary>A host whose address changes, as seen from outside (docs/notes/0021): its connections end with a reason; new ones open.</summary>
public sealed class ChangedAddressTests
{
    [LinkTheory]
    [InlineData("10.77.2.1")]
    [InlineData("fd77:2::1")]
    public async Task A_sender_whose_address_changes_is_reset_and_the_receiver_ends_within_its_time_out(string address)
    {
        var shape = LinkShape.Of(20, 10, 256_000);
        await using var hosts = LinkedHosts.Start(new RealLinkOptions { Forth = shape, Back = shape, Translates = true });
        var plan = Hosts.Plan(0, "utp.idle-timeout = 4s") with { Address = address };
        var (receiving, port) = await hosts.Right.ListenAsync(plan);
        var (_, sent) = hosts.Left.Send(plan with { Port = port });
        await Hosts.UntilPassedAsync(hosts, 1_000_000);
        Assert.False(sent.IsCompleted, "it sends through the translation");

        await hosts.Link.RebindAsync();

        Assert.Equal("Reset", (await sent.WaitAsync(Hosts.Patience)).Cause);
        var received = (await hosts.Right.AwaitAsync(receiving).WaitAsync(Hosts.Patience))[0];
        Assert.Equal("IdleTimeout", received.Cause);
        Assert.True(received.Intact && received.Bytes > 0, received.ToString());

        // The same hosts, from the new address.
        var again = await hosts.TransferAsync(Hosts.Plan(500_000) with { Address = address }, Hosts.Patience);
        await Hosts.AssertWentWellAsync(hosts, again);
    }
}
