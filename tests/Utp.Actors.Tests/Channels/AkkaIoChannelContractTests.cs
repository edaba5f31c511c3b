using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Utp.Sockets;
using Utp.Sockets.Tests;

namespace Utp.Actors.Tests.Channels;

/// <summary>One actor system for all tests of a shape: Akka.IO is part of it.</summary>
public sealed class AkkaIoSystem : IDisposable
{
    public ActorSystem System { get; } = ActorSystem.Create("akka-io", "akka.loglevel = ERROR\nakka.stdout-loglevel = ERROR");

    public void Dispose() => System.Terminate().Wait(TimeSpan.FromSeconds(10));
}

/// <summary>The driver over Akka.IO keeps the contract of all drivers.</summary>
public abstract class AkkaIoChannelContract(AkkaIoSystem akka) : DatagramChannelContract, IClassFixture<AkkaIoSystem>
{
    private const int BufferBytes = 4 << 20;

    protected abstract IPAddress BindAddress { get; }

    protected override bool DeliversEmptyDatagrams => false;

    protected override IDatagramChannel OpenChannel(int port, int? sendBufferBytes)
    {
        var request = new ChannelRequest(new IPEndPoint(BindAddress, port), true, BufferBytes, sendBufferBytes ?? BufferBytes, null);
        return Task.Run(() => AkkaIoChannel.OpenAsync(akka.System, request)).GetAwaiter().GetResult();
    }
}

public class Akka_io_on_an_ipv4_address(AkkaIoSystem akka) : AkkaIoChannelContract(akka)
{
    protected override IPAddress BindAddress => IPAddress.Loopback;
}

public class Akka_io_on_an_ipv6_address(AkkaIoSystem akka) : AkkaIoChannelContract(akka)
{
    protected override IPAddress BindAddress => IPAddress.IPv6Loopback;
}

public class Akka_io_and_what_it_cannot_do(AkkaIoSystem akka) : IClassFixture<AkkaIoSystem>
{
    [Fact]
    public async Task An_address_in_use_is_told_as_a_socket_tells_it()
    {
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var request = new ChannelRequest((IPEndPoint)holder.LocalEndPoint!, true, 65_536, 65_536, null);
        var error = await Assert.ThrowsAsync<SocketException>(() => AkkaIoChannel.OpenAsync(akka.System, request));
        Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_users_socket_is_refused_with_what_to_do()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var request = new ChannelRequest((IPEndPoint)socket.LocalEndPoint!, true, 65_536, 65_536, socket);
        var error = await Assert.ThrowsAsync<ArgumentException>(() => AkkaIoChannel.OpenAsync(akka.System, request));
        Assert.Contains("utp.channel = socket", error.Message, StringComparison.Ordinal);
    }
}
