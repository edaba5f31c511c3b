using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Utp.Sockets.Linux;

/// <summary>
/// Tells the kernel which socket of a shared port takes a datagram (SO_ATTACH_REUSEPORT_CBPF, socket(7)): ST_SYNs go to the last one, everything else to the others by a hash of
/// its sender. The program is classic BPF, which needs no privilege, and runs once for each datagram, or for each run that the kernel has merged.
/// </summary>
internal static unsafe class PortSorter
{
    private const ushort LoadByte = 0x30, LoadHalf = 0x28, LoadWord = 0x20;
    private const ushort ShiftRight = 0x74, Modulo = 0x94, Multiply = 0x24, XorIndex = 0xAC;
    private const ushort JumpIfEqual = 0x15, ToIndex = 0x07, ReturnValue = 0x06, ReturnAccumulator = 0x16;

    // Offsets from here on count from the IP header (SKF_NET_OFF); others from the first byte behind the UDP header.
    private const uint IpHeader = 0xFFF0_0000;
    private const uint IPv4Source = IpHeader + 12, IPv4Port = IpHeader + 20;
    private const uint IPv6SourceEnd = IpHeader + 20, IPv6Port = IpHeader + 40;

    /// <summary>Sorts from now on.</summary>
    /// <param name="socket">One of the sockets that share the port.</param>
    /// <param name="others">How many were bound before the one for ST_SYNs.</param>
    /// <returns>False: this kernel, or a sandbox, does not know of it.</returns>
    public static bool TryAttach(Socket socket, int others)
    {
        var program = Program((uint)others);
        fixed (Instruction* code = program)
        {
            var header = new ProgramHeader { Count = (ushort)program.Length, Code = code };
            try
            {
                socket.SetRawSocketOption(SocketOption.SOL_SOCKET, SocketOption.SO_ATTACH_REUSEPORT_CBPF, MemoryMarshal.AsBytes(new ReadOnlySpan<ProgramHeader>(in header)));
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }

    // The type is the high half of the first byte (BEP 29). A datagram without a byte ends the program with 0.
    private static Instruction[] Program(uint others) =>
    [
        new(LoadByte, 0),
        new(ShiftRight, 4),
        new(JumpIfEqual, 4, 0, 1),
        new(ReturnValue, others),
        .. others == 1 ? [new Instruction(ReturnValue, 0)] : BySender(others),
    ];

    private static Instruction[] BySender(uint others) =>
    [
        new(LoadByte, IpHeader),
        new(ShiftRight, 4),
        new(JumpIfEqual, 6, 4, 0),
        new(LoadWord, IPv4Source),
        new(ToIndex, 0),
        new(LoadHalf, IPv4Port),
        new(JumpIfEqual, 0, 3, 3),
        new(LoadWord, IPv6SourceEnd),
        new(ToIndex, 0),
        new(LoadHalf, IPv6Port),
        new(XorIndex, 0),
        new(Multiply, 0x9E37_79B1),
        new(ShiftRight, 16),
        new(Modulo, others),
        new(ReturnAccumulator, 0),
    ];

    /// <summary><c>struct sock_filter</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Instruction(ushort code, uint operand, byte ifTrue = 0, byte ifFalse = 0)
    {
        public readonly ushort Code = code;
        public readonly byte IfTrue = ifTrue;
        public readonly byte IfFalse = ifFalse;
        public readonly uint Operand = operand;
    }

    /// <summary><c>struct sock_fprog</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ProgramHeader
    {
        public ushort Count;
        public Instruction* Code;
    }
}
