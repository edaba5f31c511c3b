using Akka.Actor;

namespace Utp.Remote;

/// <summary>
/// Hears messages as an actor would, but on the thread that tells them: a connection's deliveries and acknowledgements need no second mailbox. Whatever it does must be
/// short, and must not throw. Death watch does nothing: it never dies.
/// </summary>
internal abstract class InlineRef(ActorSystem system) : MinimalActorRef
{
    public override ActorPath Path { get; } = ((ExtendedActorSystem)system).Provider.TempPath();

    public override IActorRefProvider Provider { get; } = ((ExtendedActorSystem)system).Provider;

    /// <summary>One message.</summary>
    /// <param name="message">What was told.</param>
    /// <param name="sender">By whom.</param>
    protected abstract void OnMessage(object message, IActorRef sender);

    protected override void TellInternal(object message, IActorRef sender) => OnMessage(message, sender);
}
