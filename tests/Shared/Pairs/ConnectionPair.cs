using System.Runtime.InteropServices;
using Utp.Protocol;

namespace Utp.Testing;

/// <summary>
/// An initiator and its acceptor, joined by a wire that takes 20 µs and loses nothing, on a virtual clock. It moves packets
/// without allocating, so that what is allocated is the connections' doing. Handshake done, events consumed.
/// </summary>
public sealed class ConnectionPair
{
    private const long WireMicros = 20;
    private const int BatchPackets = 64;
    private const int DeliveryBytes = 64 << 10;

    private readonly Stack<byte[]> _deliveryBuffers = new();
    private readonly byte[][] _datagrams = new byte[BatchPackets][];
    private readonly InboundPacket[] _batch = new InboundPacket[BatchPackets];

    /// <summary>
    /// Connects the two; <paramref name="options"/> are theirs but for the delivery buffers, which are pooled here. As in use their packets show tags (note 0034), unless
    /// <paramref name="tags"/> is false.
    /// </summary>
    public ConnectionPair(ConnectionOptions options, bool tags = true)
    {
        options = options with { AllocateDelivery = _ => _deliveryBuffers.TryPop(out var buffer) ? buffer : new byte[DeliveryBytes] };
        for (var i = 0; i < BatchPackets; i++)
            _datagrams[i] = new byte[options.MaxDatagramBytes];

        var seed = new ConnectionSeed(new ConnectionId(500), new SeqNr(100), new ConnectionId(40_000), new SeqNr(200), Tag: tags ? 17u : 0, ClockOffset: 3_000_000_000);
        Initiator = UtpConnection.Connect(seed, options, default, Now);
        if (Fill(Initiator) != 1)
            throw new InvalidOperationException("The ST_SYN was expected, alone.");
        Now = Now.Plus(WireMicros);
        Acceptor = UtpConnection.Accept(
            new ConnectionSeed(new ConnectionId(501), new SeqNr(300), default, default, Tag: tags ? 18u : 0, ClockOffset: 1_000_000_000), options, _batch[0] with { Arrival = Now }, Now);
        for (var i = 0; i < 4; i++)
            Exchange();
        if (Initiator.State != ConnectionState.Connected || Acceptor.State != ConnectionState.Connected)
            throw new InvalidOperationException("The handshake did not complete.");
    }

    public UtpConnection Initiator { get; }

    public UtpConnection Acceptor { get; }

    public Instant Now { get; private set; } = new(1_000_000_000);

    /// <summary>Bytes that either end has received.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>Datagrams that either end has sent.</summary>
    public long Datagrams { get; private set; }

    /// <summary>What either end has to send crosses the wire, once in each direction.</summary>
    public void Exchange()
    {
        Move(Initiator, Acceptor);
        Move(Acceptor, Initiator);
    }

    private void Move(UtpConnection from, UtpConnection to)
    {
        DrainEvents(from);
        int count;
        while ((count = Fill(from)) > 0)
        {
            Now = Now.Plus(WireMicros);
            for (var i = 0; i < count; i++)
                _batch[i] = _batch[i] with { Arrival = Now };
            to.HandleBatch(_batch.AsSpan(0, count), Now);
            DrainEvents(to);
        }

        if (from.NextDeadline <= Now)
            from.HandleTimeout(Now);
    }

    private int Fill(UtpConnection from)
    {
        var count = 0;
        while (count < BatchPackets && from.PollTransmit(_datagrams[count], Now, out var transmit))
        {
            var datagram = _datagrams[count].AsMemory(0, transmit.Length);
            if (!ParsedPacket.TryParse(datagram.Span, out var packet))
                throw new InvalidOperationException("A connection sent what is no uTP packet.");
            _batch[count++] = new InboundPacket(packet, datagram, Now);
        }

        Datagrams += count;
        return count;
    }

    private void DrainEvents(UtpConnection connection)
    {
        while (connection.PollEvent(out var connectionEvent))
        {
            if (connectionEvent.Kind == ConnectionEventKind.Closed)
                throw new InvalidOperationException($"The connection ended: {connectionEvent.Reason}.");
            if (connectionEvent.Kind != ConnectionEventKind.Received)
                continue;
            ReceivedBytes += connectionEvent.Data.Length;
            if (MemoryMarshal.TryGetArray(connectionEvent.Data, out var buffer))
                _deliveryBuffers.Push(buffer.Array!);
        }
    }
}
