using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Utp.Sockets;

/// <summary>Opens UDP sockets, and judges those that a user brings.</summary>
internal static class UdpSocketFactory
{
    /// <summary>A bound socket as <paramref name="options"/> describe it.</summary>
    public static Socket Open(UdpSocketOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var address = options.Bind.Address.IsIPv4MappedToIPv6 ? options.Bind.Address.MapToIPv4() : options.Bind.Address;
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = options.DualMode && address.Equals(IPAddress.IPv6Any);
            if (options.ReuseAddress)
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            if (options.ReusePort)
                SetReusePort(socket);
            socket.ReceiveBufferSize = options.ReceiveBufferBytes;
            socket.SendBufferSize = options.SendBufferBytes;
            if (options.TimeToLive is { } hops)
                SetTimeToLive(socket, hops);
            socket.Bind(new IPEndPoint(address, options.Bind.Port));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Throws, saying why, unless <paramref name="socket"/> can carry a channel.</summary>
    public static void RequireUsable(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.SafeHandle.IsClosed)
            throw new ArgumentException("The socket is disposed.", nameof(socket));
        if (socket.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
            throw new ArgumentException($"The socket's address family is {socket.AddressFamily}; uTP needs IPv4 or IPv6.", nameof(socket));
        if (socket.SocketType != SocketType.Dgram || socket.ProtocolType != ProtocolType.Udp)
            throw new ArgumentException($"The socket is {socket.SocketType}/{socket.ProtocolType}; uTP needs Dgram/Udp.", nameof(socket));
        if (!socket.IsBound || socket.LocalEndPoint is not IPEndPoint { Port: not 0 })
            throw new ArgumentException("The socket is not bound; call Bind first.", nameof(socket));
        if (socket.Connected)
            throw new ArgumentException("The socket is connected to one peer; uTP needs an unconnected one.", nameof(socket));
    }

    /// <summary>Lets other sockets of this user have the port, too.</summary>
    /// <exception cref="PlatformNotSupportedException">Not on Linux.</exception>
    public static void SetReusePort(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("Sockets share a port on Linux only.");
        var on = 1;
        socket.SetRawSocketOption(Linux.SocketOption.SOL_SOCKET, Linux.SocketOption.SO_REUSEPORT, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in on)));
    }

    /// <summary>Linux doubles what was asked for its own bookkeeping and tells the double (socket(7)).</summary>
    public static int GrantedBytes(int reportedBytes) => OperatingSystem.IsLinux() ? reportedBytes / 2 : reportedBytes;

    private static void SetTimeToLive(Socket socket, int hops)
    {
        socket.Ttl = (short)hops;
        if (socket.AddressFamily == AddressFamily.InterNetworkV6 && socket.DualMode)
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.IpTimeToLive, hops);
    }
}
