using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Utp.Cli;

/// <summary>
/// Which address the world sees of a port of ours, by STUN (RFC 8489): a binding request to each server from one socket. Two servers that see different ports mean a NAT that
/// maps by destination (RFC 4787 §4.1), through which no hole can be punched.
/// </summary>
internal static class StunCheck
{
    private const uint Cookie = 0x2112_A442;
    private const int HeaderBytes = 20;
    private const ushort BindingRequest = 0x0001;
    private const ushort BindingSuccess = 0x0101;
    private const ushort XorMappedAddress = 0x0020;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);

    /// <summary>Asks the servers, one or two.</summary>
    public static async Task<Finding> RunAsync(IReadOnlyList<IPEndPoint> servers, CancellationToken cancellation)
    {
        using var socket = new Socket(servers[0].AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(servers[0].AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
        var seen = new List<IPEndPoint>();
        foreach (var server in servers)
        {
            if (await AskAsync(socket, server, cancellation).ConfigureAwait(false) is not { } mapped)
                return new Finding("nat", "NAT", Health.Unknown, $"{server} does not answer as a STUN server");
            seen.Add(mapped);
        }

        return Judge(seen, IsOurs(seen[0].Address));
    }

    /// <summary>What the mapped addresses mean.</summary>
    public static Finding Judge(IReadOnlyList<IPEndPoint> seen, bool isOurs) => seen.Distinct().Count() switch
    {
        _ when isOurs => new Finding("nat", "NAT", Health.Good, $"none: {seen[0].Address} is ours"),
        _ when seen.Count == 1 => new Finding("nat", "NAT", Health.Good, $"we are seen as {seen[0].Address}; a second --stun tells which kind of NAT it is"),
        1 => new Finding("nat", "NAT", Health.Good, $"we are seen as {seen[0].Address}, by everybody on the same port: holes can be punched"),
        _ => new Finding(
            "nat", "NAT", Health.Costs, $"we are seen on another port by each peer ({string.Join(", ", seen.Select(static one => one.Port))})", "No hole can be punched: peers cannot connect to us.", "forward a UDP port to this machine, and listen on it"),
    };

    /// <summary>A binding request.</summary>
    public static byte[] Request(ReadOnlySpan<byte> transaction)
    {
        var request = new byte[HeaderBytes];
        BinaryPrimitives.WriteUInt16BigEndian(request, BindingRequest);
        BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(4), Cookie);
        transaction.CopyTo(request.AsSpan(8));
        return request;
    }

    /// <summary>The mapped address of a success response to this transaction; null: it is none.</summary>
    public static IPEndPoint? Parse(ReadOnlySpan<byte> response, ReadOnlySpan<byte> transaction)
    {
        if (response.Length < HeaderBytes || BinaryPrimitives.ReadUInt16BigEndian(response) != BindingSuccess
            || BinaryPrimitives.ReadUInt32BigEndian(response[4..]) != Cookie || !response[8..HeaderBytes].SequenceEqual(transaction))
            return null;
        for (var rest = response[HeaderBytes..]; rest.Length >= 4;)
        {
            var (type, length) = (BinaryPrimitives.ReadUInt16BigEndian(rest), BinaryPrimitives.ReadUInt16BigEndian(rest[2..]));
            if (length > rest.Length - 4)
                return null;
            var value = rest.Slice(4, length);
            if (type == XorMappedAddress && length is 8 or 20)
                return Mapped(value, response.Slice(4, 16));
            rest = rest[Math.Min(rest.Length, 4 + ((length + 3) & ~3))..];
        }

        return null;
    }

    // RFC 8489 §14.2: exclusive-or with the cookie, and beyond it with the transaction.
    private static IPEndPoint Mapped(ReadOnlySpan<byte> value, ReadOnlySpan<byte> mask)
    {
        var address = value[4..].ToArray();
        for (var i = 0; i < address.Length; i++)
            address[i] ^= mask[i];
        return new IPEndPoint(new IPAddress(address), BinaryPrimitives.ReadUInt16BigEndian(value[2..]) ^ (ushort)(Cookie >> 16));
    }

    private static async Task<IPEndPoint?> AskAsync(Socket socket, IPEndPoint server, CancellationToken cancellation)
    {
        var transaction = RandomNumberGenerator.GetBytes(12);
        var request = Request(transaction);
        var buffer = new byte[1_500];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            while (true)
            {
                await socket.SendToAsync(request, server, limit.Token).ConfigureAwait(false);
                using var again = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
                again.CancelAfter(Again);
                try
                {
                    while (true)
                    {
                        var received = await socket.ReceiveFromAsync(buffer, server, again.Token).ConfigureAwait(false);
                        if (Parse(buffer.AsSpan(0, received.ReceivedBytes), transaction) is { } mapped)
                            return mapped;
                    }
                }
                catch (OperationCanceledException) when (!limit.IsCancellationRequested)
                {
                    // Lost, perhaps: once more.
                }
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static bool IsOurs(IPAddress address) => IPAddress.IsLoopback(address) || System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(static device => device.GetIPProperties().UnicastAddresses).Any(one => one.Address.Equals(address));
}
