using System.Buffers.Binary;
using Utp.Protocol;

namespace Utp.Fuzz;

/// <summary>What is fed. Each target takes any bytes; what it throws, and a promise that it finds broken, is a fault.</summary>
internal static class Targets
{
    private const int BufferBytes = 2_048;
    private static readonly byte[] Buffer = new byte[BufferBytes];

    /// <summary>The targets by name.</summary>
    public static IReadOnlyDictionary<string, Action<ReadOnlyMemory<byte>>> All { get; } = new Dictionary<string, Action<ReadOnlyMemory<byte>>>
    {
        ["parser"] = static input => Parse(input.Span),
        ["connection"] = Converse,
        ["router"] = Route,
    };

    // One datagram: every view of it lies within it.
    private static void Parse(ReadOnlySpan<byte> datagram)
    {
        if (!ParsedPacket.TryParse(datagram, out var packet))
            return;
        _ = packet.SelectiveAck(datagram);
        _ = packet.SelectiveAckRanges(datagram);
        _ = CapabilitiesExtension.Parse(packet.Extension2(datagram));
        if (packet.PayloadOffset + packet.PayloadLength != datagram.Length || packet.Payload(datagram).Length != packet.PayloadLength)
            throw new InvalidOperationException("The payload is not the rest of the datagram.");
    }

    // The first byte says which end and which delivery; then come commands: packets with ids and numbers near the right ones, time, writes, closing.
    private static void Converse(ReadOnlyMemory<byte> input)
    {
        if (input.Length < 2)
            return;
        var first = input.Span[0];
        var budget = new MemoryBudget(1 << 20);
        var options = ConnectionOptions.Default with { Mode = (DeliveryMode)(first % 3), ReorderBudget = budget, UnreadBudget = new MemoryBudget(1 << 20), SendBufferBytes = 1 << 16 };
        var now = new Instant(1_000_000_000);
        var tag = (first & 16) != 0 ? 0x7465_7374u : 0;
        UtpConnection connection;
        if ((first & 8) == 0)
        {
            connection = UtpConnection.Connect(new ConnectionSeed(new(1_000), new(100), new(2_000), new(200), tag, tag), options, default, now);
        }
        else
        {
            var syn = new byte[PacketHeader.Length];
            new PacketHeader(PacketType.Syn, 0, new(999), default, 0, 1 << 16, new(100), default).Write(syn);
            _ = ParsedPacket.TryParse(syn, out var parsed);
            connection = UtpConnection.Accept(new ConnectionSeed(new(1_000), new(100), default, default, tag, tag), options, new InboundPacket(parsed, syn, now), now);
        }

        Drain(connection, now);
        for (var rest = input[1..]; rest.Length >= 3 && !connection.IsTerminated;)
        {
            var (command, length) = (rest.Span[0], Math.Min(rest.Length - 2, (int)rest.Span[1]));
            var data = rest.Slice(2, length);
            rest = rest[(2 + length)..];
            now = now.Plus(1 + (command >> 4 << (command >> 4)));
            switch (command & 15)
            {
                case 0:
                    connection.HandleTimeout(connection.NextDeadline == Instant.Never ? now : now = Instant.Max(now, connection.NextDeadline));
                    break;
                case 1:
                    connection.Write(data, default, now);
                    break;
                case 2:
                    connection.Close(now);
                    break;
                case 3:
                    connection.SuspendReading();
                    break;
                case 4:
                    connection.ResumeReading(now);
                    break;
                case 5:
                    connection.HandleIcmpError((PathError)(command >> 6), data.Span, now);
                    break;
                case 6:
                    connection.HandlePacketTooBig(length * 10, data.Span, now);
                    break;
                case 7:
                    connection.HandleUnsent(1, now);
                    connection.HandleWritable(now);
                    break;
                default:
                    Deliver(connection, data, command, tag, now);
                    break;
            }

            Drain(connection, now);
        }

        connection.Abort(now);
        Drain(connection, now);
        if (!connection.IsTerminated && connection.State is not (ConnectionState.TimeWait or ConnectionState.Closed or ConnectionState.Reset))
            throw new InvalidOperationException($"It was aborted, and is {connection.State}.");
        if (budget.UsedBytes != 0)
            throw new InvalidOperationException($"It is over, and holds {budget.UsedBytes} bytes.");
    }

    // Few random packets have the right id, numbers near the right ones, and the tag.
    private static void Deliver(UtpConnection connection, ReadOnlyMemory<byte> data, byte command, uint tag, Instant now)
    {
        var datagram = new byte[Math.Max(PacketHeader.Length, data.Length)];
        data.Span.CopyTo(datagram);
        datagram[0] = (byte)((Math.Min(datagram[0] >> 4, 4) << 4) | 1);
        if ((command & 1) == 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(2), connection.ReceiveId.Value);
            datagram[16] = 0;
            datagram[18] = 0;
        }

        if ((command & 2) == 0 && datagram.Length >= PacketHeader.Length + 6 && datagram[1] == ExtensionType.PacketTag)
            BinaryPrimitives.WriteUInt32BigEndian(datagram.AsSpan(PacketHeader.Length + 2), tag);
        if (ParsedPacket.TryParse(datagram, out var packet))
            connection.HandleBatch([new InboundPacket(packet, datagram, now)], now);
    }

    private static void Drain(UtpConnection connection, Instant now)
    {
        for (var i = 0; connection.PollEvent(out _); i++)
            Check(i < 10_000, "Events without end.");
        for (var i = 0; connection.PollTransmit(Buffer, now, out var transmit); i++)
        {
            Check(i < 10_000, "Datagrams without end.");
            Check(ParsedPacket.TryParse(Buffer.AsSpan(0, transmit.Length), out _), "It sent what is no uTP packet.");
        }

        Check(!connection.IsStalled, "It has something to do, and no timer.");
    }

    // Datagrams from a few paths: length, path, bytes.
    private static void Route(ReadOnlyMemory<byte> input)
    {
        var router = new DatagramRouter<byte, string>(new EndpointLimits { MaxHalfOpen = 2, MaxHalfOpenPerAddress = 2, MaxConnections = 4, MaxConnectionsPerAddress = 4 }, static path => path);
        router.UseStatelessAnswers(new byte[16], static path => new SynPath(path, 1, default), new StatelessAnswer(Capabilities.OwnPeer | Capabilities.LargeWindow, 1_000));
        var now = new Instant(1_000_000_000);
        Span<byte> answer = stackalloc byte[StatelessAnswer.LargestBytes];
        for (var rest = input; rest.Length > 2;)
        {
            var (length, path) = (Math.Min(rest.Length - 2, (int)rest.Span[0]), (byte)(rest.Span[1] % 4));
            var datagram = rest.Slice(2, length);
            rest = rest[(2 + length)..];
            now = now.Plus(rest.Length * 1_000);
            switch (router.Route(datagram.Span, path, now, out var packet, out var connection))
            {
                case RouteDecision.Deliver:
                    Check(connection is not null, "It is delivered to nobody.");
                    break;
                case RouteDecision.Accept when !router.TryAddAcceptor(path, packet, new byte[16], "acceptor", out _, out _):
                    if (router.TryAnswerStateless(path, packet, datagram.Span, answer, now, out var answered))
                        Check(answered <= datagram.Length, "The answer is larger than the ST_SYN.");
                    break;
                case RouteDecision.AcceptProved:
                    router.TryAddProved(path, new InboundPacket(packet, datagram, now), "proved", out _);
                    break;
                case RouteDecision.Reset:
                    if (router.TryWriteReset(path, packet, answer, now, out var reset))
                        Check(reset <= datagram.Length, "The ST_RESET is larger than the packet.");
                    break;
            }

            Check(router.Count <= 4, "There are more connections than the limit.");
        }
    }

    private static void Check(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidOperationException(otherwise);
    }
}
