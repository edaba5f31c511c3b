namespace Utp.Protocol;

/// <summary>
/// Which packets beyond the missing one have arrived, as ranges in order: what a selective acknowledgement shows, without
/// looking at each packet. Nearly every packet extends the last range; one that does not is found by bisection.
/// </summary>
internal sealed class ReceivedRanges
{
    private readonly List<SeqRange> _ranges = [];

    /// <summary>How many ranges.</summary>
    public int Count => _ranges.Count;

    /// <summary>The ranges, nearest first.</summary>
    public ReadOnlySpan<SeqRange> Ranges => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ranges);

    /// <summary>Adds a packet that is in no range yet.</summary>
    public void Add(SeqNr seqNr)
    {
        var index = IndexAfter(seqNr);
        var joinsBefore = index > 0 && _ranges[index - 1].End == seqNr;
        var joinsAfter = index < _ranges.Count && _ranges[index].Start == seqNr.Next;
        if (joinsBefore && joinsAfter)
        {
            _ranges[index - 1] = new SeqRange(_ranges[index - 1].Start, _ranges[index].End);
            _ranges.RemoveAt(index);
        }
        else if (joinsBefore)
        {
            _ranges[index - 1] = new SeqRange(_ranges[index - 1].Start, seqNr.Next);
        }
        else if (joinsAfter)
        {
            _ranges[index] = new SeqRange(seqNr, _ranges[index].End);
        }
        else
        {
            _ranges.Insert(index, new SeqRange(seqNr, seqNr.Next));
        }
    }

    /// <summary>The first packet of the nearest range was taken.</summary>
    public void RemoveFirst()
    {
        var first = _ranges[0];
        if (first.Start.Next == first.End)
            _ranges.RemoveAt(0);
        else
            _ranges[0] = new SeqRange(first.Start.Next, first.End);
    }

    /// <summary>The end of the range that holds the packet; the packet itself if none does.</summary>
    public SeqNr EndOfRangeWith(SeqNr seqNr)
    {
        var index = IndexAfter(seqNr) - 1;
        return index >= 0 && _ranges[index].End.IsAfter(seqNr) ? _ranges[index].End : seqNr;
    }

    /// <summary>Gives back the memory that is not used.</summary>
    public void TrimExcess() => _ranges.TrimExcess();

    /// <summary>Forgets everything.</summary>
    public void Clear() => _ranges.Clear();

    // The index of the first range that begins after the packet.
    private int IndexAfter(SeqNr seqNr)
    {
        int low = 0, high = _ranges.Count;
        if (high > 0 && seqNr.IsAfter(_ranges[high - 1].Start))
            return high;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].Start.IsAfter(seqNr))
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}

/// <summary>Packets from <paramref name="Start"/> to before <paramref name="End"/>.</summary>
internal readonly record struct SeqRange(SeqNr Start, SeqNr End)
{
    /// <summary>How many.</summary>
    public int Length => Start.DistanceTo(End);
}
