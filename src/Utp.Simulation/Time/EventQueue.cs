using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>
/// The simulator's queue: a 4-ary heap of plain values, ordered by time and then by insertion, so that a run does not depend
/// on how the heap happens to lie. Owned by one <see cref="Simulator"/>.
/// </summary>
internal sealed class EventQueue
{
    private Entry[] _heap = new Entry[256];
    private long _inserted;

    public int Count { get; private set; }

    public Instant NextAt => Count == 0 ? Instant.Never : new Instant(_heap[0].At);

    public void Push(Instant at, IEventHandler handler, long tag)
    {
        if (Count == _heap.Length)
            Array.Resize(ref _heap, Count * 2);
        var entry = new Entry(at.Micros, _inserted++, handler, tag);
        var index = Count++;
        while (index > 0)
        {
            var parent = (index - 1) >> 2;
            if (!entry.IsBefore(_heap[parent]))
                break;
            _heap[index] = _heap[parent];
            index = parent;
        }

        _heap[index] = entry;
    }

    public (IEventHandler Handler, long Tag) Pop()
    {
        var first = _heap[0];
        var last = _heap[--Count];
        _heap[Count] = default;
        if (Count > 0)
            SiftDown(last);
        return (first.Handler, first.Tag);
    }

    private void SiftDown(in Entry entry)
    {
        var index = 0;
        while (true)
        {
            var child = (index << 2) + 1;
            if (child >= Count)
                break;
            var end = Math.Min(child + 4, Count);
            var smallest = child;
            for (var i = child + 1; i < end; i++)
            {
                if (_heap[i].IsBefore(_heap[smallest]))
                    smallest = i;
            }

            if (!_heap[smallest].IsBefore(entry))
                break;
            _heap[index] = _heap[smallest];
            index = smallest;
        }

        _heap[index] = entry;
    }

    private readonly record struct Entry(long At, long Order, IEventHandler Handler, long Tag)
    {
        public bool IsBefore(in Entry other) => At < other.At || (At == other.At && Order < other.Order);
    }
}
