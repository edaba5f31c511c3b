namespace Utp.Simulation;

/// <summary>
/// The datagrams that are on their way, in slots that are used again, so that a datagram costs no garbage. A slot has one
/// owner at a time (a link, or the network), who passes it on or frees it.
/// </summary>
internal sealed class DatagramStore
{
    private const int SmallBytes = 2_048;
    private readonly Stack<int> _free = new();
    private readonly Stack<byte[]> _smallBuffers = new();
    private readonly Stack<byte[]> _largeBuffers = new();
    private Slot[] _slots = new Slot[64];
    private int _used;

    /// <summary>Datagrams on their way.</summary>
    public int Count => _used - _free.Count;

    public ref Slot this[int slot] => ref _slots[slot];

    public int Add(in DatagramInfo info, ReadOnlySpan<byte> payload, SimulatedLink[] route)
    {
        var slot = TakeSlot();
        ref var entry = ref _slots[slot];
        entry.Info = info;
        entry.Buffer = Rent(payload.Length);
        entry.Route = route;
        entry.Hop = 0;
        entry.Damaged = false;
        entry.Fragment = null;
        payload.CopyTo(entry.Buffer);
        return slot;
    }

    /// <summary>A copy of <paramref name="slot"/> at the same hop.</summary>
    public int Copy(int slot)
    {
        var original = _slots[slot];
        var copy = Add(original.Info, original.Buffer.AsSpan(0, original.Info.Length), original.Route);
        _slots[copy].Hop = original.Hop;
        _slots[copy].Damaged = original.Damaged;
        _slots[copy].Fragment = original.Fragment;
        return copy;
    }

    /// <summary>Takes a datagram out, with its memory: it is on its way no more, until <see cref="PutBack"/>.</summary>
    public Slot TakeOut(int slot)
    {
        var entry = _slots[slot];
        _slots[slot] = default;
        _free.Push(slot);
        return entry;
    }

    /// <summary>Puts back what was taken out.</summary>
    public int PutBack(in Slot entry)
    {
        var slot = TakeSlot();
        _slots[slot] = entry;
        return slot;
    }

    public void Free(int slot)
    {
        ref var entry = ref _slots[slot];
        (entry.Buffer.Length == SmallBytes ? _smallBuffers : _largeBuffers).Push(entry.Buffer);
        entry = default;
        _free.Push(slot);
    }

    private int TakeSlot()
    {
        if (_free.TryPop(out var slot))
            return slot;
        slot = _used++;
        if (slot == _slots.Length)
            Array.Resize(ref _slots, _slots.Length * 2);
        return slot;
    }

    private byte[] Rent(int bytes)
    {
        var (pool, size) = bytes <= SmallBytes ? (_smallBuffers, SmallBytes) : (_largeBuffers, ushort.MaxValue);
        return pool.TryPop(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(size);
    }

    internal struct Slot
    {
        public DatagramInfo Info;
        public byte[] Buffer;
        public SimulatedLink[] Route;
        public int Hop;
        public bool Damaged;

        /// <summary>Of a fragment, what it carries; its own payload is empty. Null: a whole datagram.</summary>
        public Fragment? Fragment;

        public readonly Span<byte> Payload => Buffer.AsSpan(0, Info.Length);
    }
}
