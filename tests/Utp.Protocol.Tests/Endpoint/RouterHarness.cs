using Utp.Protocol.Tests.Wire;
using Xunit;

namespace Utp.Protocol.Tests.Endpoint;

/// <summary>A path as the tests need it: the remote address, its port, and our own address.</summary>
internal readonly record struct TestPath(uint Remote, ushort Port, uint Local = 1);

/// <summary>A router with named connections, and what it is asked most.</summary>
internal sealed class RouterHarness
{
    public static readonly TestPath Peer = new(Remote: 10, Port: 5_000);
    public static readonly Instant Now = new(1_000_000_000);

    public RouterHarness(EndpointLimits? limits = null) => Router = new(limits ?? new EndpointLimits(), static path => path.Remote);

    public DatagramRouter<TestPath, string> Router { get; }

    public (RouteDecision Decision, string? Connection) Route(byte[] datagram, TestPath? path = null)
    {
        var decision = Router.Route(datagram, path ?? Peer, Now, out _, out var connection);
        return (decision, connection);
    }

    /// <summary>An initiator that receives on <paramref name="id"/>, and on <paramref name="fallback"/> with its last ST_SYN.</summary>
    public ConnectionSeed AddInitiator(string name, int id, int fallback = 40_000, TestPath? path = null)
    {
        Assert.True(Router.TryAddInitiator(path ?? Peer, Packets.Random(id, fallback), name, out var seed));
        return seed;
    }

    /// <summary>An acceptor of a ST_SYN that carries <paramref name="synId"/>; it receives on the next one.</summary>
    public ConnectionSeed AddAcceptor(string name, int synId, TestPath? path = null)
    {
        Assert.Equal(AcceptRefusal.None, TryAddAcceptor(name, synId, path, out var seed));
        return seed;
    }

    public AcceptRefusal TryAddAcceptor(string name, int synId, TestPath? path, out ConnectionSeed seed)
    {
        var added = Router.TryAddAcceptor(
            path ?? Peer, Packets.Parse(Packets.Bytes(PacketType.Syn, synId)), [0x12, 0x34, 0, 0, 0, 0, 0, 0, 0, 0], name, out seed, out var refusal);
        Assert.Equal(refusal == AcceptRefusal.None, added);
        return refusal;
    }
}
