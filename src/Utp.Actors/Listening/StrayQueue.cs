using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>A datagram that belongs to no connection, copied: few do, and they must not hold receive memory while the listener is busy.</summary>
/// <param name="Received">The way it came.</param>
/// <param name="Path">The same as the table knows it.</param>
/// <param name="Bytes">All of it.</param>
/// <param name="Arrival">When it was read.</param>
internal readonly record struct Stray(UdpPath Received, UdpPath Path, byte[] Bytes, Instant Arrival);

/// <summary>
/// Datagrams on their way from the receive loops to the listener, which accepts, refuses, resets, or offers them out of band. Bounded in bytes: beyond that they are
/// dropped, as the kernel would. Any thread adds, the listener takes.
/// </summary>
internal sealed class StrayQueue(long limitBytes)
{
    // What one costs beside its bytes.
    private const int OverheadBytes = 128;

    private readonly ConcurrentQueue<Stray> _queue = new();
    private long _bytes;
    private int _told;

    public void Add(in Stray stray)
    {
        var size = stray.Bytes.Length + OverheadBytes;
        if (Interlocked.Add(ref _bytes, size) > limitBytes)
        {
            Interlocked.Add(ref _bytes, -size);
            return;
        }

        _queue.Enqueue(stray);
    }

    /// <summary>One message at a time, however many wait.</summary>
    public void TellIfAny(IActorRef listener)
    {
        if (!_queue.IsEmpty && Interlocked.Exchange(ref _told, 1) == 0)
            listener.Tell(StraysWaiting.Instance, ActorRefs.NoSender);
    }

    /// <summary>Before the listener takes: what comes from now on is told again.</summary>
    public void OnHeard() => Interlocked.Exchange(ref _told, 0);

    public bool TryTake(out Stray stray)
    {
        if (!_queue.TryDequeue(out stray))
            return false;
        Interlocked.Add(ref _bytes, -(stray.Bytes.Length + OverheadBytes));
        return true;
    }
}

/// <summary>To a listener: datagrams that belong to no connection wait in its <see cref="StrayQueue"/>.</summary>
internal sealed class StraysWaiting : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly StraysWaiting Instance = new();
}
