using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>A first-in first-out queue with a limit in bytes; what does not fit is refused. Owned by one <see cref="SimulatedLink"/>.</summary>
internal sealed class DropTailQueue
{
    private readonly Queue<(int Slot, int Bytes, Instant Since)> _waiting = new();

    /// <summary>Bytes that wait.</summary>
    public long QueuedBytes { get; private set; }

    /// <summary>Takes a datagram; false when it does not fit, and it is still the caller's.</summary>
    public bool TryEnqueue(int slot, int bytes, long limitBytes, Instant now)
    {
        if (QueuedBytes + bytes > limitBytes)
            return false;
        QueuedBytes += bytes;
        _waiting.Enqueue((slot, bytes, now));
        return true;
    }

    /// <summary>Gives the oldest datagram back.</summary>
    public bool TryDequeue(out int slot, out int bytes, out Instant since)
    {
        (slot, bytes, since) = (0, 0, Instant.Zero);
        if (!_waiting.TryDequeue(out var next))
            return false;
        (slot, bytes, since) = next;
        QueuedBytes -= bytes;
        return true;
    }
}
