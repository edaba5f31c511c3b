using System.Net;

namespace Utp.Actors.Tests.Connecting;

public sealed class AddressOrderTests
{
    [Theory]
    [InlineData("2001:db8::1 2001:db8::2 192.0.2.1", "2001:db8::1 192.0.2.1 2001:db8::2")]
    [InlineData("192.0.2.1 192.0.2.2 192.0.2.3 2001:db8::1", "192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.3")]
    [InlineData("192.0.2.2 192.0.2.1", "192.0.2.2 192.0.2.1")]
    [InlineData("::1 127.0.0.1 ::1 127.0.0.1", "::1 127.0.0.1")]
    [InlineData("::ffff:127.0.0.1 127.0.0.1 ::1", "127.0.0.1 ::1")]
    [InlineData("", "")]
    public void The_families_take_turns_in_the_resolvers_order(string resolved, string tried) =>
        Assert.Equal(Parse(tried), AddressOrder.Of(Parse(resolved)));

    private static IPAddress[] Parse(string addresses) => [.. addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];
}
