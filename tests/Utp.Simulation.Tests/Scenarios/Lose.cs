using Utp.Protocol;
using Utp.Testing;

namespace Utp.Simulation.Tests.Scenarios;

/// <summary>Filters for links, by what a packet is.</summary>
internal static class Lose
{
    /// <summary>Loses the first <paramref name="count"/> packets of a type.</summary>
    public static LinkFilter First(int count, PacketType type) => First(count, packet => packet.Type == type);

    /// <summary>Loses the first <paramref name="count"/> packets that match.</summary>
    public static LinkFilter First(int count, Func<SeenPacket, bool> matches) =>
        Counted(matches, number => number <= count ? LinkVerdict.Drop : LinkVerdict.Pass);

    /// <summary>Loses those of the packets that match whose number, from 1, is among <paramref name="numbers"/>.</summary>
    public static LinkFilter Numbers(Func<SeenPacket, bool> matches, params int[] numbers) =>
        Counted(matches, number => numbers.Contains(number) ? LinkVerdict.Drop : LinkVerdict.Pass);

    /// <summary>Loses every <paramref name="nth"/> of the packets that match.</summary>
    public static LinkFilter Every(int nth, Func<SeenPacket, bool> matches) =>
        Counted(matches, number => number % nth == 0 ? LinkVerdict.Drop : LinkVerdict.Pass);

    /// <summary>Loses what matches.</summary>
    public static LinkFilter When(Func<SeenPacket, bool> matches) => Counted(matches, _ => LinkVerdict.Drop);

    /// <summary>Lets what matches arrive twice.</summary>
    public static LinkFilter NothingButDuplicate(Func<SeenPacket, bool> matches) => Counted(matches, _ => LinkVerdict.Duplicate);

    private static LinkFilter Counted(Func<SeenPacket, bool> matches, Func<int, LinkVerdict> verdict)
    {
        var number = 0;
        return (in DatagramInfo datagram, ReadOnlySpan<byte> payload) =>
            matches(new SeenPacket(payload.ToArray(), datagram.SentAt, datagram.DontFragment)) ? verdict(++number) : LinkVerdict.Pass;
    }
}
