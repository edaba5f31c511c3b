using System.Net.Sockets;

namespace Utp.Sockets;

/// <summary>What the errors of <see cref="Socket"/> mean for a datagram, and which of them mean that the socket is gone.</summary>
internal static class SocketErrors
{
    /// <summary>Whether the socket itself is gone: closed or shut down under us.</summary>
    public static bool IsFatal(SocketError error) => error is
        SocketError.OperationAborted or SocketError.Interrupted or SocketError.NotSocket or SocketError.Shutdown;

    /// <summary>What <paramref name="error"/> means for the datagram that met it.</summary>
    public static SendStatus ToSendStatus(SocketError error) => error switch
    {
        SocketError.WouldBlock or SocketError.IOPending => SendStatus.WouldBlock,
        SocketError.NoBufferSpaceAvailable => SendStatus.NoBuffers,
        SocketError.MessageSize => SendStatus.MessageTooLarge,
        SocketError.ConnectionRefused or SocketError.ConnectionReset => SendStatus.ConnectionRefused,
        SocketError.NetworkDown or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.HostUnreachable
            or SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported => SendStatus.Unreachable,
        SocketError.AccessDenied => SendStatus.Denied,
        _ => SendStatus.Failed,
    };
}
