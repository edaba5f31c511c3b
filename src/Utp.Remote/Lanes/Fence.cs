namespace Utp.Remote;

/// <summary>What must be handed over before a frame: so many frames of some lanes, counted from the beginning, modulo 2^32.</summary>
/// <param name="Mask">The lanes that count, as bits.</param>
/// <param name="Counts">For each lane.</param>
internal sealed record Fence(byte Mask, uint[] Counts)
{
    /// <summary>Whether they were.</summary>
    public bool IsPassed(ReadOnlySpan<uint> handedOver)
    {
        for (var lane = 0; lane < Counts.Length; lane++)
        {
            if ((Mask & (1 << lane)) != 0 && (int)(Volatile.Read(in handedOver[lane]) - Counts[lane]) < 0)
                return false;
        }

        return true;
    }
}
