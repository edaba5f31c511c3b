namespace Utp.Protocol;

/// <summary>Writes a chain of extensions behind a header (BEP 29, "extension"): next type, length, data, in the caller's buffer.</summary>
internal ref struct ExtensionChain
{
    private readonly Span<byte> _buffer;
    private int _linkOffset;

    public ExtensionChain(Span<byte> buffer)
    {
        _buffer = buffer;
        Length = PacketHeader.Length;
    }

    /// <summary>The first extension's type: the header's field.</summary>
    public byte First { get; private set; }

    /// <summary>Bytes of header and chain so far: where the payload begins.</summary>
    public int Length { get; private set; }

    /// <summary>Appends an extension and returns where its data goes.</summary>
    public Span<byte> Add(byte type, int bytes)
    {
        if (First == ExtensionType.None)
            First = type;
        else
            _buffer[_linkOffset] = type;
        _linkOffset = Length;
        _buffer[Length] = ExtensionType.None;
        _buffer[Length + 1] = (byte)bytes;
        var data = _buffer.Slice(Length + 2, bytes);
        Length += 2 + bytes;
        return data;
    }
}
