using System.Net;
using System.Net.Sockets;

namespace Utp.Sockets.Tests;

/// <summary>The portable driver, in every shape a socket comes in.</summary>
public abstract class UdpSocketChannelContract : DatagramChannelContract
{
    protected abstract IPAddress BindAddress { get; }

    /// <summary>Whether only what every system offers is used, even where there is more.</summary>
    protected virtual bool Portable => false;

    /// <summary>Whether system calls carry many datagrams, where the system can.</summary>
    protected virtual bool Batched => false;

    protected override IDatagramChannel OpenChannel(int port, int? sendBufferBytes)
    {
        var options = new UdpSocketOptions
        {
            Bind = new IPEndPoint(BindAddress, port),
            SendBufferBytes = sendBufferBytes ?? UdpSocketOptions.DefaultBufferBytes,
            Batched = Batched,
        };
        if (!Portable)
            return UdpSocketChannel.Bind(options);

        // On Linux the runtime's event loop may hold a socket for a moment after it was closed; the
        // native driver, which promises more, does not use that loop.
        UdpSocketChannel? channel = null;
        Assert.True(SpinWait.SpinUntil(() => TryBindPortably(options, out channel), ChannelProbe.Patience));
        return channel!;
    }

    private static bool TryBindPortably(UdpSocketOptions options, out UdpSocketChannel? channel)
    {
        try
        {
            channel = UdpSocketChannel.Bind(options, portable: true);
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            channel = null;
            return false;
        }
    }
}

public class On_an_ipv4_address : UdpSocketChannelContract
{
    protected override IPAddress BindAddress => IPAddress.Loopback;
}

public class On_an_ipv6_address : UdpSocketChannelContract
{
    protected override IPAddress BindAddress => IPAddress.IPv6Loopback;
}

public class On_the_ipv4_wildcard : UdpSocketChannelContract
{
    protected override IPAddress BindAddress => IPAddress.Any;

    protected override IEnumerable<IPAddress> ReachableAddresses(IDatagramChannel channel) =>
        [IPAddress.Loopback, IPAddress.Parse("127.0.0.2"), IPAddress.Parse("127.9.8.7")];
}

public class On_the_dual_wildcard : UdpSocketChannelContract
{
    protected override IPAddress BindAddress => IPAddress.IPv6Any;

    protected override IEnumerable<IPAddress> ReachableAddresses(IDatagramChannel channel) =>
        [IPAddress.Loopback, IPAddress.Parse("127.0.0.2"), IPAddress.IPv6Loopback];
}

public class On_the_dual_wildcard_asked_by_ipv6 : UdpSocketChannelContract
{
    protected override IPAddress BindAddress => IPAddress.IPv6Any;

    protected override IEnumerable<IPAddress> ReachableAddresses(IDatagramChannel channel) => [IPAddress.IPv6Loopback];
}

public class Portably_on_an_ipv4_address : On_an_ipv4_address
{
    protected override bool Portable => true;
}

public class Portably_on_an_ipv6_address : On_an_ipv6_address
{
    protected override bool Portable => true;
}

public class Portably_on_the_ipv4_wildcard : On_the_ipv4_wildcard
{
    protected override bool Portable => true;
}

public class Portably_on_the_dual_wildcard : On_the_dual_wildcard
{
    protected override bool Portable => true;
}

public class Batched_on_an_ipv4_address : On_an_ipv4_address
{
    protected override bool Batched => true;
}

public class Batched_on_an_ipv6_address : On_an_ipv6_address
{
    protected override bool Batched => true;
}

public class Batched_on_the_ipv4_wildcard : On_the_ipv4_wildcard
{
    protected override bool Batched => true;
}

public class Batched_on_the_dual_wildcard : On_the_dual_wildcard
{
    protected override bool Batched => true;
}

public class Batched_on_the_dual_wildcard_asked_by_ipv6 : On_the_dual_wildcard_asked_by_ipv6
{
    protected override bool Batched => true;
}
