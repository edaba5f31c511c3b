using Akka.Actor;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// What a connection sends in a turn: bursts from the core to the socket, and what of them the socket does not take. Owned by the connection's actor, which alone calls it.
/// </summary>
internal sealed class Transmission(ConnectionHandle handle, Port port, UtpConnection core)
{
    // A turn is bounded, so that one fast connection does not hold its thread; it goes on behind what its mailbox has.
    private const int MaxDatagramsPerTurn = 128;

    // A queue of a few packets at 50 Mbit/s has room for the next one after this time; asking a slower one in vain is a cheap system call.
    private const long QueueRetryMicros = 250;

    // A burst, and behind it the next datagram, which may be of any size. A send copies nothing that outlives it, so one buffer per thread does.
    [ThreadStatic]
    private static byte[]? _threadBuffer;

    private ConnectionRecord? _record;
    private bool _waitsForWritable;

    /// <summary>Somebody hears what is sent from now on; null: nobody does.</summary>
    public void RecordTo(ConnectionRecord? record) => _record = record;

    /// <summary>When to ask a queue again that was full, and that tells nobody when it has room.</summary>
    public Instant RetryAt { get; private set; } = Instant.Never;

    /// <summary>The listener says that the socket takes datagrams again.</summary>
    public void OnWritable(Instant now)
    {
        _waitsForWritable = false;
        core.HandleWritable(now);
    }

    /// <summary>A deadline has passed: perhaps that of the full queue.</summary>
    public void OnDeadline(Instant now)
    {
        if (now < RetryAt)
            return;
        RetryAt = Instant.Never;
        core.HandleWritable(now);
    }

    /// <summary>
    /// Sends what is due, up to a turn's worth; returns whether there may be more. Datagrams of equal size leave as one burst. The timestamp is that of the burst, taken as it
    /// begins: a few µs before the send.
    /// </summary>
    public bool Run()
    {
        var buffer = _threadBuffer ??= GC.AllocateUninitializedArray<byte>(2 * ushort.MaxValue);
        var burst = new Burst(handle.BurstBytes);
        var now = Clock.Now;
        for (var i = 0; i < MaxDatagramsPerTurn; i++)
        {
            if (!core.PollTransmit(buffer.AsSpan(burst.Bytes), now, out var transmit))
            {
                // What was too large and taken back leaves in this drain too, in other sizes: nothing else would wake us for it.
                if (Send(burst, buffer, behind: 0, now) != BurstResult.TakenBack)
                    return false;
                burst = new Burst(handle.BurstBytes);
                now = Clock.Now;
                continue;
            }

            if (!burst.Takes(transmit))
            {
                // It was written behind the burst, and begins the next one.
                switch (Send(burst, buffer, behind: 1, now))
                {
                    case BurstResult.Stop:
                        return false;
                    case BurstResult.Gone:
                        buffer.AsSpan(burst.Bytes, transmit.Length).CopyTo(buffer);
                        burst = new Burst(handle.BurstBytes);
                        burst.Add(transmit);
                        break;
                    default:
                        burst = new Burst(handle.BurstBytes);
                        break;
                }

                now = Clock.Now;
            }
            else
            {
                burst.Add(transmit);
            }

            // What is polled now would be written behind it, and copied to the beginning.
            if (burst.IsFull)
            {
                if (Send(burst, buffer, behind: 0, now) == BurstResult.Stop)
                    return false;
                burst = new Burst(handle.BurstBytes);
                now = Clock.Now;
            }
        }

        return Send(burst, buffer, behind: 0, now) != BurstResult.Stop;
    }

    /// <summary>Sends a burst. What the kernel did not take is not lost, so it must not look lost: the core takes it back.</summary>
    /// <param name="burst">At the beginning of <paramref name="buffer"/>.</param>
    /// <param name="buffer">Its bytes.</param>
    /// <param name="behind">Datagrams that were polled after it, and are taken back with it.</param>
    /// <param name="now">The time.</param>
    private BurstResult Send(in Burst burst, byte[] buffer, int behind, Instant now)
    {
        var offset = 0;
        var left = burst.Count;
        PathError? pathError = null;
        while (left > 0)
        {
            var sent = handle.Channel.SendBurst(handle.Path, buffer.AsSpan(offset, burst.Bytes - offset), burst.SegmentBytes, burst.DontFragment, out var status);
            if (sent > 0)
                _record?.OnBurst(buffer.AsSpan(offset, Math.Min(sent * burst.SegmentBytes, burst.Bytes - offset)), burst.SegmentBytes, now);
            left -= sent;
            offset += sent * burst.SegmentBytes;
            if (left == 0)
                break;
            switch (status)
            {
                case SendStatus.WouldBlock:
                    core.HandleUnsent(left + behind, now);
                    if (!_waitsForWritable)
                    {
                        _waitsForWritable = true;
                        port.Listener.Tell(new WaitsForWritable(handle));
                    }

                    return BurstResult.Stop;
                case SendStatus.NoBuffers:
                    core.HandleUnsent(left + behind, now);
                    RetryAt = now.Plus(QueueRetryMicros);
                    return BurstResult.Stop;
                case SendStatus.MessageTooLarge:
                    core.HandleTooLarge(left + behind, now);
                    return BurstResult.TakenBack;
                case SendStatus.Closed:
                    // The listener tells why; until then nothing can leave.
                    return BurstResult.Stop;
                default:
                    pathError ??= status.ToPathError();
                    left--;
                    offset += burst.SegmentBytes;
                    break;
            }
        }

        // Told last, because the core then takes what was polled for sent.
        if (pathError is { } error)
            core.HandlePathError(error, now);
        return BurstResult.Gone;
    }

    private enum BurstResult
    {
        /// <summary>All is sent, or as good as sent.</summary>
        Gone,

        /// <summary>The core has taken back what was left, and what was behind; it goes on with other sizes.</summary>
        TakenBack,

        /// <summary>The socket takes nothing now.</summary>
        Stop,
    }
}
