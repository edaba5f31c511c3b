using System.Net;
using Akka.Actor;
using Akka.Remote;
using Utp.Messages;

namespace Utp.Remote;

/// <summary>The bound UDP port of a transport: hears what is accepted, and is what connections leave from.</summary>
internal sealed class Port : InlineRef
{
    private readonly Action<Connected, IActorRef> _accept;
    private readonly TaskCompletionSource _bound = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Port(ActorSystem system, Action<Connected, IActorRef> accept)
        : base(system) => _accept = accept;

    /// <summary>The actor that owns the port.</summary>
    public IActorRef Listener { get; private set; } = ActorRefs.Nobody;

    public IPEndPoint LocalEndPoint { get; private set; } = null!;

    /// <summary>Why the port accepts and sends nothing any more, in one sentence; null: it does.</summary>
    public string? Failure { get; private set; }

    /// <summary>A bound port.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="manager">Of uTP.</param>
    /// <param name="local">Where.</param>
    /// <param name="backlog">How many connections may be half open.</param>
    /// <param name="accept">Hears each accepted connection, on its thread.</param>
    /// <exception cref="RemoteTransportException">It cannot be bound; the message says why.</exception>
    public static async Task<Port> BindAsync(ActorSystem system, IActorRef manager, IPEndPoint local, int backlog, Action<Connected, IActorRef> accept)
    {
        var port = new Port(system, accept);
        manager.Tell(new Bind(port, local) { Backlog = backlog }, port);
        await port._bound.Task.ConfigureAwait(false);
        return port;
    }

    protected override void OnMessage(object message, IActorRef sender)
    {
        switch (message)
        {
            case Bound bound:
                Listener = sender;
                LocalEndPoint = bound.LocalAddress;
                _bound.TrySetResult();
                break;
            case CommandFailed { Command: Bind bind } failed:
                _bound.TrySetException(new RemoteTransportException($"Failed to bind to {bind.LocalAddress}: {failed.Message}", failed.Exception));
                break;
            case ListenerFailed failed:
                Failure = $"The port {failed.LocalAddress} was lost: {failed.Message}";
                break;
            case Connected connected:
                _accept(connected, sender);
                break;
        }
    }
}
