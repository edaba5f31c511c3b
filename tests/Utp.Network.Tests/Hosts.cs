using Utp.Links;
using Utp.Links.Agents;
using Utp.Simulation;

namespace Utp.Network.Tests;

/// <summary>What the tests of a link have in common: links, how long they wait, and what a transfer that went well looks like.</summary>
internal static class Hosts
{
    /// <summary>For whatever must come on a busy machine. It is reached only by what hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    public static LinkedHosts Start(LinkShape forth, LinkShape? back = null) => LinkedHosts.Start(new RealLinkOptions { Forth = forth, Back = back ?? forth });

    public static LinkShape With(this LinkShape shape, Func<LinkOptions, LinkOptions> change) => shape with { Options = change(shape.Options) };

    public static FlowPlan Plan(long bytes, params string[] settings) => new() { Bytes = bytes, Settings = settings };

    /// <summary>Waits until so many IP bytes have passed from left to right: a transfer is under way.</summary>
    public static Task UntilPassedAsync(LinkedHosts hosts, long bytes) =>
        UntilAsync(async () => (await hosts.Link.ReadAsync()).Forth.Total.ArrivedBytes >= bytes, $"{bytes:N0} bytes have passed the link");

    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var end = DateTime.UtcNow + Patience; !await condition(); await Task.Delay(50))
            Assert.True(DateTime.UtcNow < end, $"not within {Patience.TotalSeconds} s: {what}");
    }

    /// <summary>Every byte arrived, both ends ended properly, and the bench itself lost nothing.</summary>
    public static async Task AssertWentWellAsync(LinkedHosts hosts, TransferResult result)
    {
        var own = await hosts.Link.OwnDropsAsync();
        Assert.True(result.IsComplete, $"{result}; the bench itself lost {own} packets");
        Assert.Equal(0, own);
    }
}
