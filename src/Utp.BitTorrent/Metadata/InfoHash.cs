using System.Diagnostics.CodeAnalysis;

namespace Utp.BitTorrent;

/// <summary>
/// What names a torrent on the wire: 20 bytes, the SHA-1 of its info dictionary (BEP 3), or the first 20 of its SHA-256 (BEP 52). Compared by value.
/// </summary>
public readonly struct InfoHash : IEquatable<InfoHash>
{
    /// <summary>Bytes.</summary>
    public const int Length = 20;

    private readonly byte[]? _bytes;

    /// <summary>A hash of these bytes, which are copied.</summary>
    /// <param name="bytes">20 of them.</param>
    /// <exception cref="ArgumentException">Not 20.</exception>
    public InfoHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"An info hash has {Length} bytes, not {bytes.Length}.", nameof(bytes));
        _bytes = bytes.ToArray();
    }

    /// <summary>Its 20 bytes.</summary>
    public ReadOnlySpan<byte> Span => _bytes ?? new byte[Length];

    /// <summary>Whether two are the same.</summary>
    public static bool operator ==(InfoHash left, InfoHash right) => left.Equals(right);

    /// <summary>Whether two differ.</summary>
    public static bool operator !=(InfoHash left, InfoHash right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(InfoHash other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is InfoHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(Span);

    /// <summary>As 40 digits of base 16, as magnet links have it.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);
}
