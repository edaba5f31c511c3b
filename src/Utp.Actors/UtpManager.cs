using Akka.Actor;

namespace Utp.Actors;

internal sealed class UtpManager(UtpSettings settings) : UntypedActor
{
    protected override void OnReceive(object message) => _ = settings;
}
