using System.Net;

namespace Utp.Sockets;

/// <summary>
/// The seam between uTP and the wire: one bound UDP port. A channel is passive. It reads when asked,
/// sends when told, and calls its <see cref="IDatagramChannelObserver"/> only to say that a wait is over.
/// Nothing that the network does makes a member throw; what a send met is its result.
/// </summary>
/// <remarks>
/// <see cref="Receive"/> has one caller at a time. <see cref="Send"/> may be called from any thread,
/// also while another thread receives. After <see cref="IDisposable.Dispose"/> both report
/// <see cref="SendStatus.Closed"/> or nothing, and the port is free when it returns.
/// </remarks>
public interface IDatagramChannel : IDisposable
{
    /// <summary>The address and port the socket is bound to.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>What this driver can do on this machine.</summary>
    DatagramChannelFeatures Features { get; }

    /// <summary>Bytes of receive buffer that the kernel granted (as it counts them, before its doubling).</summary>
    int ReceiveBufferBytes { get; }

    /// <summary>Bytes of send buffer that the kernel granted (as it counts them, before its doubling).</summary>
    int SendBufferBytes { get; }

    /// <summary>Datagrams that the kernel has dropped at this socket because its buffer was full, since it was opened; 0 where unknown.</summary>
    long ReceiveDrops { get; }

    /// <summary>Who is told when a wait is over. Set once, before the first request.</summary>
    void SetObserver(IDatagramChannelObserver observer);

    /// <summary>
    /// Reads what has arrived, without waiting, until <paramref name="batch"/> is full or the socket empty.
    /// Each datagram, or run of datagrams that the kernel has merged, is stamped as it is read.
    /// </summary>
    /// <returns><see cref="ReceiveStatus.Drained"/>, <see cref="ReceiveStatus.More"/>, <see cref="ReceiveStatus.NoMemory"/> or <see cref="ReceiveStatus.Closed"/>.</returns>
    ReceiveStatus Receive(ReceiveBatch batch);

    /// <summary>
    /// Asks for one <see cref="IDatagramChannelObserver.OnReadable"/> when datagrams are waiting (at once, perhaps within this call, if they are).
    /// While one request is open another adds nothing.
    /// </summary>
    void RequestReadable();

    /// <summary>
    /// Sends <paramref name="payload"/> as datagrams of <paramref name="segmentSize"/> bytes, the last one
    /// possibly shorter. Copies nothing that outlives the call.
    /// </summary>
    /// <param name="path">Where to, and from which of our addresses.</param>
    /// <param name="payload">One datagram, or several of equal size where <see cref="DatagramChannelFeatures.Segmentation"/> is offered.</param>
    /// <param name="segmentSize">Bytes of one datagram; the payload's length for a single one.</param>
    /// <param name="dontFragment">Whether the datagrams must not be fragmented on their way.</param>
    /// <returns>What happened. Several datagrams without <see cref="DatagramChannelFeatures.Segmentation"/>, or of more bytes than <see cref="SegmentationLimit.Usual"/>, are <see cref="SendStatus.Failed"/>. Only <see cref="SendStatus.Sent"/> means that the kernel took them; otherwise it took none.</returns>
    SendStatus Send(in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment);

    /// <summary>
    /// Sends a run as <see cref="Send"/> does, whatever the driver can do: at once where the kernel segments, otherwise one by one.
    /// </summary>
    /// <param name="path">Where to, and from which of our addresses.</param>
    /// <param name="payload">Datagrams of equal size, the last one possibly shorter. Copies nothing that outlives the call.</param>
    /// <param name="segmentSize">Bytes of one datagram, at least 1.</param>
    /// <param name="dontFragment">Whether the datagrams must not be fragmented on their way.</param>
    /// <param name="status">What the first one met that was not taken; <see cref="SendStatus.Sent"/> when all were.</param>
    /// <returns>How many datagrams the kernel took, counted from the first.</returns>
    int SendBurst(in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment, out SendStatus status) =>
        SingleSends.Send(this, path, payload, segmentSize, dontFragment, out status);

    /// <summary>
    /// Waits, on the caller's thread, until datagrams may be waiting. For one thread that reads; only with
    /// <see cref="DatagramChannelFeatures.BlockingWait"/>. <see cref="IDisposable.Dispose"/> ends the wait, and returns when this has returned.
    /// </summary>
    /// <returns>Whether to read on; false: the channel is closed.</returns>
    bool WaitReadable() => throw new NotSupportedException("This channel has no blocking wait.");

    /// <summary>
    /// Asks for one <see cref="IDatagramChannelObserver.OnWritable"/> when a send that was refused with <see cref="SendStatus.WouldBlock"/>
    /// may succeed (at once, perhaps within this call, if it may). While one request is open another adds nothing.
    /// </summary>
    void RequestWritable();
}

/// <summary>Hears from a channel that a wait is over. Called on any thread; must return at once (an actor is told).</summary>
public interface IDatagramChannelObserver
{
    /// <summary>Datagrams may be waiting.</summary>
    void OnReadable();

    /// <summary>The socket may take datagrams again.</summary>
    void OnWritable();

    /// <summary>The socket has failed and does not come back, and why; nothing more will be received or sent. Told once; the channel is still to be disposed.</summary>
    void OnFailed(Exception cause);

    /// <summary>
    /// An error that the kernel reported for datagrams to <paramref name="path"/>: what ICMP said, or
    /// EMSGSIZE with the MTU that refused the datagram. Called within <see cref="IDatagramChannel.Receive"/> or
    /// <see cref="IDatagramChannel.Send"/> (perhaps to another peer), or before <see cref="OnReadable"/>.
    /// ICMP can be forged: judge it before it is believed.
    /// </summary>
    /// <param name="path">The peer, and our address where it is known.</param>
    /// <param name="error">What a send would have returned.</param>
    /// <param name="pathMtu">Bytes of IP packet that fit, with <see cref="SendStatus.MessageTooLarge"/>; otherwise 0.</param>
    void OnPathError(in UdpPath path, SendStatus error, int pathMtu);

    /// <summary>The same, when ICMP said it, with what it quotes: only who sees the datagrams on their way can quote one that was really sent.</summary>
    /// <param name="path">The peer, and our address where it is known.</param>
    /// <param name="error">What a send would have returned.</param>
    /// <param name="pathMtu">Bytes of IP packet that fit, with <see cref="SendStatus.MessageTooLarge"/>; otherwise 0.</param>
    /// <param name="quoted">The beginning of the datagram that met the error, as much as a uTP header at most; may be shorter or empty. Borrowed until the call returns.</param>
    void OnPathError(in UdpPath path, SendStatus error, int pathMtu, ReadOnlySpan<byte> quoted) => OnPathError(path, error, pathMtu);
}

/// <summary>What a driver can do on this machine.</summary>
[Flags]
public enum DatagramChannelFeatures
{
    /// <summary>Single datagrams only.</summary>
    None = 0,

    /// <summary><see cref="IDatagramChannel.Send"/> takes many datagrams of equal size at once.</summary>
    Segmentation = 1,

    /// <summary>The don't-fragment flag is honoured per send.</summary>
    DontFragment = 2,

    /// <summary>The local address of each datagram is known, and answers leave from it.</summary>
    LocalAddress = 4,

    /// <summary>ICMP errors are reported with the path they concern.</summary>
    PathErrors = 8,

    /// <summary><see cref="IDatagramChannel.WaitReadable"/> works: a thread may be spent on reading.</summary>
    BlockingWait = 16,
}

/// <summary>What a read found.</summary>
public enum ReceiveStatus
{
    /// <summary>The socket is empty; ask with <see cref="IDatagramChannel.RequestReadable"/>.</summary>
    Drained,

    /// <summary>The batch is full, or so large that it is better handled first; the socket may hold more.</summary>
    More,

    /// <summary>The channel is closed.</summary>
    Closed,

    /// <summary>
    /// The batch's pool is at its limit, so nothing more was read; the socket may hold more. Handle what the batch has,
    /// clear it, and read again when <see cref="SlabPool.NotifyWhenAvailable"/> says so.
    /// </summary>
    NoMemory,
}

/// <summary>What a send met.</summary>
public enum SendStatus
{
    /// <summary>The kernel took it.</summary>
    Sent,

    /// <summary>The socket's buffer is full (EAGAIN): nothing was sent, wait for writable.</summary>
    WouldBlock,

    /// <summary>
    /// A queue below the socket is full, or the kernel has no memory (ENOBUFS, ENOMEM): nothing was sent. The socket looks writable all the time, and nothing
    /// tells when there is room: try again in a fraction of a millisecond.
    /// </summary>
    NoBuffers,

    /// <summary>Larger than the path or the socket allows (EMSGSIZE): nothing was sent.</summary>
    MessageTooLarge,

    /// <summary>The peer's host answers that the port is closed (ICMP port unreachable).</summary>
    ConnectionRefused,

    /// <summary>No route to the peer's network or host.</summary>
    Unreachable,

    /// <summary>The operating system forbids it (EPERM, EACCES: a firewall rule, broadcast).</summary>
    Denied,

    /// <summary>The channel is closed.</summary>
    Closed,

    /// <summary>Another error of this one send; the channel lives.</summary>
    Failed,
}
