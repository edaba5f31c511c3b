using System.Buffers;
using System.Threading.Channels;

namespace Utp.BitTorrent;

/// <summary>
/// What a peer is still to be sent: small messages, written already, and the blocks that it asked for, which are read when their turn comes. Filled under the torrent's lock,
/// emptied by the peer's writer.
/// </summary>
internal sealed class Outbox
{
    /// <summary>Blocks that may wait: what is announced as "reqq" (BEP 10).</summary>
    public const int MaxBlocks = 500;

    /// <summary>A peer that makes us answer and does not read is to be dropped beyond this, in bytes.</summary>
    public const int MaxBytes = 4 << 20;

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(1);
    private readonly Queue<BlockRange> _blocks = new();
    private ArrayBufferWriter<byte> _messages = new();
    private bool _isAwake;

    /// <summary>Takes messages.</summary>
    public IBufferWriter<byte> Messages => _messages;

    public bool IsOverfull => _messages.WrittenCount > MaxBytes;

    public int Blocks => _blocks.Count;

    /// <summary>Whether it was put behind the others; false: too many wait.</summary>
    public bool TryAdd(BlockRange block)
    {
        if (_blocks.Count >= MaxBlocks)
            return false;
        _blocks.Enqueue(block);
        return true;
    }

    /// <summary>The peer needs it no more. Whether it was still here.</summary>
    public bool Remove(BlockRange block)
    {
        if (!_blocks.Contains(block))
            return false;
        var kept = _blocks.Where(other => other != block).ToList();
        _blocks.Clear();
        kept.ForEach(_blocks.Enqueue);
        return true;
    }

    /// <summary>Takes out all blocks but those to be kept.</summary>
    public List<BlockRange> Clear(Func<BlockRange, bool> keeps)
    {
        var (kept, gone) = (_blocks.Where(keeps).ToList(), _blocks.Where(block => !keeps(block)).ToList());
        _blocks.Clear();
        kept.ForEach(_blocks.Enqueue);
        return gone;
    }

    /// <summary>Takes out what is to be written next: all messages, and some blocks. Null: nothing.</summary>
    public ArrayBufferWriter<byte>? Take(ArrayBufferWriter<byte> spare, List<BlockRange> blocks, int maxBlocks)
    {
        while (blocks.Count < maxBlocks && _blocks.TryDequeue(out var block))
            blocks.Add(block);
        if (_messages.WrittenCount == 0 && blocks.Count == 0)
        {
            _isAwake = false;
            return null;
        }

        spare.ResetWrittenCount();
        (spare, _messages) = (_messages, spare);
        return spare;
    }

    /// <summary>The writer is to look.</summary>
    public void Wake()
    {
        if (_isAwake || (_messages.WrittenCount == 0 && _blocks.Count == 0))
            return;
        _isAwake = true;
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Waits until there is something. For the writer, without the lock.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _wake.Reader.ReadAsync(cancellationToken);
}
