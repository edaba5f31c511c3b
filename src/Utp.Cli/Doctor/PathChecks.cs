using System.Net;
using System.Net.Sockets;
using Utp.Actors;
using Utp.Sockets;

namespace Utp.Cli;

/// <summary>What of the way to a peer holds uTP back: the route's MTU, and whether ICMP comes back.</summary>
internal static class PathChecks
{
    private const int EthernetMtu = 1_500;
    private const int SmallestMtu = 1_280;
    private static readonly TimeSpan IcmpPatience = TimeSpan.FromSeconds(2);

    // Discard: nobody listens there, and nobody minds.
    private const int ClosedPort = 9;

    /// <summary>All of them.</summary>
    public static async Task<IReadOnlyList<Finding>> RunAsync(IPAddress peer, CancellationToken cancellation) =>
        [Mtu(RouteProbe.FindMtu(UdpEndPoint.From(new IPEndPoint(peer, ClosedPort)))), await IcmpAsync(new IPEndPoint(peer, ClosedPort), cancellation).ConfigureAwait(false)];

    /// <summary>Whether the first hop carries usual packets.</summary>
    public static Finding Mtu(int bytes) => bytes switch
    {
        0 => new Finding("mtu", "MTU of the route", Health.Unknown, "there is no route, or the system does not tell"),
        < SmallestMtu => new Finding("mtu", "MTU of the route", Health.Costs, $"{bytes} bytes", "Datagrams of 1,200 bytes, with which connections begin, do not pass.", $"utp.max-datagram-size = {Math.Max(548, bytes - 48)}"),
        < EthernetMtu => new Finding("mtu", "MTU of the route", Health.Good, $"{bytes} bytes: a tunnel's; larger datagrams are not tried"),
        _ => new Finding("mtu", "MTU of the route", Health.Good, $"{bytes} bytes"),
    };

    /// <summary>Whether the answer to a datagram for a closed port comes back.</summary>
    public static async Task<Finding> IcmpAsync(IPEndPoint closed, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(IcmpPatience);
        using var socket = new Socket(closed.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            await socket.ConnectAsync(closed, limit.Token).ConfigureAwait(false);
            await socket.SendAsync(new byte[1], limit.Token).ConfigureAwait(false);
            await socket.ReceiveAsync(new byte[1], limit.Token).ConfigureAwait(false);
            return new Finding("icmp", "ICMP", Health.Unknown, $"somebody answers on port {closed.Port}");
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset)
        {
            return new Finding("icmp", "ICMP", Health.Good, "errors come back");
        }
        catch (SocketException e)
        {
            return new Finding("icmp", "ICMP", Health.Unknown, Sentences.OneLine(e.Message));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new Finding(
                "icmp",
                "ICMP",
                Health.Costs,
                "no answer to a datagram for a closed port",
                "A peer that is gone is noticed by time-outs alone, and so is a path that shrinks.",
                "let ICMP types 3 and 11 (ICMPv6: 1 to 4) pass the firewalls in between, if they are yours");
        }
    }
}
