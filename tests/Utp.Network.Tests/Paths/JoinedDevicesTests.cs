using Utp.Links;

namespace Utp.Network.Tests.Paths;

/// <summary>
/// Two devices on one cable, with different MTUs: no router stands between that could tell or fragment. The other end drops what is too large for it, and the
/// sender hears "no buffer space".
/// </summary>
public sealed class JoinedDevicesTests
{
    private const long Bytes = 2_000_000;

    public static TheoryData<int, int, bool> Devices => new()
    {
        { 1_227, 1_500, false },
        { 1_000, 1_500, true },
        { 576, 1_500, false },
        { 1_500, 1_227, false },
        { 1_500, 1_000, true },
        { 1_500, 1_000, false },
        { 1_500, 576, false },
        { 576, 576, true },
    };

    [LinkTheory]
    [MemberData(nameof(Devices))]
    public async Task Everything_arrives_in_both_directions(int leftMtu, int rightMtu, bool segments)
    {
        await using var hosts = JoinedHosts.Start(leftMtu, rightMtu, segments);

        var forth = await hosts.TransferAsync(Hosts.Plan(Bytes), Hosts.Patience);
        var back = await hosts.TransferBackAsync(Hosts.Plan(Bytes), Hosts.Patience);

        Assert.True(forth.IsComplete, forth.ToString());
        Assert.True(back.IsComplete, back.ToString());
    }

    [LinkTheory]
    [InlineData(1_280, 1_500)]
    [InlineData(1_500, 1_280)]
    public async Task Everything_arrives_over_IPv6(int leftMtu, int rightMtu)
    {
        await using var hosts = JoinedHosts.Start(leftMtu, rightMtu);

        var result = await hosts.TransferAsync(Hosts.Plan(Bytes) with { Address = JoinedHosts.RightAddress6 }, Hosts.Patience);

        Assert.True(result.IsComplete, result.ToString());
    }

    [LinkTheory]
    [InlineData("auto")]
    [InlineData("plain")]
    public async Task Everything_arrives_when_the_sender_s_device_gets_a_smaller_MTU_in_mid_flight(string compatibility)
    {
        await using var hosts = JoinedHosts.Start(1_500, 1_500);

        var transfer = hosts.TransferAsync(Hosts.Plan(100 * Bytes, $"utp.compatibility = {compatibility}"), Hosts.Patience);
        foreach (var mtu in new[] { 1_400, 1_000, 576 })
        {
            await Task.Delay(200);
            hosts.SetLeftMtu(mtu);
        }

        var result = await transfer;

        Assert.True(result.IsComplete, result.ToString());
    }

    [LinkFact]
    public async Task A_size_that_the_user_fixed_gives_way_to_the_device()
    {
        await using var hosts = JoinedHosts.Start(1_000, 1_500);

        var result = await hosts.TransferAsync(Hosts.Plan(Bytes, "utp.max-datagram-size = 1400"), Hosts.Patience);

        Assert.True(result.IsComplete, result.ToString());
    }

    [LinkFact]
    public async Task A_device_that_takes_less_than_any_path_must_ends_the_connection_with_a_reason_that_names_the_size()
    {
        await using var hosts = JoinedHosts.Start(400, 1_500);

        var result = await hosts.TransferAsync(Hosts.Plan(Bytes), Hosts.Patience);

        Assert.Equal("SocketError", result.Sent.Cause);
        Assert.Contains("548 bytes", result.Sent.Error, StringComparison.Ordinal);
    }
}
