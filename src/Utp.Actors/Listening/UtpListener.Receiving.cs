using System.Security.Cryptography;
using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

// The receive path: read a batch, route each datagram, tell each connection once.
internal sealed partial class UtpListener
{
    // A turn is bounded, so that a flood does not keep commands waiting.
    private const int MaxReadsPerTurn = 8;
    private const int ReadsPerDropCheck = 32;

    private readonly ReceiveBatch _batch;
    private readonly InboundBatchPool _batches = new();
    private readonly List<ConnectionHandle> _touched = [];
    private readonly WindowShare _windowShare;
    private int _reads;
    private int _mostTouched;
    private long _truncated;

    private void Drain()
    {
        for (var i = 0; i < MaxReadsPerTurn; i++)
        {
            var status = _channel.Receive(_batch);
            Dispatch();
            _batch.Clear();
            switch (status)
            {
                case ReceiveStatus.Drained:
                    _channel.RequestReadable();
                    return;
                case ReceiveStatus.NoMemory:
                    // Until connections give memory back the kernel keeps what it can, and drops the rest.
                    _spec.Memory.NotifyWhenAvailable(Self);
                    return;
                case ReceiveStatus.Closed:
                    return;
            }
        }

        Self.Tell(Readable.Instance, ActorRefs.NoSender);
    }

    private void Dispatch()
    {
        if (_batch.Count == 0)
            return;
        foreach (ref readonly var datagram in _batch.Datagrams)
        {
            if (datagram.Truncated)
            {
                _truncated++;
                continue;
            }

            // The kernel may have merged datagrams of equal size into one.
            for (var offset = 0; offset < datagram.Length; offset += datagram.SegmentSize)
                Route(datagram, datagram.Slab.Array.AsMemory(datagram.Offset + offset, Math.Min(datagram.SegmentSize, datagram.Length - offset)));
        }

        foreach (var handle in _touched)
        {
            var pending = handle.Pending!;
            handle.Pending = null;
            pending.WindowLimit = _windowShare.Bytes;
            handle.Actor.Tell(pending, ActorRefs.NoSender);
        }

        CheckDrops();
        _touched.Clear();
    }

    private void Route(in ReceivedDatagram datagram, ReadOnlyMemory<byte> bytes)
    {
        var path = _tellsLocalAddress ? datagram.Path : datagram.Path with { LocalAddress = default };
        var arrival = new Instant(datagram.ArrivalMicros);
        switch (_router.Route(bytes.Span, path, arrival, out var packet, out var connection))
        {
            case RouteDecision.Deliver:
                Append(connection!, new InboundPacket(packet, bytes, arrival), datagram.Slab);
                break;
            case RouteDecision.Accept:
                Accept(path, new InboundPacket(packet, bytes, arrival), datagram.Slab);
                break;
            case RouteDecision.Reset:
                Reset(path, packet, arrival);
                break;
            case RouteDecision.NotUtp:
                _outOfBandHandler?.Tell(new OutOfBandReceived(
                    bytes.ToArray(), datagram.Path.Remote.ToIPEndPoint(), datagram.Path.LocalAddress == default ? null : datagram.Path.LocalAddress.ToIPAddress()));
                break;
        }
    }

    private void Append(ConnectionHandle handle, in InboundPacket packet, DatagramSlab slab)
    {
        if (handle.Pending is null)
        {
            handle.Pending = _batches.Rent();
            _touched.Add(handle);
        }

        handle.Pending.Add(packet, slab);
    }

    private void Accept(in UdpPath path, in InboundPacket syn, DatagramSlab slab)
    {
        if (_acceptHandler is null)
        {
            Reset(path, syn.Packet, syn.Arrival);
            return;
        }

        var handle = new ConnectionHandle(path);
        Span<byte> random = stackalloc byte[RandomBytes];
        RandomNumberGenerator.Fill(random);
        if (!_router.TryAddAcceptor(path, syn.Packet, random, handle, out var seed, out var refusal))
        {
            // Over the half-open limit the ST_SYN is forgotten: an honest initiator tries again, and may find room.
            if (refusal == AcceptRefusal.ConnectionLimit)
                Reset(path, syn.Packet, syn.Arrival);
            return;
        }

        AddConnection(handle, seed);
        var first = _batches.Rent();
        first.Add(syn, slab);
        first.WindowLimit = _windowShare.Bytes;
        handle.Actor.Tell(new StartAcceptor(handle, _spec.Accepted, _acceptHandler, _spec.Bind!.PullMode, first));
    }

    private void Reset(in UdpPath path, in ParsedPacket packet, Instant now)
    {
        Span<byte> reset = stackalloc byte[PacketHeader.Length];
        if (_router.TryWriteReset(path, packet, reset, now, out var length))
            _channel.Send(path, reset[..length], length, dontFragment: true);
    }

    private void CheckDrops()
    {
        _mostTouched = Math.Max(_mostTouched, _touched.Count);
        if (++_reads < ReadsPerDropCheck)
            return;
        _windowShare.OnDrops(_channel.ReceiveDrops, _mostTouched, Clock.Now);
        _reads = 0;
        _mostTouched = 0;
    }

    private void OnSendOutOfBand(SendOutOfBand send)
    {
        if (send.RemoteAddress is not { Port: > 0 })
        {
            Sender.Tell(new CommandFailed(send, FailureCause.InvalidAddress, "The datagram has no receiver: give an address with a port."));
            return;
        }

        var remote = UdpEndPoint.From(send.RemoteAddress);
        var local = send.LocalAddress is null ? default : UdpEndPoint.From(new System.Net.IPEndPoint(send.LocalAddress, 0));
        var status = send.Data.Length > 65_507
            ? SendStatus.MessageTooLarge
            : _channel.Send(new UdpPath(remote, local), send.Data.Span, Math.Max(send.Data.Length, 1), dontFragment: false);
        if (status == SendStatus.Sent)
            return;
        var failure = Failures.OfSend(send.RemoteAddress, status);
        Sender.Tell(new CommandFailed(send, failure.Cause, failure.Message));
    }
}
