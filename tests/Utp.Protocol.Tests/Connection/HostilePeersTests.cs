using System.Buffers.Binary;
using CsCheck;
using Xunit;

namespace Utp.Protocol.Tests;

/// <summary>Whatever a thousand peers send, what they make us keep stays below the limits (note 0031). The memory of the process is read, so nothing runs beside it.</summary>
[Collection(nameof(HostilePeersTests))]
[CollectionDefinition(nameof(HostilePeersTests), DisableParallelization = true)]
public sealed class HostilePeersTests
{
    private const int Peers = 1_000;
    private const int Addresses = 50;
    private const int PacketsEach = 150;
    private const long Limit = 4 << 20;
    private const long Slack = 64L << 20;
    private const ushort Syn = 1_000;
    private const ushort FirstSeqNr = 40_000;

    [Fact]
    public void Whatever_a_thousand_peers_send_is_held_below_the_limits() =>
        Gen.ULong.Sample(static seed => Attack(seed), iter: 3, threads: 1);

    private static void Attack(ulong seed)
    {
        var random = new Random((int)seed);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (reorder, unread) = (new MemoryBudget(Limit), new MemoryBudget(Limit));
        var accounts = Enumerable.Range(0, Addresses).Select(_ => new AddressMemory(reorder.OpenAccount(), unread.OpenAccount())).ToArray();
        var now = new Instant(1_000_000_000);
        var connections = Enumerable.Range(0, Peers).Select(i => Accept((DeliveryMode)(i % 3), reorder, unread, accounts[i % Addresses], now)).ToArray();
        var buffer = new byte[2 * ushort.MaxValue];
        for (var round = 0; round < PacketsEach; round++)
        {
            now = now.Plus(1_000);
            foreach (var connection in connections)
            {
                var datagram = Hostile(random, connection);
                if (ParsedPacket.TryParse(datagram, out var packet))
                    connection.HandleBatch([new InboundPacket(packet, datagram, now)], now);
                while (connection.PollEvent(out _))
                {
                }

                for (var i = 0; i < 10 && connection.PollTransmit(buffer, now, out _); i++)
                {
                }
            }
        }

        Assert.InRange(reorder.UsedBytes, Limit / 2, Limit + (Addresses * (80 << 10)));
        Assert.InRange(unread.UsedBytes, Limit / 20, Limit);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true), 0, before + (2 * Limit) + Slack);

        // All of it comes back.
        foreach (var connection in connections)
        {
            connection.Abort(now);
            while (connection.PollEvent(out _))
            {
            }
        }

        Assert.Equal((0, 0), (reorder.UsedBytes, unread.UsedBytes));
    }

    private static UtpConnection Accept(DeliveryMode mode, MemoryBudget reorder, MemoryBudget unread, AddressMemory account, Instant now)
    {
        var options = new ConnectionOptions { Mode = mode, ReorderBudget = reorder, UnreadBudget = unread, MaxFrameBytes = 1 << 20 };
        var datagram = new byte[PacketHeader.Length + 2 + CapabilitiesExtension.Length];
        new PacketHeader(PacketType.Syn, ExtensionType.CapabilitiesOrMetadata, new ConnectionId(Syn), WireTimestamp.From(now), 0, 1 << 20, new SeqNr(1), default).Write(datagram);
        datagram[PacketHeader.Length + 1] = CapabilitiesExtension.Length;
        CapabilitiesExtension.Write(datagram.AsSpan(PacketHeader.Length + 2), UtpConnection.CapabilitiesOf(options));
        Assert.True(ParsedPacket.TryParse(datagram, out var syn));
        var connection = UtpConnection.Accept(
            new ConnectionSeed(new ConnectionId(Syn + 1), new SeqNr(FirstSeqNr), default, default), options, new InboundPacket(syn, datagram, now), now, account);
        var confirmation = new byte[PacketHeader.Length];
        Header(PacketType.State, 0, 2).Write(confirmation);
        Assert.True(ParsedPacket.TryParse(confirmation, out var state));
        var buffer = new byte[2_000];
        Assert.True(connection.PollTransmit(buffer, now, out _));
        connection.HandleBatch([new InboundPacket(state, confirmation, now)], now);
        connection.SuspendReading();
        return connection;
    }

    // What is worth most to an attacker: far ahead or next, empty or full, in pieces, with metadata, beginning frames; and noise.
    private static byte[] Hostile(Random random, UtpConnection connection)
    {
        var received = connection.GetStatistics().PacketsReceived;
        var seqNr = random.Next(4) switch
        {
            0 => 2 + random.Next(32_767),
            1 => 2 + random.Next(64),
            _ => 2 + random.Next((int)Math.Min(received, 40) + 1),
        };
        var payload = random.Next(4) switch { 0 => 0, 1 => 1, 2 => random.Next(1_400), _ => random.Next(9_000) };
        var extension = new byte[random.Next(4) switch { 0 => 0, 1 => 4, 2 => 5 + random.Next(20), _ => 255 }];
        random.NextBytes(extension);
        var type = (byte)(random.Next(3) switch { 0 => ExtensionType.None, 1 => ExtensionType.CapabilitiesOrMetadata, _ => ExtensionType.PacketPiece });
        if (type == ExtensionType.PacketPiece)
        {
            extension = new byte[4];
            BinaryPrimitives.WriteUInt16BigEndian(extension.AsSpan(2), ushort.MaxValue);
        }
        else if (type == ExtensionType.CapabilitiesOrMetadata && extension.Length >= 5)
        {
            extension[0] = 1;
            BinaryPrimitives.WriteUInt32BigEndian(extension.AsSpan(1), (uint)random.Next(1 << 20));
        }

        var chain = type == ExtensionType.None ? 0 : 2 + extension.Length;
        var datagram = new byte[PacketHeader.Length + chain + payload];
        Header(random.Next(50) == 0 ? PacketType.State : PacketType.Data, type, (ushort)seqNr).Write(datagram);
        if (chain > 0)
        {
            datagram[PacketHeader.Length + 1] = (byte)extension.Length;
            extension.CopyTo(datagram, PacketHeader.Length + 2);
        }

        if (random.Next(100) == 0)
            random.NextBytes(datagram);
        return datagram;
    }

    private static PacketHeader Header(PacketType type, byte extension, ushort seqNr) => new(
        type, extension, new ConnectionId(Syn + 1), WireTimestamp.From(new Instant(1_000_000_000)), 0, 1 << 20, new SeqNr(seqNr), new SeqNr(FirstSeqNr - 1));
}
