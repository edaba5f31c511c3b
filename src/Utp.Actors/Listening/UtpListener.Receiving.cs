using System.Security.Cryptography;
using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

// What the receive loops leave to the listener: datagrams that belong to no connection.
internal sealed partial class UtpListener
{
    // A turn is bounded, so that a flood does not keep commands waiting.
    private const int MaxStraysPerTurn = 256;
    private const long MaxStrayBytes = 4 << 20;

    private readonly InboundBatchPool _batches = new();
    private readonly StrayQueue _strays = new(MaxStrayBytes);

    private void OnStrays()
    {
        _strays.OnHeard();
        for (var i = 0; i < MaxStraysPerTurn; i++)
        {
            if (!_strays.TryTake(out var stray))
                return;
            lock (_table.Gate)
                Route(stray);
        }

        _strays.TellIfAny(Self);
    }

    private void Route(in Stray stray)
    {
        // Looked up once more: an earlier one may have opened the connection that this one belongs to.
        switch (_table.Router.Route(stray.Bytes, stray.Path, stray.Arrival, out var packet, out var connection))
        {
            case RouteDecision.Deliver:
                connection!.Actor.Tell(BatchOf(new InboundPacket(packet, stray.Bytes, stray.Arrival)), ActorRefs.NoSender);
                break;
            case RouteDecision.Accept:
                Accept(stray.Path, new InboundPacket(packet, stray.Bytes, stray.Arrival));
                break;
            case RouteDecision.AcceptProved:
                AcceptProved(stray.Path, new InboundPacket(packet, stray.Bytes, stray.Arrival));
                break;
            case RouteDecision.Reset:
                Reset(stray.Path, packet, stray.Arrival);
                break;
            case RouteDecision.NotUtp:
                _outOfBandHandler?.Tell(new OutOfBandReceived(
                    stray.Bytes, stray.Received.Remote.ToIPEndPoint(), stray.Received.LocalAddress == default ? null : stray.Received.LocalAddress.ToIPAddress()));
                break;
        }
    }

    private InboundBatch BatchOf(in InboundPacket packet)
    {
        var batch = _batches.Rent();
        batch.Add(packet, null);
        batch.WindowLimit = _loops[0].WindowLimit;
        return batch;
    }

    private void Accept(in UdpPath path, in InboundPacket syn)
    {
        if (_acceptHandler is null)
        {
            Reset(path, syn.Packet, syn.Arrival);
            return;
        }

        // As a TCP socket whose backlog is full: the initiator tries again.
        if (IsBacklogFull)
        {
            _limitLog.Backlog();
            return;
        }

        // No work of the system's, as asking for the route, before the address is confirmed.
        var handle = NewAcceptor(path);
        Span<byte> random = stackalloc byte[RandomBytes];
        RandomNumberGenerator.Fill(random);
        if (_table.Router.TryAddAcceptor(path, syn.Packet, random, handle, out var seed, out var refusal))
            StartAcceptor(handle, seed, syn, isProved: false);
        else if (refusal == AcceptRefusal.HalfOpenLimit)
            AnswerStateless(path, syn);
        else if (refusal == AcceptRefusal.ConnectionLimit)
            Refuse(path, syn);
    }

    // Its ST_SYN was answered without being remembered, and this packet shows that the answer arrived.
    private void AcceptProved(in UdpPath path, in InboundPacket proof)
    {
        if (_acceptHandler is null || IsBacklogFull)
            return;
        var handle = NewAcceptor(path);
        if (_table.Router.TryAddProved(path, proof, handle, out var seed))
            StartAcceptor(handle, seed, proof, isProved: true);
        else
            Refuse(path, proof);
    }

    private bool IsBacklogFull => _accepts.WaitingCount >= _spec.Limits.MaxHalfOpen;

    private ConnectionHandle NewAcceptor(in UdpPath path) => new(path, NextChannel()) { IsAccepted = true, PathSize = _pathSizes.Find(path.Remote.Address, Clock.Now) };

    private void StartAcceptor(ConnectionHandle handle, ConnectionSeed seed, in InboundPacket first, bool isProved)
    {
        handle.Memory = _accounts.Enter(AddressKey(handle.Path.Remote));
        AddConnection(handle, seed);
        handle.Actor.Tell(new StartAcceptor(handle, _spec.Accepted, _acceptHandler!, _spec.Bind!.PullMode, BatchOf(first), isProved, _accepts.Pulls));
    }

    // Most are answered by the receive loops, which find the limit reached.
    private void AnswerStateless(in UdpPath path, in InboundPacket syn)
    {
        _limitLog.HalfOpen();
        Span<byte> answer = stackalloc byte[ReceiveLoop.LargestAnswerBytes];
        if (_table.Router.TryAnswerStateless(path, syn.Packet, syn.Datagram.Span, answer, syn.Arrival, out var length))
            _channel.Send(path, answer[..length], length, dontFragment: true);
    }

    private void Refuse(in UdpPath path, in InboundPacket packet)
    {
        _limitLog.Connections();
        Reset(path, packet.Packet, packet.Arrival);
    }

    private void Reset(in UdpPath path, in ParsedPacket packet, Instant now)
    {
        Span<byte> reset = stackalloc byte[PacketHeader.Length];
        if (_table.Router.TryWriteReset(path, packet, reset, now, out var length))
            _channel.Send(path, reset[..length], length, dontFragment: true);
        else if (packet.Header.Type != PacketType.Reset)
            _limitLog.Resets();
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
