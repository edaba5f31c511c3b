using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Utp.Cli.Tests.Commands;

/// <summary><c>utp doctor</c>: on this machine, and what it says of others.</summary>
public sealed class DoctorTests
{
    [Fact]
    public async Task The_machine_is_looked_at_and_what_costs_something_comes_with_what_mends_it()
    {
        using var run = UtpRun.Start("doctor", "--set", "utp.socket.receive-buffer=1GiB");

        Assert.Equal(0, await run.ExitAsync());
        Assert.Contains("Receive buffer: costs.", run.PeopleText, StringComparison.Ordinal);
        Assert.Contains("sysctl -w net.core.rmem_max=1073741824", run.PeopleText.ReplaceLineEndings(""), StringComparison.Ordinal);
        Assert.Contains("Clock: ", run.PeopleText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_read_what_was_found_and_how_many_things_cost_something()
    {
        using var run = UtpRun.Start("doctor", "127.0.0.1:9", "--set", "utp.socket.send-buffer=16KiB", "--json");

        Assert.Equal(0, await run.ExitAsync());
        Assert.Equal("good", run.Json.GetProperty("send-buffer").GetString());
        Assert.Equal("good", run.Json.GetProperty("mtu").GetString());
        Assert.Equal("good", run.Json.GetProperty("icmp").GetString());
        Assert.True(run.Json.GetProperty("problems").GetInt64() >= 0);
    }

    [Fact]
    public async Task A_wrong_setting_and_a_wrong_server_are_errors_of_the_command_line()
    {
        using var setting = UtpRun.Start("doctor", "--set", "utp.socket.receive-buffer=1");
        Assert.Equal(ExitCode.WrongUsage, await setting.ExitAsync());
        using var server = UtpRun.Start("doctor", "--stun", "nowhere");
        Assert.Equal(ExitCode.WrongUsage, await server.ExitAsync());
    }

    [Fact]
    public async Task A_stun_server_tells_which_address_is_seen()
    {
        using var server = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var answering = AnswerAsync(server);
        using var run = UtpRun.Start("doctor", "--stun", server.Client.LocalEndPoint!.ToString()!, "--json");

        Assert.Equal(0, await run.ExitAsync());
        Assert.Equal("good", run.Json.GetProperty("nat").GetString());
        await answering;
    }

    [Fact]
    public void Ports_that_differ_by_peer_are_a_nat_through_which_no_hole_is_punched()
    {
        var address = IPAddress.Parse("192.0.2.1");
        Assert.Equal(Health.Costs, StunCheck.Judge([new(address, 1_000), new(address, 1_001)], isOurs: false).Health);
        Assert.Equal(Health.Good, StunCheck.Judge([new(address, 1_000), new(address, 1_000)], isOurs: false).Health);
        Assert.Contains("second --stun", StunCheck.Judge([new(address, 1_000)], isOurs: false).Found, StringComparison.Ordinal);
        Assert.StartsWith("none", StunCheck.Judge([new(address, 1_000)], isOurs: true).Found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_response_that_is_cut_anywhere_is_none()
    {
        var transaction = new byte[12];
        var response = Response(StunCheck.Request(transaction), new IPEndPoint(IPAddress.Parse("192.0.2.7"), 4_242));
        Assert.Equal("192.0.2.7:4242", StunCheck.Parse(response, transaction)!.ToString());
        for (var length = 0; length < response.Length; length++)
            Assert.Null(StunCheck.Parse(response.AsSpan(0, length), transaction));
        Assert.Null(StunCheck.Parse(response, [1, .. transaction[1..]]));
    }

    [Theory]
    [InlineData(0, "Unknown")]
    [InlineData(1_000, "Costs")]
    [InlineData(1_420, "Good")]
    [InlineData(9_000, "Good")]
    public void A_route_that_carries_less_than_connections_begin_with_costs(int mtu, string health) =>
        Assert.Equal(health, PathChecks.Mtu(mtu).Health.ToString());

    [Theory]
    [InlineData("tsc", "Good")]
    [InlineData("hpet", "Costs")]
    [InlineData(null, "Unknown")]
    public void A_clock_that_is_slow_to_read_costs(string? source, string health) => Assert.Equal(health, MachineChecks.Clock(source).Health.ToString());

    [Fact]
    public void A_kernel_that_does_not_segment_costs_on_Linux_and_is_usual_elsewhere()
    {
        Assert.Equal(Health.Good, MachineChecks.Segmentation(segments: true, isLinux: true).Health);
        Assert.Equal(Health.Costs, MachineChecks.Segmentation(segments: false, isLinux: true).Health);
        Assert.Equal(Health.Unknown, MachineChecks.Segmentation(segments: false, isLinux: false).Health);
    }

    private static async Task AnswerAsync(UdpClient server)
    {
        var request = await server.ReceiveAsync().WaitAsync(UtpRun.Patience);
        await server.SendAsync(Response(request.Buffer, request.RemoteEndPoint), request.RemoteEndPoint);
    }

    private static byte[] Response(byte[] request, IPEndPoint mapped)
    {
        var response = new byte[20 + 12];
        request.CopyTo(response, 0);
        BinaryPrimitives.WriteUInt16BigEndian(response, 0x0101);
        BinaryPrimitives.WriteUInt16BigEndian(response.AsSpan(2), 12);
        var attribute = response.AsSpan(20);
        BinaryPrimitives.WriteUInt16BigEndian(attribute, 0x0020);
        BinaryPrimitives.WriteUInt16BigEndian(attribute[2..], 8);
        attribute[5] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(attribute[6..], (ushort)(mapped.Port ^ 0x2112));
        mapped.Address.GetAddressBytes().CopyTo(attribute[8..]);
        for (var i = 0; i < 4; i++)
            attribute[8 + i] ^= response[4 + i];
        return response;
    }
}
