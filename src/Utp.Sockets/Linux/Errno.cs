namespace Utp.Sockets.Linux;

/// <summary>The error numbers that a datagram can meet on Linux, and what each means for a send.</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int EBADF = 9;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EINVAL = 22;
    public const int EPIPE = 32;
    public const int ENOTSOCK = 88;
    public const int EMSGSIZE = 90;
    public const int EOPNOTSUPP = 95;
    public const int EAFNOSUPPORT = 97;
    public const int EADDRNOTAVAIL = 99;
    public const int ENETDOWN = 100;
    public const int ENETUNREACH = 101;
    public const int ENOBUFS = 105;
    public const int ECONNREFUSED = 111;
    public const int EHOSTDOWN = 112;
    public const int EHOSTUNREACH = 113;

    /// <summary>Whether the socket itself is gone: its descriptor closed, or shut down for sending.</summary>
    public static bool IsFatal(int errno) => errno is EBADF or ENOTSOCK or EPIPE;

    /// <summary>
    /// Whether a segmented send may have failed because it was segmented (udp(7), UDP_SEGMENT): a segment larger than the interface takes, a device or
    /// transformation that does not segment. Sent one by one, the datagrams show what is true.
    /// </summary>
    public static bool MayConcernSegmentation(int errno) => errno is EINVAL or EIO or EOPNOTSUPP or EMSGSIZE;

    /// <summary>What <paramref name="errno"/> means for the datagram it was reported for.</summary>
    public static SendStatus ToSendStatus(int errno) => errno switch
    {
        EAGAIN => SendStatus.WouldBlock,
        ENOBUFS or ENOMEM => SendStatus.NoBuffers,
        EMSGSIZE => SendStatus.MessageTooLarge,
        ECONNREFUSED => SendStatus.ConnectionRefused,
        ENETDOWN or ENETUNREACH or EHOSTDOWN or EHOSTUNREACH or EADDRNOTAVAIL or EAFNOSUPPORT => SendStatus.Unreachable,
        EPERM or EACCES => SendStatus.Denied,
        _ => SendStatus.Failed,
    };
}
