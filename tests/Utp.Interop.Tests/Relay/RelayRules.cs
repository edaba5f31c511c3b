namespace Utp.Interop.Tests.Relay;

/// <summary>Which way a datagram goes through a <see cref="UdpRelay"/>.</summary>
public enum RelayDirection
{
    /// <summary>From the end that connects.</summary>
    FromInitiator,

    /// <summary>From the end that listens.</summary>
    FromAcceptor,
}

/// <summary>What becomes of a datagram.</summary>
public enum RelayFate
{
    Pass,
    Drop,
    Duplicate,

    /// <summary>Held back until a few later ones have passed it, or nothing has come for a moment.</summary>
    Overtaken,
}

/// <summary>Decides a datagram's fate by how many came before it on its way, and by what it is.</summary>
internal delegate RelayFate RelayRule(RelayDirection direction, int number, ReadOnlySpan<byte> datagram);

/// <summary>The rules that tests use.</summary>
internal static class RelayRules
{
    /// <summary>The network of the tests "through a bad network": in each direction 3 % lost, 3 % overtaken, 1 % twice.</summary>
    public const double DropRate = 0.03, OvertakenRate = 0.03, DuplicateRate = 0.01;

    /// <summary>Everything passes.</summary>
    public static RelayFate Clean(RelayDirection direction, int number, ReadOnlySpan<byte> datagram) => RelayFate.Pass;

    /// <summary>A bad network, the same for the same seed: each direction draws its own numbers, one per datagram.</summary>
    public static RelayRule Bad(int seed)
    {
        var draws = new[] { new Random(seed), new Random(unchecked(seed * 31) + 1) };
        return (direction, _, _) => draws[(int)direction].NextDouble() switch
        {
            < DropRate => RelayFate.Drop,
            < DropRate + OvertakenRate => RelayFate.Overtaken,
            < DropRate + OvertakenRate + DuplicateRate => RelayFate.Duplicate,
            _ => RelayFate.Pass,
        };
    }

    /// <summary>Loses exactly these datagrams of one direction.</summary>
    public static RelayRule Lose(RelayDirection lossy, params int[] numbers) =>
        (direction, number, _) => direction == lossy && numbers.Contains(number) ? RelayFate.Drop : RelayFate.Pass;

    /// <summary>Loses the first ST_RESET of either end.</summary>
    public static RelayRule LoseFirstReset()
    {
        const int Reset = 3;
        var isLost = false;
        return (_, _, datagram) =>
        {
            if (isLost || datagram[0] >> 4 != Reset)
                return RelayFate.Pass;
            isLost = true;
            return RelayFate.Drop;
        };
    }

    /// <summary>Brings exactly this datagram of one direction twice.</summary>
    public static RelayRule Repeat(RelayDirection repeating, int which) =>
        (direction, number, _) => direction == repeating && number == which ? RelayFate.Duplicate : RelayFate.Pass;
}
