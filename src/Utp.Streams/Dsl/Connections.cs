using System.Net;
using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace Utp.Streams.Dsl;

/// <summary>A port that accepts connections.</summary>
public sealed class ServerBinding
{
    private readonly Func<Task> _unbind;

    internal ServerBinding(IPEndPoint localAddress, IActorRef listener, Func<Task> unbind)
    {
        LocalAddress = localAddress;
        Listener = listener;
        _unbind = unbind;
    }

    /// <summary>Where it is bound.</summary>
    public IPEndPoint LocalAddress { get; }

    /// <summary>The listener, for a <see cref="Messages.Connect"/> that is to leave from the same port, and for what else a listener answers.</summary>
    public IActorRef Listener { get; }

    /// <summary>Accepts no more connections, and completes the source; accepted ones go on. The task is done when the listener refuses. Any thread; more than once does no harm.</summary>
    public Task Unbind() => _unbind();
}

/// <summary>A connection that was accepted.</summary>
/// <typeparam name="T">The element of its flow.</typeparam>
public sealed class IncomingConnection<T>
{
    internal IncomingConnection(IPEndPoint localAddress, IPEndPoint remoteAddress, Flow<T, T, NotUsed> flow)
    {
        LocalAddress = localAddress;
        RemoteAddress = remoteAddress;
        Flow = flow;
    }

    /// <summary>Our address as the peer sees it, before any NAT.</summary>
    public IPEndPoint LocalAddress { get; }

    /// <summary>The peer.</summary>
    public IPEndPoint RemoteAddress { get; }

    /// <summary>The connection: what goes in is sent, what comes out was received. It can be materialized once, and must be within <c>utp.register-timeout</c>.</summary>
    public Flow<T, T, NotUsed> Flow { get; }

    /// <summary>Materializes <paramref name="handler"/> with the connection: its input is what the peer sends.</summary>
    public TMat HandleWith<TMat>(Flow<T, T, TMat> handler, IMaterializer materializer) => Flow.JoinMaterialized(handler, Keep.Right).Run(materializer);
}

/// <summary>The addresses of a connection that was opened.</summary>
/// <param name="RemoteAddress">The peer.</param>
/// <param name="LocalAddress">Our address as the peer sees it, before any NAT.</param>
public sealed record OutgoingConnection(IPEndPoint RemoteAddress, IPEndPoint LocalAddress);

/// <summary>One element of a message flow.</summary>
/// <param name="Data">The bytes. Sent: they must not change any more. Received: the receiver's, which may keep them.</param>
/// <param name="Metadata">Describes them; empty for none.</param>
public sealed record StreamMessage(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Metadata = default);
