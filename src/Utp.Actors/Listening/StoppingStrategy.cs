using Akka.Actor;

namespace Utp.Actors;

/// <summary>What fails is stopped, and nothing else: neither a connection nor a socket can begin again where it was.</summary>
internal static class StoppingStrategy
{
    public static SupervisorStrategy Instance { get; } = new OneForOneStrategy(static _ => Directive.Stop);
}
