namespace Utp.Protocol;

/// <summary>
/// The 16-bit connection id (BEP 29, "connection_id"). The initiator picks R, receives on R and sends on
/// R + 1; the acceptor receives on R + 1 and sends on R; ST_SYN alone carries R.
/// </summary>
/// <param name="Value">The number on the wire.</param>
public readonly record struct ConnectionId(ushort Value)
{
    /// <summary>The id one above, modulo 2^16.</summary>
    public ConnectionId Next => new((ushort)(Value + 1));

    /// <summary>The id one below, modulo 2^16.</summary>
    public ConnectionId Previous => new((ushort)(Value - 1));

    /// <summary>
    /// Whether an initiator may pick it as R. Never 0xFFFF: libutp does not wrap ids, so its R + 1 would
    /// not be ours (protocol.md §1.4).
    /// </summary>
    public bool IsUsableByInitiator => Value != ushort.MaxValue;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
