namespace Utp.Simulation;

/// <summary>
/// A datagram that travels in fragments: its bytes wait here until every part of it has arrived at the destination (RFC 791 §3.2;
/// a part may come twice, or be cut again on the way). Owned by its fragments; the datagram is gone with the first that is lost.
/// </summary>
internal sealed class FragmentedDatagram
{
    /// <summary>All fragments but the last carry a multiple of so many bytes of what follows the IP header.</summary>
    public const int BlockBytes = 8;

    private readonly DatagramStore.Slot _whole;
    private readonly bool[] _arrived;
    private int _missing;
    private bool _damaged;
    private bool _over;

    /// <param name="whole">The datagram, taken out of the store.</param>
    /// <param name="ipPayloadBytes">Its bytes behind the IP header.</param>
    public FragmentedDatagram(in DatagramStore.Slot whole, int ipPayloadBytes)
    {
        _whole = whole;
        _missing = (ipPayloadBytes + BlockBytes - 1) / BlockBytes;
        _arrived = new bool[_missing];
        _damaged = whole.Damaged;
    }

    /// <summary>What it is, as it was sent.</summary>
    public DatagramInfo Info => _whole.Info;

    /// <summary>Its UDP payload.</summary>
    public ReadOnlySpan<byte> Payload => _whole.Payload;

    /// <summary>Part of it has arrived.</summary>
    /// <returns>Whether that was the last that was missing: <paramref name="whole"/> is the datagram again.</returns>
    public bool Completes(in Fragment part, bool damaged, out DatagramStore.Slot whole)
    {
        _damaged |= damaged;
        for (var block = part.FromByte / BlockBytes; block * BlockBytes < part.FromByte + part.Bytes; block++)
        {
            if (_arrived[block])
                continue;
            _arrived[block] = true;
            _missing--;
        }

        whole = _whole with { Damaged = _damaged };
        var completes = _missing == 0 && !_over;
        _over |= completes;
        return completes;
    }

    /// <summary>Part of it is lost.</summary>
    /// <returns>Whether the datagram was still to be had until now.</returns>
    public bool IsLostNow()
    {
        var lost = !_over;
        _over = true;
        return lost;
    }
}

/// <summary>Which part of a datagram a fragment carries.</summary>
/// <param name="Of">The datagram.</param>
/// <param name="FromByte">Its first byte, counted behind the datagram's IP header.</param>
/// <param name="Bytes">How many.</param>
internal readonly record struct Fragment(FragmentedDatagram Of, int FromByte, int Bytes);
