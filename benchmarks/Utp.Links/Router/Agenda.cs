namespace Utp.Links.Router;

/// <summary>What is to happen to a packet, and when.</summary>
/// <param name="AtNanos">On the router's clock.</param>
/// <param name="Order">Breaks ties: what was put first comes first.</param>
/// <param name="Link">Whose event it is.</param>
/// <param name="What">What happens.</param>
/// <param name="Slot">The packet.</param>
internal readonly record struct Due(long AtNanos, long Order, RoutedLink Link, DueKind What, int Slot)
{
    public bool IsBefore(in Due other) => AtNanos < other.AtNanos || (AtNanos == other.AtNanos && Order < other.Order);
}

internal enum DueKind
{
    /// <summary>It has left the bottleneck.</summary>
    Serialised,

    /// <summary>A copy enters again.</summary>
    Reenters,

    /// <summary>It has reached the other end.</summary>
    Arrives,

    /// <summary>A report about it has reached who sent it.</summary>
    Reported,
}

/// <summary>What is due, soonest first: a binary heap that allocates only when it grows. Owned by the router's thread.</summary>
internal sealed class Agenda
{
    private Due[] _heap = new Due[1_024];
    private int _count;
    private long _order;

    /// <summary>When the next one is due; <see cref="long.MaxValue"/> for none.</summary>
    public long NextNanos => _count == 0 ? long.MaxValue : _heap[0].AtNanos;

    public int Count => _count;

    public void Add(long atNanos, RoutedLink link, DueKind what, int slot)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, 2 * _count);
        var due = new Due(atNanos, _order++, link, what, slot);
        var at = _count++;
        while (at > 0 && due.IsBefore(_heap[(at - 1) / 2]))
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }

        _heap[at] = due;
    }

    public Due Take()
    {
        var first = _heap[0];
        var last = _heap[--_count];
        var at = 0;
        while (true)
        {
            var child = (2 * at) + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && _heap[child + 1].IsBefore(_heap[child]))
                child++;
            if (!_heap[child].IsBefore(last))
                break;
            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = last;
        return first;
    }
}
