using System.Net;
using Akka.Actor;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Hosting;

/// <summary>To the guard: answered with <see cref="ListenerBound"/> or <see cref="CommandFailed"/> once that is known.</summary>
internal sealed record AwaitBound : INoSerializationVerificationNeeded
{
    public static readonly AwaitBound Instance = new();
}

/// <summary>The listener is bound.</summary>
internal sealed record ListenerBound(IActorRef Listener, IPEndPoint LocalAddress) : INoSerializationVerificationNeeded;

/// <summary>To the guard: answered with <see cref="ListenerStatistics"/> by the listener itself, or with <see cref="ListenerDown"/>.</summary>
internal sealed record CheckListener : INoSerializationVerificationNeeded
{
    public static readonly CheckListener Instance = new();
}

/// <summary>The listener accepts no more.</summary>
internal sealed record ListenerDown(IPEndPoint LocalAddress, string Message) : INoSerializationVerificationNeeded;

/// <summary>Binds a hosted listener, and remembers how it ended: the registered actor is the listener itself, which is gone then.</summary>
internal sealed class ListenerGuard(Bind bind) : UntypedActor
{
    private readonly List<IActorRef> _waiting = [];
    private IActorRef? _listener;
    private object? _outcome;
    private IPEndPoint _localAddress = (IPEndPoint)bind.LocalAddress;
    private ListenerDown? _down;

    protected override void PreStart() => Context.System.Utp().Tell(bind);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case AwaitBound when _outcome is null:
                _waiting.Add(Sender);
                break;
            case AwaitBound:
                Sender.Tell(_outcome);
                break;
            case CheckListener when _down is null && _listener is not null:
                _listener.Tell(GetStatistics.Instance, Sender);
                break;
            case CheckListener:
                Sender.Tell(_down ?? new ListenerDown(_localAddress, "it is not bound yet"));
                break;
            case Bound bound:
                _localAddress = bound.LocalAddress;
                _listener = Context.Watch(Sender);
                Context.Watch(bind.Handler!);
                Decide(new ListenerBound(_listener, bound.LocalAddress));
                break;
            case CommandFailed failed:
                Fail(failed.Message);
                Decide(failed);
                break;
            case ListenerFailed failed:
                Fail(failed.Message);
                break;
            case Terminated terminated:
                Fail(terminated.ActorRef.Equals(_listener) ? "it was unbound" : "its handler has stopped, so it accepts no more; see the log for why");
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Decide(object outcome)
    {
        _outcome = outcome;
        foreach (var waiting in _waiting)
            waiting.Tell(outcome);
        _waiting.Clear();
    }

    // The first reason is the cause; what follows from it says less.
    private void Fail(string message) => _down ??= new ListenerDown(_localAddress, message);
}
