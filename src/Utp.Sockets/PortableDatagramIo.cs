using System.Net;
using System.Net.Sockets;

namespace Utp.Sockets;

/// <summary>
/// What <see cref="Socket"/> offers on every system, through the overloads that take a
/// <see cref="SocketAddress"/> and so do not allocate. Before each read it asks whether anything is
/// there, because "nothing is there" would be an exception. On a wildcard address the local address of
/// a datagram is learnt by a call that allocates, and the kernel chooses the one to answer from.
/// </summary>
internal sealed class PortableDatagramIo : DatagramIo
{
    // WSAIoctl(SIO_UDP_CONNRESET): off, or a refused datagram to one peer fails the reads of all.
    private const int SioUdpConnReset = -1744830452;

    [ThreadStatic]
    private static SocketAddress? _sendAddress4;

    [ThreadStatic]
    private static SocketAddress? _sendAddress6;

    private readonly Socket _socket;
    private readonly AddressFamily _family;
    private readonly UdpEndPoint _boundAddress;
    private readonly SocketAddress _receiveAddress;
    private readonly EndPoint _anyEndPoint;
    private readonly DontFragmentGate _gate = new();

    public PortableDatagramIo(Socket socket, UdpEndPoint local)
    {
        _socket = socket;
        _family = socket.AddressFamily;
        _boundAddress = local.IsAny ? default : local with { Port = 0 };
        _receiveAddress = new SocketAddress(_family);
        _anyEndPoint = new IPEndPoint(_family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        if (OperatingSystem.IsWindows())
            socket.IOControl(SioUdpConnReset, [0, 0, 0, 0], null);
        if (!local.IsAny)
            Features |= DatagramChannelFeatures.LocalAddress;
        else
            socket.SetSocketOption(LevelOf(_family), SocketOptionName.PacketInformation, true);
        if (TrySetDontFragment())
            Features |= DatagramChannelFeatures.DontFragment;
    }

    public override DatagramChannelFeatures Features { get; }

    public override long ReceiveDrops => 0;

    public override ReadResult Read(DatagramSlab slab, int offset, out ReceivedDatagram datagram)
    {
        datagram = default;
        try
        {
            // An empty datagram is readable but has no bytes available, hence both questions.
            if (_socket.Available == 0 && !_socket.Poll(0, SelectMode.SelectRead))
                return ReadResult.Empty;
            var space = slab.Array.AsSpan(offset, MaxDatagramBytes);
            var length = _boundAddress == default ? ReadWithLocalAddress(space, out var path) : ReadPlain(space, out path);
            datagram = new(path, slab, offset, length, length, MonotonicClock.NowMicros, Ecn: 0, Truncated: false);
            return ReadResult.Datagram;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
        {
            return ReadResult.Empty;
        }
        catch (SocketException e) when (!SocketErrors.IsFatal(e.SocketErrorCode))
        {
            return ReadResult.Error;
        }
    }

    public override SendStatus Send(in UdpPath path, ReadOnlySpan<byte> payload, bool dontFragment)
    {
        var address = SendAddress();
        if (!SocketAddressCodec.TryWrite(_family, address.Buffer.Span, path.Remote))
            return SendStatus.Unreachable;
        try
        {
            if (dontFragment || !Features.HasFlag(DatagramChannelFeatures.DontFragment))
                SendShared(address, payload);
            else
                SendFragmentable(address, payload);
            return SendStatus.Sent;
        }
        catch (SocketException e) when (!SocketErrors.IsFatal(e.SocketErrorCode))
        {
            return SocketErrors.ToSendStatus(e.SocketErrorCode);
        }
    }

    public override void DrainErrors()
    {
        // Without an error queue there is nothing to read; the error cleared itself by being shown.
    }

    private int ReadPlain(Span<byte> space, out UdpPath path)
    {
        var length = _socket.ReceiveFrom(space, SocketFlags.None, _receiveAddress);
        path = new(SocketAddressCodec.Read(_receiveAddress.Family, _receiveAddress.Buffer.Span), _boundAddress);
        return length;
    }

    private int ReadWithLocalAddress(Span<byte> space, out UdpPath path)
    {
        var flags = SocketFlags.None;
        var remote = _anyEndPoint;
        var length = _socket.ReceiveMessageFrom(space, ref flags, ref remote, out var packet);
        var local = packet.Address is null ? default : UdpEndPoint.From(new IPEndPoint(packet.Address, 0));
        path = new(UdpEndPoint.From((IPEndPoint)remote), local);
        return length;
    }

    private void SendShared(SocketAddress address, ReadOnlySpan<byte> payload)
    {
        _gate.Enter();
        try
        {
            _socket.SendTo(payload, SocketFlags.None, address);
        }
        finally
        {
            _gate.Exit();
        }
    }

    private void SendFragmentable(SocketAddress address, ReadOnlySpan<byte> payload)
    {
        _gate.EnterExclusive();
        try
        {
            _socket.DontFragment = false;
            try
            {
                _socket.SendTo(payload, SocketFlags.None, address);
            }
            finally
            {
                _socket.DontFragment = true;
            }
        }
        finally
        {
            _gate.ExitExclusive();
        }
    }

    private SocketAddress SendAddress() => _family == AddressFamily.InterNetwork
        ? _sendAddress4 ??= new SocketAddress(_family)
        : _sendAddress6 ??= new SocketAddress(_family);

    private bool TrySetDontFragment()
    {
        if (_family != AddressFamily.InterNetwork)
            return false;
        try
        {
            _socket.DontFragment = true;
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static SocketOptionLevel LevelOf(AddressFamily family) =>
        family == AddressFamily.InterNetwork ? SocketOptionLevel.IP : SocketOptionLevel.IPv6;
}
