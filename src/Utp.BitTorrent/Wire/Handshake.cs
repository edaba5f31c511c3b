namespace Utp.BitTorrent;

/// <summary>The first 68 bytes of each direction (BEP 3, "handshake"), with the bits by which peers say what they know.</summary>
internal readonly record struct Handshake(InfoHash InfoHash, PeerId PeerId, bool Fast, bool Extended)
{
    public const int Length = 68;

    private const int ReservedAt = 20;
    private const int InfoHashAt = 28;
    private const int PeerIdAt = 48;

    private static ReadOnlySpan<byte> Name => "\u0013BitTorrent protocol"u8;

    public static bool TryRead(ReadOnlySpan<byte> bytes, out Handshake handshake)
    {
        handshake = default;
        if (bytes.Length < Length || !bytes.StartsWith(Name))
            return false;
        handshake = new Handshake(
            new InfoHash(bytes.Slice(InfoHashAt, InfoHash.Length)),
            new PeerId(bytes.Slice(PeerIdAt, PeerId.Length)),
            Fast: (bytes[ReservedAt + 7] & 0x04) != 0, // BEP 6
            Extended: (bytes[ReservedAt + 5] & 0x10) != 0); // BEP 10
        return true;
    }

    public void Write(Span<byte> output)
    {
        output[..Length].Clear();
        Name.CopyTo(output);
        output[ReservedAt + 5] |= (byte)(Extended ? 0x10 : 0);
        output[ReservedAt + 7] |= (byte)(Fast ? 0x04 : 0);
        InfoHash.Span.CopyTo(output[InfoHashAt..]);
        PeerId.Span.CopyTo(output[PeerIdAt..]);
    }
}

/// <summary>What a peer calls itself: 20 bytes, by custom two letters and a version for its program, and then whatever (BEP 20).</summary>
internal readonly struct PeerId : IEquatable<PeerId>
{
    public const int Length = 20;

    private readonly byte[] _bytes;

    public PeerId(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    public ReadOnlySpan<byte> Span => _bytes;

    private static ReadOnlySpan<byte> OurPrefix => "-UA"u8;

    private static ReadOnlySpan<byte> OurVersion => "0100-"u8;

    /// <summary>Whether it is of this library.</summary>
    public bool IsOfOurs => _bytes.AsSpan().StartsWith(OurPrefix);

    /// <summary>One of ours, from a source of randomness.</summary>
    public static PeerId Create(Random random)
    {
        Span<byte> bytes = stackalloc byte[Length];
        OurPrefix.CopyTo(bytes);
        OurVersion.CopyTo(bytes[OurPrefix.Length..]);
        for (var at = 8; at < Length; at++)
            bytes[at] = (byte)"0123456789abcdefghijklmnopqrstuvwxyz"[random.Next(36)];
        return new PeerId(bytes);
    }

    public bool Equals(PeerId other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is PeerId other && Equals(other);

    public override int GetHashCode() => BitConverter.ToInt32(Span[8..]);
}
