using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Utp.Sockets.Linux;

// Many datagrams per system call: runs of equal size are segmented by the kernel, and merged ones received as one.
internal sealed unsafe partial class LinuxDatagramIo
{
    /// <summary>The most messages of one read.</summary>
    public const int MaxMessagesPerRead = 8;

    // udp(7): 128 since Linux 6.9, 64 before; more bring nothing.
    private const int MaxSegments = 64;

    // After a refusal so many runs go one by one before segmentation is tried again: it is lost per error, not permanently.
    private const int SendsUntilRetry = 256;

    private int _segmentationPause;

    private bool CanSegment => (_setup.Features & DatagramChannelFeatures.Segmentation) != 0;

    /// <summary>Sends a run of equal datagrams, and says how many the kernel took. Any thread.</summary>
    public int SendRun(in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment, out SendStatus status)
    {
        var sent = 0;
        var perCall = Math.Clamp(SegmentationLimit.Usual(path.Remote.IsIPv4) / segmentSize, 1, MaxSegments) * segmentSize;
        do
        {
            var length = Math.Min(perCall, payload.Length);
            var count = (length + segmentSize - 1) / segmentSize;
            var taken = SendSegments(path, payload[..length], segmentSize, count, dontFragment, out status);
            sent += taken;
            if (taken < count)
                return sent;
            payload = payload[length..];
        }
        while (!payload.IsEmpty);
        return sent;
    }

    /// <summary>Sends a run by one segmented call, or not at all: also if it is longer than one buffer of the kernel holds. Any thread.</summary>
    public SendStatus SendSegmented(in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment) =>
        CanSegment && payload.Length <= SegmentationLimit.Usual(path.Remote.IsIPv4) ? Send(path, payload, segmentSize, dontFragment, out _) : SendStatus.Failed;

    private int SendSegments(
        in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, int count, bool dontFragment, out SendStatus status)
    {
        if (count > 1 && MaySegment())
        {
            status = Send(path, payload, segmentSize, dontFragment, out var refused);
            if (status == SendStatus.Sent)
                return count;
            if (!refused)
                return 0;
            SendOneByOne();
        }

        // One by one: what a single datagram meets is its own.
        var sent = 0;
        do
        {
            var length = Math.Min(segmentSize, payload.Length);
            status = Send(path, payload[..length], length, dontFragment, out _);
            if (status != SendStatus.Sent)
                return sent;
            payload = payload[length..];
            sent++;
            if (payload.Length > segmentSize)
            {
                var more = SendMany(path, payload, segmentSize, dontFragment);
                sent += more;
                payload = payload[Math.Min(more * segmentSize, payload.Length)..];
            }
        }
        while (!payload.IsEmpty);
        return sent;
    }

    // Also where a queue below the socket is short: of a run that it cannot hold whole it drops a part without a word (tc-tbf(8) answers success when
    // one segment went), while of single datagrams each that it drops is an error, and so not lost.
    private void SendOneByOne() => Volatile.Write(ref _segmentationPause, SendsUntilRetry);

    private bool MaySegment()
    {
        if (!CanSegment)
            return false;
        var pause = Volatile.Read(ref _segmentationPause);
        if (pause == 0)
            return true;

        // A count lost to another thread only makes the pause longer.
        Volatile.Write(ref _segmentationPause, pause - 1);
        return false;
    }

    // sendmmsg: as many as go; what stops it is found out by a send of its own.
    [SkipLocalsInit]
    private int SendMany(in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment)
    {
        if (!dontFragment)
            return 0;
        var name = stackalloc byte[SocketAddressCodec.IPv6Bytes];
        var control = stackalloc byte[ControlMessages.SendBytes];
        var messages = stackalloc MultiMessageHeader[MaxSegments];
        var vectors = stackalloc IoVector[MaxSegments];
        if (!WriteName(name, path.Remote))
            return 0;
        fixed (byte* source = payload)
        {
            var template = new MessageHeader
            {
                Name = name,
                NameLength = _family == System.Net.Sockets.AddressFamily.InterNetwork ? (uint)SocketAddressCodec.IPv4Bytes : SocketAddressCodec.IPv6Bytes,
                VectorCount = 1,
                Control = control,
            };
            if (_setup.ChoosesLocalAddress && path.LocalAddress != default)
                AppendLocalAddress(&template, path.LocalAddress);
            var count = 0;
            for (var offset = 0; offset < payload.Length && count < MaxSegments; offset += segmentSize, count++)
            {
                vectors[count] = new IoVector { Base = source + offset, Length = (nuint)Math.Min(segmentSize, payload.Length - offset) };
                messages[count] = new MultiMessageHeader { Message = template };
                messages[count].Message.Vectors = vectors + count;
            }

            if (_faults?.OnSend(payload.Length, count, segmented: false) is { } fault and not 0)
                return 0;
            _gate.Enter();
            try
            {
                return Math.Max(0, LibC.SendMessages(_handle, messages, (uint)count, LibC.MSG_DONTWAIT | LibC.MSG_NOSIGNAL));
            }
            finally
            {
                _gate.Exit();
            }
        }
    }

    /// <summary>
    /// Reads up to <paramref name="slabs"/>' number of messages, each to the beginning of its slab, where
    /// <see cref="DatagramIo.MaxDatagramBytes"/> are free. One caller at a time.
    /// </summary>
    /// <param name="slabs">Where to.</param>
    /// <param name="received">What came, one for one.</param>
    /// <returns>How many; 0: nothing is waiting; −1: an error of some datagram sent earlier, which is reported.</returns>
    [SkipLocalsInit]
    public int ReadMany(ReadOnlySpan<DatagramSlab> slabs, Span<ReceivedDatagram> received)
    {
        var names = stackalloc byte[MaxMessagesPerRead * SocketAddressCodec.IPv6Bytes];
        var controls = stackalloc byte[MaxMessagesPerRead * ControlMessages.ReceiveBytes];
        var messages = stackalloc MultiMessageHeader[MaxMessagesPerRead];
        var vectors = stackalloc IoVector[MaxMessagesPerRead];
        for (var i = 0; i < slabs.Length; i++)
        {
            // Slabs stay pinned. The lengths are in and out, so they are set each time.
            vectors[i] = new IoVector { Base = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(slabs[i].Array)), Length = MaxDatagramBytes };
            messages[i] = new MultiMessageHeader
            {
                Message = new MessageHeader
                {
                    Name = names + (i * SocketAddressCodec.IPv6Bytes),
                    NameLength = SocketAddressCodec.IPv6Bytes,
                    Vectors = vectors + i,
                    VectorCount = 1,
                    Control = controls + (i * ControlMessages.ReceiveBytes),
                    ControlLength = ControlMessages.ReceiveBytes,
                },
            };
        }

        while (true)
        {
            var errno = _faults?.OnReceive() ?? 0;
            var count = -1;
            if (errno == 0)
            {
                count = LibC.ReceiveMessages(_handle, messages, (uint)slabs.Length, LibC.MSG_DONTWAIT, null);
                errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
            }

            if (count >= 0)
            {
                var arrivalMicros = MonotonicClock.NowMicros;
                for (var i = 0; i < count; i++)
                    received[i] = Describe(&messages[i].Message, slabs[i], 0, (int)messages[i].Length, arrivalMicros);
                return count;
            }

            if (errno == Errno.EAGAIN)
                return 0;
            if (errno == Errno.EINTR)
                continue;
            ThrowIfFatal(errno);
            DrainErrors();
            return -1;
        }
    }
}
