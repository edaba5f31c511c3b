namespace Utp.Simulation;

/// <summary>What a bad link does to the bytes of a datagram.</summary>
internal static class Damage
{
    private const int MaxFlippedBits = 8;

    /// <summary>Flips one to eight bits, half of the time within the first 20 bytes, where it hurts most.</summary>
    public static void FlipBits(Span<byte> payload, Prng random)
    {
        if (payload.IsEmpty)
            return;
        var end = random.Next(2) == 0 ? Math.Min(20, payload.Length) : payload.Length;
        for (var left = random.Between(1, MaxFlippedBits); left > 0; left--)
            payload[(int)random.Next(end)] ^= (byte)(1 << (int)random.Next(8));
    }

    /// <summary>How much is left of a datagram that loses its end: anything from nothing to all but one byte.</summary>
    public static int Truncate(int length, Prng random) => length == 0 ? 0 : (int)random.Next(length);
}
