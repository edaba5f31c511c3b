using System.Runtime.InteropServices;

namespace Utp.Links.Router;

/// <summary>
/// Packets that are under way, in slots of one size outside the managed heap: nothing is allocated per packet, and the collector has nothing to move. Owned by the router's
/// thread.
/// </summary>
internal sealed unsafe class PacketPool : IDisposable
{
    private const int SlotsPerBlock = 256;
    private readonly int _slotBytes;
    private readonly int _maxSlots;
    private readonly List<nint> _blocks = [];
    private readonly Stack<int> _free = new();
    private int[] _lengths = [];

    /// <param name="slotBytes">The longest packet.</param>
    /// <param name="maxBytes">What all slots may take together.</param>
    public PacketPool(int slotBytes, long maxBytes) => (_slotBytes, _maxSlots) = (slotBytes, (int)(maxBytes / slotBytes));

    public int SlotBytes => _slotBytes;

    /// <summary>A free slot; −1 when the memory is used up.</summary>
    public int Take()
    {
        if (_free.Count == 0)
        {
            var first = _blocks.Count * SlotsPerBlock;
            if (first + SlotsPerBlock > _maxSlots)
                return -1;
            _blocks.Add((nint)NativeMemory.Alloc(SlotsPerBlock, (nuint)_slotBytes));
            Array.Resize(ref _lengths, first + SlotsPerBlock);
            for (var slot = first + SlotsPerBlock - 1; slot >= first; slot--)
                _free.Push(slot);
        }

        return _free.Pop();
    }

    public void Return(int slot) => _free.Push(slot);

    public byte* Bytes(int slot) => (byte*)_blocks[slot / SlotsPerBlock] + ((long)(slot % SlotsPerBlock) * _slotBytes);

    public ref int Length(int slot) => ref _lengths[slot];

    public Span<byte> Packet(int slot) => new(Bytes(slot), _lengths[slot]);

    /// <summary>Another slot with the same bytes; −1 when the memory is used up.</summary>
    public int Copy(int slot)
    {
        var copy = Take();
        if (copy < 0)
            return copy;
        Length(copy) = Length(slot);
        Packet(slot).CopyTo(Packet(copy));
        return copy;
    }

    public void Dispose()
    {
        foreach (var block in _blocks)
            NativeMemory.Free((void*)block);
        _blocks.Clear();
    }
}
