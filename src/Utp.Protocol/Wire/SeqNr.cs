namespace Utp.Protocol;

/// <summary>
/// A 16-bit sequence number, compared modulo 2^16 (BEP 29, "seq_nr").
/// It has no total order, so it offers a signed distance instead of <see cref="IComparable"/>.
/// </summary>
/// <param name="Value">The number on the wire.</param>
public readonly record struct SeqNr(ushort Value)
{
    /// <summary>The number after this one; 65,535 is followed by 0.</summary>
    public SeqNr Next => new((ushort)(Value + 1));

    /// <summary>The number before this one; 0 is preceded by 65,535.</summary>
    public SeqNr Previous => new((ushort)(Value - 1));

    /// <summary>How many steps <paramref name="other"/> lies ahead (negative: behind).</summary>
    public int DistanceTo(SeqNr other) => (short)(other.Value - Value);

    /// <summary>Whether this number lies ahead of <paramref name="other"/>, by less than half a wrap.</summary>
    public bool IsAfter(SeqNr other) => other.DistanceTo(this) > 0;

    /// <summary>The number <paramref name="steps"/> steps ahead (negative: behind).</summary>
    public SeqNr Plus(int steps) => new((ushort)(Value + steps));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
