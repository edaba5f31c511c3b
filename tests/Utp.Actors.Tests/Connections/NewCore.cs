using Utp.Protocol;

namespace Utp.Actors.Tests.Connections;

/// <summary>Cores for the tests of what stands beside them.</summary>
internal static class NewCore
{
    /// <summary>One that answers a ST_SYN; its address is not confirmed.</summary>
    public static UtpConnection Accepted(ConnectionOptions options)
    {
        var syn = new byte[PacketHeader.Length];
        new PacketHeader(PacketType.Syn, 0, new ConnectionId(7), default, 0, 0, new SeqNr(1), default).Write(syn);
        Assert.True(ParsedPacket.TryParse(syn, out var parsed));
        var seed = new ConnectionSeed(new ConnectionId(8), new SeqNr(500), default, default);
        return UtpConnection.Accept(seed, options, new InboundPacket(parsed, syn, new Instant(1)), new Instant(1));
    }
}
