using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Utp.Sockets.Linux;

/// <summary>Asks the kernel which device the route to a peer takes, and what buffers that device takes (rtnetlink(7)). Each question is a socket of its own.</summary>
internal static unsafe class RouteDevice
{
    private const int AF_NETLINK = 16;
    private const int SOCK_RAW = 3;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int NETLINK_ROUTE = 0;
    private const ushort NLM_F_REQUEST = 1;
    private const ushort RTM_NEWLINK = 16;
    private const ushort RTM_GETLINK = 18;
    private const ushort RTM_NEWROUTE = 24;
    private const ushort RTM_GETROUTE = 26;
    private const ushort RTA_DST = 1;
    private const ushort RTA_OIF = 4;
    private const ushort IFLA_GSO_MAX_SIZE = 41;

    // Since Linux 6.3; before, one limit held for both.
    private const ushort IFLA_GSO_IPV4_MAX_SIZE = 63;

    private const int HeaderBytes = 16;
    private const int RouteMessageBytes = 12;
    private const int LinkMessageBytes = 16;
    private const int AnswerBytes = 16 << 10;

    /// <summary>Bytes of a buffer that the device segments, headers included (<c>gso_max_size</c>, <c>gso_ipv4_max_size</c>); 0: not known.</summary>
    public static int FindBufferBytes(in UdpEndPoint remote)
    {
        var descriptor = LibC.OpenSocket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        if (descriptor < 0)
            return 0;
        using var socket = new SafeFileHandle(descriptor, ownsHandle: true);
        Span<byte> answer = stackalloc byte[AnswerBytes];
        var device = remote.ScopeId != 0 && !remote.IsIPv4 ? remote.ScopeId : FindDevice(socket, remote, answer);
        if (device == 0)
            return 0;
        Span<byte> request = stackalloc byte[HeaderBytes + LinkMessageBytes];
        request.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(request[(HeaderBytes + 4)..], device);
        var length = Ask(socket, RTM_GETLINK, request, RTM_NEWLINK, answer);
        var attributes = answer[..length];
        var specific = remote.IsIPv4 ? Read(attributes, HeaderBytes + LinkMessageBytes, IFLA_GSO_IPV4_MAX_SIZE) : 0;
        return (int)Math.Min(int.MaxValue, specific != 0 ? specific : Read(attributes, HeaderBytes + LinkMessageBytes, IFLA_GSO_MAX_SIZE));
    }

    private static uint FindDevice(SafeHandle socket, in UdpEndPoint remote, Span<byte> answer)
    {
        var addressBytes = remote.IsIPv4 ? 4 : 16;
        Span<byte> request = stackalloc byte[HeaderBytes + RouteMessageBytes + 4 + 16];
        request.Clear();
        request[HeaderBytes] = (byte)(remote.IsIPv4 ? LinuxSocketSetup.AF_INET : LinuxSocketSetup.AF_INET6);
        request[HeaderBytes + 1] = (byte)(addressBytes * 8);
        var attribute = request[(HeaderBytes + RouteMessageBytes)..];
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)(4 + addressBytes));
        BinaryPrimitives.WriteUInt16LittleEndian(attribute[2..], RTA_DST);
        Span<byte> address = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(address, remote.Address);
        address[(16 - addressBytes)..].CopyTo(attribute[4..]);
        var length = Ask(socket, RTM_GETROUTE, request[..(HeaderBytes + RouteMessageBytes + 4 + addressBytes)], RTM_NEWROUTE, answer);
        return Read(answer[..length], HeaderBytes + RouteMessageBytes, RTA_OIF);
    }

    // The kernel answers within the send. All fields are in the machine's order, which is little-endian wherever this library's driver runs.
    private static int Ask(SafeHandle socket, ushort type, Span<byte> request, ushort answerType, Span<byte> answer)
    {
        if (!BitConverter.IsLittleEndian)
            return 0;
        BinaryPrimitives.WriteInt32LittleEndian(request, request.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(request[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(request[6..], NLM_F_REQUEST);
        fixed (byte* source = request, target = answer)
        {
            var vector = new IoVector { Base = source, Length = (nuint)request.Length };
            var message = new MessageHeader { Vectors = &vector, VectorCount = 1 };
            if (LibC.SendMessage(socket, &message, 0) < 0)
                return 0;
            vector = new IoVector { Base = target, Length = (nuint)answer.Length };
            message = new MessageHeader { Vectors = &vector, VectorCount = 1 };
            var length = (int)LibC.ReceiveMessage(socket, &message, LibC.MSG_DONTWAIT);
            return length >= HeaderBytes && BinaryPrimitives.ReadUInt16LittleEndian(answer[4..]) == answerType
                ? Math.Min(length, BinaryPrimitives.ReadInt32LittleEndian(answer))
                : 0;
        }
    }

    private static uint Read(ReadOnlySpan<byte> message, int offset, ushort type)
    {
        while (offset + 8 <= message.Length)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(message[offset..]);
            if (length < 4)
                return 0;
            if (BinaryPrimitives.ReadUInt16LittleEndian(message[(offset + 2)..]) == type && length >= 8)
                return BinaryPrimitives.ReadUInt32LittleEndian(message[(offset + 4)..]);
            offset += (length + 3) & ~3;
        }

        return 0;
    }
}
