namespace Utp.Sockets;

/// <summary>
/// The unused end of the slab that the last batch was read into. It is no reference: the space may be
/// used on only while somebody holds the slab anyway, and then costs nothing more. Otherwise the slab
/// is back in its pool, perhaps already in other hands, which its generation tells.
/// </summary>
internal readonly struct SlabRemainder
{
    private readonly DatagramSlab? _slab;
    private readonly int _generation;
    private readonly int _offset;

    /// <summary>Remembers what lies behind <paramref name="offset"/>. The caller holds a reference on <paramref name="slab"/>.</summary>
    public SlabRemainder(DatagramSlab slab, int offset)
    {
        _slab = slab;
        _generation = slab.Generation;
        _offset = offset;
    }

    /// <summary>A new reference on the slab, owned by the caller, if it is still held and has room for any datagram.</summary>
    public bool TryReopen(SlabPool pool, out DatagramSlab slab, out int offset)
    {
        slab = _slab!;
        offset = _offset;
        if (_slab is not null
            && _slab.Array.Length - _offset >= DatagramIo.MaxDatagramBytes
            && _slab.BelongsTo(pool)
            && _slab.TryAddReference(_generation))
            return true;
        offset = 0;
        return false;
    }
}
