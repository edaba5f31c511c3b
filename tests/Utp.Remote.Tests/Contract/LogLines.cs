using System.Collections.Concurrent;
using System.Globalization;
using Akka.Actor;
using Akka.Event;

namespace Utp.Remote.Tests.Contract;

/// <summary>What an actor system warns of.</summary>
internal sealed class LogLines(ActorSystem system) : MinimalActorRef
{
    private readonly ConcurrentQueue<string> _lines = new();

    public override ActorPath Path { get; } = ((ExtendedActorSystem)system).Provider.TempPath();

    public override IActorRefProvider Provider { get; } = ((ExtendedActorSystem)system).Provider;

    public static LogLines Of(ActorSystem system)
    {
        var lines = new LogLines(system);
        system.EventStream.Subscribe(lines, typeof(Warning));
        system.EventStream.Subscribe(lines, typeof(Error));
        return lines;
    }

    public int Count(string part) => _lines.Count(line => line.Contains(part, StringComparison.Ordinal));

    protected override void TellInternal(object message, IActorRef sender) => _lines.Enqueue(Convert.ToString(((LogEvent)message).Message, CultureInfo.InvariantCulture)!);
}
