using System.Net;

namespace Utp.Actors.Tests.Connecting;

public class AddressOrderTests
{
    [Theory]
    [InlineData("::1 ::2 ::3 10.0.0.1 10.0.0.2", "::1 10.0.0.1 ::2 10.0.0.2 ::3")]
    [InlineData("10.0.0.1 10.0.0.2 ::1", "10.0.0.1 ::1 10.0.0.2")]
    [InlineData("::1 ::2", "::1 ::2")]
    [InlineData("10.0.0.1 10.0.0.1 ::1 ::1", "10.0.0.1 ::1")]
    [InlineData("::ffff:10.0.0.1 10.0.0.1 ::1", "10.0.0.1 ::1")]
    [InlineData("", "")]
    public void The_families_take_turns_in_the_resolvers_order(string resolved, string order) =>
        Assert.Equal(Parse(order), AddressOrder.Of(Parse(resolved)));

    private static IPAddress[] Parse(string addresses) => [.. addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];
}
