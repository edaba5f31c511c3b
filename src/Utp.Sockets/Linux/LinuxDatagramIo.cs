using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Utp.Sockets.Linux;

/// <summary>
/// recvmsg and sendmsg: one system call per datagram, errors as numbers instead of exceptions, and what
/// <see cref="Socket"/> cannot do: answer from the address that was asked (PKTINFO), read the error
/// queue (RECVERR), and tell ECN. With segmentation also a run of datagrams per call (see the other part).
/// </summary>
internal sealed unsafe partial class LinuxDatagramIo : DatagramIo
{
    // A send that finds an error of another peer's datagram is repeated; so many at a time mean that
    // somebody produces them faster than we can clear them.
    private const int MaxSendAttempts = 8;
    private const int IPv4AndUdpHeaderBytes = 28;
    private const int IPv6AndUdpHeaderBytes = 48;

    private readonly Socket _socket;
    private readonly SafeHandle _handle;
    private readonly AddressFamily _family;
    private readonly UdpEndPoint _boundAddress;
    private readonly LinuxSocketSetup _setup;
    private readonly ErrorQueue _errors;
    private readonly DontFragmentGate _gate = new();
    private readonly ISystemCallFaults? _faults;

    /// <summary>Sets the socket up.</summary>
    /// <param name="socket">A bound one.</param>
    /// <param name="local">Where it is bound.</param>
    /// <param name="batched">Whether it segments and merges.</param>
    /// <param name="faults">What a test makes system calls fail with.</param>
    public LinuxDatagramIo(Socket socket, UdpEndPoint local, bool batched, ISystemCallFaults? faults)
    {
        _faults = faults;
        _socket = socket;
        _handle = socket.SafeHandle;
        _family = socket.AddressFamily;
        _boundAddress = local.IsAny ? default : local with { Port = 0 };
        _setup = new LinuxSocketSetup(socket, local, batched);
        _errors = new ErrorQueue(_handle, _family, _boundAddress);
    }

    public override DatagramChannelFeatures Features => _setup.Features;

    public override long ReceiveDrops
    {
        get
        {
            Span<byte> memory = stackalloc byte[(SocketOption.SK_MEMINFO_DROPS + 1) * sizeof(uint)];
            var bytes = _socket.GetRawSocketOption(SocketOption.SOL_SOCKET, SocketOption.SO_MEMINFO, memory);
            return bytes < memory.Length ? 0 : MemoryMarshal.Cast<byte, uint>(memory)[SocketOption.SK_MEMINFO_DROPS];
        }
    }

    public override ReadResult Read(DatagramSlab slab, int offset, out ReceivedDatagram datagram)
    {
        var name = stackalloc byte[SocketAddressCodec.IPv6Bytes];
        var control = stackalloc byte[ControlMessages.ReceiveBytes];
        datagram = default;
        fixed (byte* target = &slab.Array[offset])
        {
            var vector = new IoVector { Base = target, Length = MaxDatagramBytes };
            while (true)
            {
                var message = new MessageHeader
                {
                    Name = name,
                    NameLength = SocketAddressCodec.IPv6Bytes,
                    Vectors = &vector,
                    VectorCount = 1,
                    Control = control,
                    ControlLength = ControlMessages.ReceiveBytes,
                };
                var length = (int)LibC.ReceiveMessage(_handle, &message, LibC.MSG_DONTWAIT);
                if (length >= 0)
                {
                    var arrivalMicros = MonotonicClock.NowMicros;
                    datagram = Describe(&message, slab, offset, length, arrivalMicros);
                    return ReadResult.Datagram;
                }

                var errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.EAGAIN)
                    return ReadResult.Empty;
                if (errno == Errno.EINTR)
                    continue;
                ThrowIfFatal(errno);
                DrainErrors();
                return ReadResult.Error;
            }
        }
    }

    public override SendStatus Send(in UdpPath path, ReadOnlySpan<byte> payload, bool dontFragment) =>
        Send(path, payload, payload.Length, dontFragment, out _);

    private SendStatus Send(in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment, out bool segmentationRefused)
    {
        segmentationRefused = false;
        var isRun = payload.Length > segmentSize;
        var name = stackalloc byte[SocketAddressCodec.IPv6Bytes];
        var control = stackalloc byte[ControlMessages.SendBytes];
        if (!WriteName(name, path.Remote))
            return SendStatus.Unreachable;
        fixed (byte* source = payload)
        {
            var vector = new IoVector { Base = source, Length = (nuint)payload.Length };
            var message = new MessageHeader
            {
                Name = name,
                NameLength = _family == AddressFamily.InterNetwork ? (uint)SocketAddressCodec.IPv4Bytes : SocketAddressCodec.IPv6Bytes,
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
            };
            if (_setup.ChoosesLocalAddress && path.LocalAddress != default)
                AppendLocalAddress(&message, path.LocalAddress);
            if (isRun)
                ControlMessages.Append(&message, SocketOption.SOL_UDP, SocketOption.UDP_SEGMENT, (ushort)segmentSize);

            for (var attempt = 1; ; attempt++)
            {
                var errno = _faults?.OnSend(payload.Length, isRun ? (payload.Length + segmentSize - 1) / segmentSize : 1, isRun) ?? 0;
                if (errno == 0)
                    errno = Transmit(&message, dontFragment, path.Remote.IsIPv4);
                if (errno == 0)
                    return SendStatus.Sent;
                segmentationRefused = isRun && Errno.MayConcernSegmentation(errno);
                if (segmentationRefused)
                    return SendStatus.Failed;
                var status = Errno.ToSendStatus(errno);
                if (status == SendStatus.NoBuffers)
                    SendOneByOne();
                if (status is SendStatus.WouldBlock or SendStatus.NoBuffers)
                    return status;

                ThrowIfFatal(errno);
                if (IsOwnError(path, payload.Length, errno, attempt))
                    return status;
                if (attempt == MaxSendAttempts)
                    return SendStatus.NoBuffers;
            }
        }
    }

    public override void DrainErrors() => _errors.Drain(Observer, default);

    /// <summary>
    /// Whether <paramref name="errno"/> is about this very datagram. An ICMP error about an earlier one,
    /// perhaps to another peer, surfaces on the next send and that send has sent nothing; clearing it
    /// and sending again tells the two apart. The error can surface a moment before or after its entry
    /// in the queue, hence the second try even when the queue is empty.
    /// </summary>
    private bool IsOwnError(in UdpPath path, int payloadBytes, int errno, int attempt)
    {
        var drained = _errors.Drain(Observer, path.Remote);
        var packetBytes = payloadBytes + (path.Remote.IsIPv4 ? IPv4AndUdpHeaderBytes : IPv6AndUdpHeaderBytes);
        if (errno == Errno.EMSGSIZE && drained.LocalMtu > 0 && packetBytes > drained.LocalMtu)
        {
            Observer?.OnPathError(path, SendStatus.MessageTooLarge, drained.LocalMtu);
            return true;
        }

        if (attempt == 1)
            return false;

        // Some sizes our kernel refuses by an ICMP message to itself, which then comes with each attempt.
        return drained.Reported == 0 || (errno == Errno.EMSGSIZE && drained.ReportedMtu > 0 && packetBytes > drained.ReportedMtu);
    }

    private int Transmit(MessageHeader* message, bool dontFragment, bool ipv4)
    {
        if (dontFragment || !_setup.Features.HasFlag(DatagramChannelFeatures.DontFragment))
        {
            _gate.Enter();
            try
            {
                return Transmit(message);
            }
            finally
            {
                _gate.Exit();
            }
        }

        _gate.EnterExclusive();
        try
        {
            _setup.SetDontFragment(ipv4, false);
            var errno = Transmit(message);
            _setup.SetDontFragment(ipv4, true);
            return errno;
        }
        finally
        {
            _gate.ExitExclusive();
        }
    }

    private int Transmit(MessageHeader* message)
    {
        while (LibC.SendMessage(_handle, message, LibC.MSG_DONTWAIT | LibC.MSG_NOSIGNAL) < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR)
                return errno;
        }

        return 0;
    }

    private ReceivedDatagram Describe(MessageHeader* message, DatagramSlab slab, int offset, int length, long arrivalMicros)
    {
        // A datagram always has a sender; end of file without one is a socket that was shut down.
        if (message->NameLength == 0)
            throw new SocketException((int)SocketError.Shutdown);

        var remote = SocketAddressCodec.Read(_family, new ReadOnlySpan<byte>(message->Name, (int)message->NameLength));
        var facts = PacketFacts.Read(message, fromErrorQueue: false);
        var local = _boundAddress == default ? facts.LocalAddress : _boundAddress;
        var truncated = (message->Flags & LibC.MSG_TRUNC) != 0;
        var segmentSize = facts.SegmentSize > 0 && facts.SegmentSize < length ? facts.SegmentSize : length;
        return new(new(remote, local), slab, offset, length, segmentSize, arrivalMicros, facts.Ecn, truncated);
    }

    private bool WriteName(byte* name, in UdpEndPoint remote)
    {
        *(ushort*)name = (ushort)(_family == AddressFamily.InterNetwork ? LinuxSocketSetup.AF_INET : LinuxSocketSetup.AF_INET6);
        return SocketAddressCodec.TryWrite(_family, new Span<byte>(name, SocketAddressCodec.IPv6Bytes), remote);
    }

    private void AppendLocalAddress(MessageHeader* message, in UdpEndPoint local)
    {
        if (_family == AddressFamily.InterNetwork)
            ControlMessages.Append(message, SocketOption.SOL_IP, SocketOption.IP_PKTINFO, PacketFacts.ToPacketInfo4(local));
        else
            ControlMessages.Append(message, SocketOption.SOL_IPV6, SocketOption.IPV6_PKTINFO, PacketFacts.ToPacketInfo6(local));
    }

    private static void ThrowIfFatal(int errno)
    {
        if (Errno.IsFatal(errno))
            throw new SocketException((int)(errno == Errno.EPIPE ? SocketError.Shutdown : SocketError.NotSocket));
    }
}
