using System.Net;
using Utp.Sockets;
using Utp.Sockets.Tests;

namespace Utp.Simulation.Tests.Channels;

/// <summary>The in-memory driver keeps the contract of all drivers.</summary>
public abstract class SimulatedChannelContract : DatagramChannelContract
{
    private readonly InMemoryDatagramNetwork _network = new();

    protected abstract IPAddress BindAddress { get; }

    protected virtual SimulatedChannelOptions Options => SimulatedChannelOptions.Default;

    protected override IDatagramChannel OpenChannel(int port, int? sendBufferBytes) => _network.Bind(
        new IPEndPoint(BindAddress, port),
        sendBufferBytes is { } bytes
            ? Options with { SendBufferBytes = bytes, SendBufferBytesPerSecond = 5_000_000 }
            : Options);
}

public class In_memory_on_an_ipv4_address : SimulatedChannelContract
{
    protected override IPAddress BindAddress => IPAddress.Parse("10.0.0.1");
}

public class In_memory_on_an_ipv6_address : SimulatedChannelContract
{
    protected override IPAddress BindAddress => IPAddress.Parse("fd00::1");
}

public class In_memory_on_the_wildcard : SimulatedChannelContract
{
    protected override IPAddress BindAddress => IPAddress.IPv6Any;

    protected override SimulatedChannelOptions Options => new()
    {
        Addresses = [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"), IPAddress.Parse("fd00::1")],
    };

    protected override IEnumerable<IPAddress> ReachableAddresses(IDatagramChannel channel) => Options.Addresses;
}
