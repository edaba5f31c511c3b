using Utp.Protocol;

namespace Utp.Actors;

/// <summary>Something that has one deadline at a time. Its place in a <see cref="DeadlineHeap"/> lies in itself, so that an idle connection pays no object for it.</summary>
internal abstract class DeadlineEntry
{
    internal const int NotArmed = -1;

    internal int Place { get; set; } = NotArmed;

    internal Instant At { get; set; } = Instant.Never;

    /// <summary>Tells the owner that its deadline has passed. Called on the thread of <see cref="DeadlineClock"/>; must return at once.</summary>
    /// <param name="now">The time.</param>
    /// <returns>When to ask again, because the deadline has moved meanwhile; <see cref="Instant.Never"/>: not before it is armed.</returns>
    internal abstract Instant OnExpired(Instant now);
}

/// <summary>
/// Deadlines in order: a binary heap in which each entry knows its place, so that moving one earlier and removing it cost no search, and
/// leave nothing behind. Exact, where a wheel of slots would round. Used by one thread at a time.
/// </summary>
internal sealed class DeadlineHeap
{
    private DeadlineEntry[] _entries = new DeadlineEntry[16];

    public int Count { get; private set; }

    /// <summary>The earliest deadline of all.</summary>
    public Instant Earliest => Count == 0 ? Instant.Never : _entries[0].At;

    /// <summary>
    /// Arms an entry, or moves its deadline earlier. A later deadline than the armed one is ignored: the entry expires early, looks, and arms again.
    /// </summary>
    /// <returns>Whether this is now the earliest of all.</returns>
    public bool Arm(DeadlineEntry entry, Instant at)
    {
        if (at >= entry.At)
            return false;
        entry.At = at;
        if (entry.Place == DeadlineEntry.NotArmed)
        {
            if (Count == _entries.Length)
                Array.Resize(ref _entries, Count * 2);
            entry.Place = Count;
            _entries[Count++] = entry;
        }

        MoveUp(entry);
        return entry.Place == 0;
    }

    /// <summary>Forgets an entry's deadline; harmless when it has none.</summary>
    public void Remove(DeadlineEntry entry)
    {
        if (entry.Place == DeadlineEntry.NotArmed)
            return;
        var place = entry.Place;
        var last = _entries[--Count];
        _entries[Count] = null!;
        entry.Place = DeadlineEntry.NotArmed;
        entry.At = Instant.Never;
        if (last == entry)
            return;
        _entries[place] = last;
        last.Place = place;
        MoveUp(last);
        MoveDown(last);
    }

    /// <summary>Takes out the earliest entry if its deadline has passed.</summary>
    public bool TryExpire(Instant now, out DeadlineEntry entry)
    {
        entry = _entries[0];
        if (Count == 0 || entry.At > now)
            return false;
        Remove(entry);
        return true;
    }

    private void MoveUp(DeadlineEntry entry)
    {
        var place = entry.Place;
        while (place > 0)
        {
            var parent = (place - 1) / 2;
            if (_entries[parent].At <= entry.At)
                break;
            Put(_entries[parent], place);
            place = parent;
        }

        Put(entry, place);
    }

    private void MoveDown(DeadlineEntry entry)
    {
        var place = entry.Place;
        while (true)
        {
            var child = (2 * place) + 1;
            if (child >= Count)
                break;
            if (child + 1 < Count && _entries[child + 1].At < _entries[child].At)
                child++;
            if (_entries[child].At >= entry.At)
                break;
            Put(_entries[child], place);
            place = child;
        }

        Put(entry, place);
    }

    private void Put(DeadlineEntry entry, int place)
    {
        _entries[place] = entry;
        entry.Place = place;
    }
}
