using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation.Tests.Network;

/// <summary>A host that keeps what arrives.</summary>
internal sealed class RecordingHost(Simulator simulator) : IDatagramHost
{
    public List<(long AtMicros, byte[] Payload)> Arrived { get; } = [];

    public void OnDatagram(in DatagramInfo datagram, ReadOnlySpan<byte> payload) =>
        Arrived.Add((simulator.Now.Micros, payload.ToArray()));

    public List<(UdpEndPoint Remote, PathError Error, int PathMtuBytes, long AtMicros)> Reports { get; } = [];

    public void OnPathError(UdpEndPoint remote, PathError error, int pathMtuBytes) =>
        Reports.Add((remote, error, pathMtuBytes, simulator.Now.Micros));
}

/// <summary>Two hosts and the links between them.</summary>
internal sealed class TwoHosts
{
    public static readonly UdpEndPoint A = Address(1);
    public static readonly UdpEndPoint B = Address(2);

    public TwoHosts(LinkOptions options, ulong seed = 1)
    {
        Simulator = new Simulator(seed);
        Network = new SimulatedNetwork(Simulator);
        (HostA, HostB) = (new RecordingHost(Simulator), new RecordingHost(Simulator));
        Assert.True(Network.TryAttach(A, HostA));
        Assert.True(Network.TryAttach(B, HostB));
        (Forth, Back) = Network.Connect(A, B, options);
    }

    public Simulator Simulator { get; }
    public SimulatedNetwork Network { get; }
    public RecordingHost HostA { get; }
    public RecordingHost HostB { get; }
    public SimulatedLink Forth { get; }
    public SimulatedLink Back { get; }

    public static UdpEndPoint Address(int host) => new(((UInt128)0xFFFF << 32) | (uint)(0x0A000000 + host), 1000);

    /// <summary>A sends <paramref name="count"/> datagrams of <paramref name="bytes"/> bytes, numbered in their first two.</summary>
    public void SendForth(int count, int bytes = 100)
    {
        var payload = new byte[bytes];
        for (var i = 0; i < count; i++)
        {
            payload[0] = (byte)i;
            payload[1] = (byte)(i >> 8);
            Network.Send(A, B, payload, dontFragment: true);
        }
    }

    public int[] NumbersAtB() => [.. HostB.Arrived.Select(a => a.Payload[0] | (a.Payload[1] << 8))];
}
