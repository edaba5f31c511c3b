using System.Net.Sockets;

namespace Utp.Sockets;

/// <summary>
/// One datagram in, one datagram out, without waiting: what <see cref="UdpSocketChannel"/> asks of the
/// operating system. An implementation turns every error of a datagram into a result; only a socket
/// that does not come back makes it throw (<see cref="ObjectDisposedException"/> or <see cref="SocketException"/>).
/// </summary>
internal abstract class DatagramIo
{
    /// <summary>The longest datagram there is: the space that a read needs so that nothing is cut off.</summary>
    public const int MaxDatagramBytes = 65_535;

    /// <summary>What this way of doing it offers.</summary>
    public abstract DatagramChannelFeatures Features { get; }

    /// <summary>Hears of the errors that concern a path; null until the channel has an observer.</summary>
    public IDatagramChannelObserver? Observer { get; set; }

    /// <summary>Datagrams that the kernel dropped at this socket, 0 where unknown.</summary>
    public abstract long ReceiveDrops { get; }

    /// <summary>
    /// Reads one datagram to <paramref name="offset"/> of <paramref name="slab"/>, where
    /// <see cref="MaxDatagramBytes"/> are free. One caller at a time.
    /// </summary>
    public abstract ReadResult Read(DatagramSlab slab, int offset, out ReceivedDatagram datagram);

    /// <summary>Sends one datagram. Any thread.</summary>
    public abstract SendStatus Send(in UdpPath path, ReadOnlySpan<byte> payload, bool dontFragment);

    /// <summary>Reports the errors that the kernel keeps for this socket, and so clears them. Any thread.</summary>
    public abstract void DrainErrors();
}

/// <summary>What a read of one datagram met.</summary>
internal enum ReadResult
{
    /// <summary>A datagram.</summary>
    Datagram,

    /// <summary>Nothing is waiting.</summary>
    Empty,

    /// <summary>An error about some datagram that was sent earlier; it is reported, and the next read may succeed.</summary>
    Error,
}
