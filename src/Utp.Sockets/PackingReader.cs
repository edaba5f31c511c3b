using System.Diagnostics.CodeAnalysis;

namespace Utp.Sockets;

/// <summary>How a channel fills a <see cref="ReceiveBatch"/>. One caller at a time.</summary>
internal abstract class BatchReader
{
    /// <summary>After so many errors in a row the reader gets its thread back; the next readable goes on.</summary>
    protected const int MaxErrorsPerReceive = 64;

    /// <summary>Reads until the batch is full, or nothing is waiting. Throws only when the socket is gone.</summary>
    public abstract ReceiveStatus Fill(ReceiveBatch batch);
}

/// <summary>One datagram per system call, packed one behind the other into slabs.</summary>
internal sealed class PackingReader(DatagramIo io) : BatchReader
{
    private SlabRemainder _remainder;

    public override ReceiveStatus Fill(ReceiveBatch batch)
    {
        DatagramSlab? slab = null;
        var offset = 0;
        var isOwned = false;
        var errors = 0;
        try
        {
            while (!batch.IsFull)
            {
                if (slab is null || slab.Array.Length - offset < DatagramIo.MaxDatagramBytes)
                {
                    isOwned = false;
                    if (!TryTakeSlab(batch.Pool, out slab, out offset))
                        return ReceiveStatus.NoMemory;
                }

                var result = io.Read(slab, offset, out var datagram);
                if (result == ReadResult.Datagram)
                {
                    if (!isOwned)
                        batch.Own(slab);
                    isOwned = true;
                    batch.Add(datagram);
                    offset += datagram.Length;
                    errors = 0;
                }
                else if (result == ReadResult.Empty || ++errors == MaxErrorsPerReceive)
                {
                    return ReceiveStatus.Drained;
                }
            }

            return ReceiveStatus.More;
        }
        finally
        {
            if (slab is not null)
            {
                _remainder = new SlabRemainder(slab, offset);
                if (!isOwned)
                    slab.Release();
            }
        }
    }

    /// <summary>A slab with room for any datagram, and one reference that is the caller's: the last one's rest or a new one.</summary>
    private bool TryTakeSlab(SlabPool pool, [NotNullWhen(true)] out DatagramSlab? slab, out int offset)
    {
        // The rest is taken once: what is read now lies behind the offset it remembers.
        var remainder = _remainder;
        _remainder = default;
        return remainder.TryReopen(pool, out slab, out offset) || pool.TryRent(out slab);
    }
}
