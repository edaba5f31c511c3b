namespace Utp.Sockets.Linux;

/// <summary>
/// Several messages per system call, each of them perhaps a run of datagrams that the kernel merged. Each is read to a slab of its own, because any may be
/// 64 kB; a small one is moved behind another, so that small datagrams do not pin a slab each.
/// </summary>
internal sealed class MergedReader(LinuxDatagramIo io) : BatchReader
{
    // Handled before more is read: what is larger than a cache is read twice from memory.
    private const int MaxBytesPerFill = 512 << 10;

    // A copy that costs less than what it saves: memory that is held until the datagram is handled. Longer ones are merged runs, which are not copied.
    private const int MaxPackedBytes = 2_048;

    // One more than a ping needs: so a lone datagram shows by itself that nothing follows.
    private const int LeastMessages = 2;

    private readonly DatagramSlab[] _slabs = new DatagramSlab[LinuxDatagramIo.MaxMessagesPerRead];
    private readonly ReceivedDatagram[] _received = new ReceivedDatagram[LinuxDatagramIo.MaxMessagesPerRead];
    private int _depth = LeastMessages;

    public override ReceiveStatus Fill(ReceiveBatch batch)
    {
        var free = 0;
        try
        {
            return Fill(batch, ref free);
        }
        finally
        {
            for (var i = 0; i < free; i++)
                _slabs[i].Release();
            Array.Clear(_slabs);
            Array.Clear(_received);
        }
    }

    /// <param name="batch">To fill.</param>
    /// <param name="free">How many of <see cref="_slabs"/> are ours and empty.</param>
    private ReceiveStatus Fill(ReceiveBatch batch, ref int free)
    {
        DatagramSlab? packed = null;
        var packedOffset = 0;
        var bytes = 0;
        var errors = 0;
        while (!batch.IsFull && bytes < MaxBytesPerFill)
        {
            var wanted = Math.Min(_depth, batch.Capacity - batch.Count);
            while (free < wanted && batch.Pool.TryRent(out var slab))
                _slabs[free++] = slab;
            if (free == 0)
                return ReceiveStatus.NoMemory;

            var asked = Math.Min(wanted, free);
            var count = io.ReadMany(_slabs.AsSpan(0, asked), _received);
            if (count < 0)
            {
                if (++errors == MaxErrorsPerReceive)
                    return ReceiveStatus.Drained;
                continue;
            }

            errors = 0;
            var kept = 0;
            for (var i = 0; i < free; i++)
            {
                if (i < count && !TryPack(batch, _received[i], packed, ref packedOffset))
                {
                    batch.Own(_slabs[i]);
                    batch.Add(_received[i]);
                    if (packed is null || packed.Array.Length - packedOffset < _slabs[i].Array.Length - _received[i].Length)
                        (packed, packedOffset) = (_slabs[i], _received[i].Length);
                }
                else
                {
                    _slabs[kept++] = _slabs[i];
                }

                bytes += i < count ? _received[i].Length : 0;
            }

            free = kept;
            if (count < asked)
            {
                _depth = Math.Max(LeastMessages, count + 1);
                return ReceiveStatus.Drained;
            }

            _depth = Math.Min(_depth * 2, _slabs.Length);
        }

        return ReceiveStatus.More;
    }

    private static bool TryPack(ReceiveBatch batch, in ReceivedDatagram datagram, DatagramSlab? packed, ref int offset)
    {
        if (packed is null || datagram.Length > MaxPackedBytes || packed.Array.Length - offset < datagram.Length)
            return false;
        datagram.Span.CopyTo(packed.Array.AsSpan(offset));
        batch.Add(datagram with { Slab = packed, Offset = offset });
        offset += datagram.Length;
        return true;
    }
}
