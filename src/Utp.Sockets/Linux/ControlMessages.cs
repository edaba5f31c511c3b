using System.Runtime.CompilerServices;

namespace Utp.Sockets.Linux;

/// <summary>Walks and writes the control messages of a msghdr (cmsg(3)): each is a header and its data, both padded to the size of a pointer.</summary>
internal static unsafe class ControlMessages
{
    /// <summary>Space for everything a socket here is asked to report with one datagram: packet info, traffic class, segment size, extended error and its address.</summary>
    public const int ReceiveBytes = 192;

    /// <summary>Space for the packet info and the segment size of one send.</summary>
    public const int SendBytes = 96;

    private static int HeaderBytes => Align(sizeof(ControlHeader));

    /// <summary>
    /// Moves to the next message: pass null to get the first. False behind the last, or where the
    /// kernel had no room left.
    /// </summary>
    public static bool TryNext(MessageHeader* message, ref ControlHeader* header)
    {
        var end = message->Control + message->ControlLength;
        var next = header is null ? message->Control : (byte*)header + Align((int)header->Length);
        if (next + HeaderBytes > end)
            return false;
        header = (ControlHeader*)next;
        return header->Length >= (nuint)HeaderBytes && next + header->Length <= end;
    }

    /// <summary>The data of <paramref name="header"/>; false if there is less of it than a <typeparamref name="T"/>.</summary>
    public static bool TryRead<T>(ControlHeader* header, out T value)
        where T : unmanaged
    {
        var enough = (int)header->Length >= HeaderBytes + sizeof(T);
        value = enough ? Unsafe.ReadUnaligned<T>((byte*)header + HeaderBytes) : default;
        return enough;
    }

    /// <summary>Appends one message to the control buffer of <paramref name="message"/>, which must have room.</summary>
    public static void Append<T>(MessageHeader* message, int level, int type, in T value)
        where T : unmanaged
    {
        var header = (ControlHeader*)(message->Control + message->ControlLength);
        header->Length = (nuint)(HeaderBytes + sizeof(T));
        header->Level = level;
        header->Type = type;
        Unsafe.WriteUnaligned((byte*)header + HeaderBytes, value);
        message->ControlLength += (nuint)(HeaderBytes + Align(sizeof(T)));
    }

    private static int Align(int bytes) => (bytes + sizeof(nuint) - 1) & ~(sizeof(nuint) - 1);
}
