using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.IO;

namespace Utp.Actors;

/// <summary>
/// Between a channel and Akka.IO's listener: hands on what arrives, and sends one datagram at a time, because Akka.IO refuses a
/// second one while the first is on its way.
/// </summary>
internal sealed class AkkaIoBridge : UntypedActor
{
    private readonly SocketCreator _creator;
    private readonly TaskCompletionSource<AkkaIoChannel.Bridge> _bound;
    private readonly Queue<Outgoing> _waiting = new();
    private AkkaIoChannel? _channel;
    private IActorRef? _listener;
    private Outgoing? _sending;

    public AkkaIoBridge(IActorRef manager, IPEndPoint localAddress, SocketCreator creator, TaskCompletionSource<AkkaIoChannel.Bridge> bound)
    {
        _creator = creator;
        _bound = bound;
        manager.Tell(new Udp.Bind(Self, localAddress, [creator]));
    }

    protected override void PostStop()
    {
        // Akka.IO's listener outlives its handler, and holds the port: the socket is ours to close.
        if (_listener is not null)
            Context.Stop(_listener);
        _bound.TrySetException(new SocketException((int)SocketError.OperationAborted));
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Udp.Received received:
                _channel?.OnArrived(received.Data, received.Sender);
                break;
            case Outgoing outgoing:
                _waiting.Enqueue(outgoing);
                SendNext();
                break;
            case Sent:
                OnSent();
                break;
            case Udp.CommandFailed { Cmd: Udp.Send }:
                // As lost as a datagram on the wire: the protocol sends it again.
                OnSent();
                break;
            case Udp.Bound:
                _listener = Sender;
                Context.Watch(Sender);
                _bound.TrySetResult(new AkkaIoChannel.Bridge(_creator.Socket!));
                break;
            case Udp.CommandFailed { Cmd: Udp.Bind bind }:
                FailBind(bind);
                break;
            case AkkaIoChannel channel:
                _channel = channel;
                break;
            case Terminated:
                _listener = null;
                _channel?.OnLost();
                break;
        }
    }

    // Akka.IO keeps the cause to itself; binding once more tells.
    private void FailBind(Udp.Bind bind)
    {
        try
        {
            using var probe = new Socket(bind.LocalAddress.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            probe.Bind(bind.LocalAddress);
            _bound.TrySetException(new SocketException((int)SocketError.SocketError));
        }
        catch (SocketException e)
        {
            _bound.TrySetException(e);
        }

        _creator.Socket?.Dispose();
        Context.Stop(Self);
    }

    private void SendNext()
    {
        if (_sending is not null || _listener is null || !_waiting.TryDequeue(out _sending))
            return;
        _listener.Tell(new Udp.Send(_sending.Payload, _sending.Remote, Sent.Instance));
    }

    private void OnSent()
    {
        var bytes = _sending?.Payload.Count ?? 0;
        _sending = null;
        _channel?.OnSent(bytes);
        SendNext();
    }

    /// <summary>A datagram to send.</summary>
    internal sealed record Outgoing(ByteString Payload, IPEndPoint Remote) : INoSerializationVerificationNeeded;

    /// <summary>Told back when a datagram has left.</summary>
    private sealed class Sent : Udp.Event
    {
        public static readonly Sent Instance = new();
    }
}
