namespace Utp.Remote;

/// <summary>
/// Which lanes an association has, in this order: ordinary ones, the first of which is lane 0, then the one of control traffic, then the one of large messages. One byte of the hello.
/// </summary>
/// <param name="Ordinary">1 to <see cref="MaxOrdinary"/>.</param>
/// <param name="HasControl">Whether control traffic has its own.</param>
/// <param name="HasLarge">Whether large messages have their own.</param>
internal readonly record struct LaneLayout(int Ordinary, bool HasControl, bool HasLarge)
{
    /// <summary>So that all lanes have a bit in a byte.</summary>
    public const int MaxOrdinary = 6;

    private const byte ControlBit = 0x10;
    private const byte LargeBit = 0x20;

    /// <summary>One lane for everything.</summary>
    public static readonly LaneLayout Single = new(1, false, false);

    public int Count => Ordinary + (HasControl ? 1 : 0) + (HasLarge ? 1 : 0);

    /// <summary>Where control traffic goes.</summary>
    public int Control => HasControl ? Ordinary : 0;

    /// <summary>Where large messages go.</summary>
    public int Large => HasLarge ? Count - 1 : 0;

    /// <summary>The ordinary lanes, and the large one, as bits: those whose frames have an order among each other.</summary>
    public byte OrderedMask => (byte)(((1 << Ordinary) - 1) | LargeMask);

    /// <summary>The ordinary lanes as bits.</summary>
    public byte OrdinaryMask => (byte)((1 << Ordinary) - 1);

    /// <summary>All lanes as bits.</summary>
    public byte AllMask => (byte)((1 << Count) - 1);

    /// <summary>The large lane as a bit; zero: there is none.</summary>
    public byte LargeMask => HasLarge ? (byte)(1 << Large) : (byte)0;

    /// <summary>As the hello carries it.</summary>
    public byte ToByte() => (byte)(Ordinary | (HasControl ? ControlBit : 0) | (HasLarge ? LargeBit : 0));

    /// <summary>False for a layout that this code does not know.</summary>
    public static bool TryRead(byte value, out LaneLayout layout)
    {
        layout = new LaneLayout(value & 0x0F, (value & ControlBit) != 0, (value & LargeBit) != 0);
        return layout.Ordinary is >= 1 and <= MaxOrdinary && layout.ToByte() == value;
    }

    /// <summary>What the acceptor grants: no more ordinary lanes than either wants, control traffic apart if both want it, large messages apart if one has some.</summary>
    public LaneLayout Grant(LaneLayout asked) => new(Math.Min(Ordinary, asked.Ordinary), HasControl && asked.HasControl, HasLarge || asked.HasLarge);
}
