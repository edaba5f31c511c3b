using System.Buffers.Binary;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>
/// A network of hosts and links on one virtual clock. A path leads from one address to another over one link
/// or several, in one direction, so that routes may be asymmetric and flows may share a bottleneck. Where no path was
/// laid, both directions get a link of their own with <see cref="DefaultLink"/>.
/// </summary>
public sealed class SimulatedNetwork
{
    private readonly Dictionary<UdpEndPoint, IDatagramHost> _hosts = [];
    private readonly Dictionary<(UdpEndPoint Source, UdpEndPoint Destination), SimulatedLink[]> _paths = [];

    /// <summary>Creates an empty network.</summary>
    public SimulatedNetwork(Simulator simulator, LinkOptions? defaultLink = null)
    {
        ArgumentNullException.ThrowIfNull(simulator);
        Simulator = simulator;
        DefaultLink = defaultLink ?? LinkOptions.Perfect;
    }

    /// <summary>Bytes of the IPv4 and UDP headers, which links count too.</summary>
    public const int IPv4HeaderBytes = 28;

    /// <summary>Bytes of the IPv6 and UDP headers, which links count too.</summary>
    public const int IPv6HeaderBytes = 48;

    private const int UdpHeaderBytes = 8;
    private const int IPv6FragmentHeaderBytes = 8;

    /// <summary>The clock, the seed and the queue.</summary>
    public Simulator Simulator { get; }

    /// <summary>The links of paths that nobody laid.</summary>
    public LinkOptions DefaultLink { get; set; }

    /// <summary>Whether a host whose datagram finds nobody hears of it (ICMP port unreachable), one travel time later.</summary>
    public bool ReportsUnreachablePorts { get; set; }

    /// <summary>Sees every datagram; null for nobody.</summary>
    public INetworkObserver? Observer { get; set; }

    /// <summary>A hash over every delivery so far: two runs of one seed that differ anywhere differ here.</summary>
    public ulong Fingerprint { get; private set; } = 0xCBF29CE484222325;

    /// <summary>Datagrams on their way.</summary>
    public int DatagramsInFlight => Store.Count;

    internal DatagramStore Store { get; } = new();

    /// <summary>Gives an address and port to a host.</summary>
    /// <returns>False when somebody else has it.</returns>
    public bool TryAttach(UdpEndPoint address, IDatagramHost host) => _hosts.TryAdd(address, host);

    /// <summary>Frees an address and port; what arrives there is lost from now on.</summary>
    public bool Detach(UdpEndPoint address) => _hosts.Remove(address);

    /// <summary>Makes one direction of a link, to lay paths over.</summary>
    public SimulatedLink CreateLink(LinkOptions options) => new(this, Simulator, options);

    /// <summary>Lays the path of one direction over <paramref name="links"/>, in that order. Ports do not matter: a path leads from machine to machine.</summary>
    public void SetPath(UdpEndPoint source, UdpEndPoint destination, params SimulatedLink[] links)
    {
        ArgumentNullException.ThrowIfNull(links);
        _paths[(source with { Port = 0 }, destination with { Port = 0 })] = links;
    }

    /// <summary>Lays both directions between two machines, each over a link of its own with <paramref name="options"/>.</summary>
    /// <returns>The links from <paramref name="a"/> to <paramref name="b"/> and back.</returns>
    public (SimulatedLink Forth, SimulatedLink Back) Connect(UdpEndPoint a, UdpEndPoint b, LinkOptions options)
    {
        var (forth, back) = (CreateLink(options), CreateLink(options));
        SetPath(a, b, forth);
        SetPath(b, a, back);
        return (forth, back);
    }

    /// <summary>Sends a datagram. Copies the payload.</summary>
    /// <param name="source">The sender, who need not be attached.</param>
    /// <param name="destination">The receiver.</param>
    /// <param name="payload">At most 65,507 bytes.</param>
    /// <param name="dontFragment">Whether it must not be fragmented.</param>
    public void Send(UdpEndPoint source, UdpEndPoint destination, ReadOnlySpan<byte> payload, bool dontFragment)
    {
        var header = source.IsIPv4 ? IPv4HeaderBytes : IPv6HeaderBytes;
        var info = new DatagramInfo(source, destination, payload.Length, payload.Length + header, dontFragment, Simulator.Now);
        Observer?.OnDatagram(DatagramFate.Sent, DropCause.None, info, payload);
        Forward(Store.Add(info, payload, PathOf(source, destination)));
    }

    /// <summary>Called by a link when a datagram has left it.</summary>
    internal void OnLinkPassed(int slot)
    {
        Store[slot].Hop++;
        Forward(slot);
    }

    /// <summary>Called by whoever loses a datagram.</summary>
    internal void Drop(int slot, DropCause cause)
    {
        ref var entry = ref Store[slot];
        if (entry.Fragment is not { Of: var whole })
            Observer?.OnDatagram(DatagramFate.Dropped, cause, entry.Info, entry.Payload);
        else if (whole.IsLostNow())
            Observer?.OnDatagram(DatagramFate.Dropped, cause, whole.Info, whole.Payload);
        Store.Free(slot);
    }

    /// <summary>Tells the sender of a datagram what became of it; the way back takes as long as the way that it went.</summary>
    /// <param name="info">Of which datagram.</param>
    /// <param name="error">What.</param>
    /// <param name="pathMtuBytes">Too large: what the next hop takes, bytes of an IP packet.</param>
    /// <param name="moreMicros">What lies between here and the router that tells, there and back.</param>
    /// <param name="quoted">The beginning of the datagram.</param>
    internal void SendIcmp(DatagramInfo info, PathError error, int pathMtuBytes, long moreMicros = 0, byte[]? quoted = null) =>
        Simulator.After(Simulator.Now.Since(info.SentAt) + moreMicros, () =>
        {
            if (_hosts.TryGetValue(info.Source, out var sender))
                sender.OnPathError(info.Destination, error, pathMtuBytes, quoted);
        });

    /// <summary>Bytes of the IP header alone.</summary>
    internal static int IpHeaderBytes(UdpEndPoint host) => (host.IsIPv4 ? IPv4HeaderBytes : IPv6HeaderBytes) - UdpHeaderBytes;

    /// <summary>Bytes of the headers that every fragment carries.</summary>
    internal static int FragmentHeaderBytes(UdpEndPoint host) => IpHeaderBytes(host) + (host.IsIPv4 ? 0 : IPv6FragmentHeaderBytes);

    private void Forward(int slot)
    {
        ref var entry = ref Store[slot];
        if (entry.Hop < entry.Route.Length)
            entry.Route[entry.Hop].Enter(slot);
        else if (entry.Fragment is { } part)
            Reassemble(slot, part);
        else if (entry.Damaged)
            Drop(slot, DropCause.Checksum);
        else if (!_hosts.TryGetValue(entry.Info.Destination, out var host))
            Refuse(slot);
        else
            Deliver(slot, host);
    }

    private void Reassemble(int slot, in Fragment part)
    {
        var completes = part.Of.Completes(part, Store[slot].Damaged, out var whole);
        Store.Free(slot);
        if (completes)
            Forward(Store.PutBack(whole with { Hop = whole.Route.Length }));
    }

    private void Deliver(int slot, IDatagramHost host)
    {
        // The host may send from within the call, which may move the store's slots: copy what is needed after it.
        var (info, buffer) = (Store[slot].Info, Store[slot].Buffer);
        var payload = buffer.AsSpan(0, info.Length);
        AddToFingerprint(info, payload);
        Observer?.OnDatagram(DatagramFate.Delivered, DropCause.None, info, payload);
        host.OnDatagram(info, payload);
        Store.Free(slot);
    }

    private void Refuse(int slot)
    {
        var info = Store[slot].Info;
        var quoted = ReportsUnreachablePorts ? Store[slot].Payload[..Math.Min(PacketHeader.Length, info.Length)].ToArray() : null;
        Drop(slot, DropCause.NoHost);
        if (quoted is not null)
            SendIcmp(info, PathError.Refused, 0, quoted: quoted);
    }

    private SimulatedLink[] PathOf(UdpEndPoint source, UdpEndPoint destination)
    {
        var machines = (source with { Port = 0 }, destination with { Port = 0 });
        if (_paths.TryGetValue(machines, out var path))
            return path;
        path = [CreateLink(DefaultLink)];
        _paths.Add(machines, path);
        return path;
    }

    private void AddToFingerprint(in DatagramInfo info, ReadOnlySpan<byte> payload)
    {
        const ulong Prime = 0x100000001B3;
        var hash = (Fingerprint ^ (ulong)Simulator.Now.Micros) * Prime;
        hash = (hash ^ info.Destination.Port ^ ((ulong)payload.Length << 16)) * Prime;
        // Every 8 bytes of the header; hashing every payload byte would cost more than the core does.
        for (var head = payload[..Math.Min(payload.Length, PacketHeader.Length + 4)]; head.Length >= 8; head = head[8..])
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(head)) * Prime;
        Fingerprint = hash;
    }
}
