using System.Numerics;

namespace Utp.Simulation;

/// <summary>
/// The only source of chance in a simulation: xoshiro256**, seeded by SplitMix64, written here because the sequence of
/// <c>System.Random</c> for a seed is not promised to stay. The same seed gives the same numbers on every machine.
/// Not for cryptography. Used by one thread at a time.
/// </summary>
public sealed class Prng
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>Creates the sequence of <paramref name="seed"/>; every seed is fine, 0 too.</summary>
    public Prng(ulong seed)
    {
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
        _s2 = SplitMix(ref seed);
        _s3 = SplitMix(ref seed);
    }

    /// <summary>The next 64 bits.</summary>
    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        var t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A number from 0 to <paramref name="exclusiveMax"/> − 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="exclusiveMax"/> is below 1.</exception>
    public long Next(long exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusiveMax, 1);
        // Multiply-shift; its bias of at most exclusiveMax / 2^64 does not matter here.
        return (long)Math.BigMul(NextUInt64(), (ulong)exclusiveMax, out _);
    }

    /// <summary>A number from <paramref name="min"/> to <paramref name="max"/>, both included.</summary>
    public long Between(long min, long max) => min + Next(max - min + 1);

    /// <summary>Whether an event of this probability happens. Draws nothing when it is impossible.</summary>
    public bool Chance(Ratio ratio) => ratio.PerMillion > 0 && Next(Ratio.Million) < ratio.PerMillion;

    /// <summary>
    /// An exponentially distributed number of this mean (von Neumann's method: by comparisons alone, since a logarithm is not the same on
    /// every machine). Cut off at 64 means.
    /// </summary>
    public long Exponential(long mean)
    {
        const int MaxMeans = 64;
        for (var whole = 0L; whole < MaxMeans; whole++)
        {
            // The run of numbers that only fall after the first is of odd length with probability e^−first.
            var first = NextUInt64();
            var length = 1;
            for (var last = first; NextUInt64() is var next && next < last; last = next)
                length++;
            if (length % 2 == 1)
                return (whole * mean) + (long)Math.BigMul(first, (ulong)mean, out _);
        }

        return MaxMeans * mean;
    }

    /// <summary>Fills <paramref name="destination"/> with random bytes.</summary>
    public void Fill(Span<byte> destination)
    {
        Span<byte> word = stackalloc byte[8];
        while (destination.Length > 0)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(word, NextUInt64());
            var count = Math.Min(word.Length, destination.Length);
            word[..count].CopyTo(destination);
            destination = destination[count..];
        }
    }

    /// <summary>One step of SplitMix64: moves <paramref name="state"/> on and returns its hash.</summary>
    public static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
