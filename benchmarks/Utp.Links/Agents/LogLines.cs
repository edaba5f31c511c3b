using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;

namespace Utp.Links.Agents;

/// <summary>An Akka logger that keeps the warnings and errors of each actor system of this process, so that a measurement can say how many lines a log would have.</summary>
public sealed class LogLines : ReceiveActor
{
    // What a log would be full of long since.
    private const int Most = 10_000;

    private static readonly ConcurrentDictionary<string, ConcurrentQueue<string>> Lines = [];

    public LogLines()
    {
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        Receive<LogEvent>(said =>
        {
            var lines = Lines.GetOrAdd(Context.System.Name, static _ => []);
            if (said.LogLevel() >= LogLevel.WarningLevel && lines.Count < Most)
                lines.Enqueue(said.Message?.ToString() ?? "");
        });
    }

    /// <summary>What the system of this name has said so far.</summary>
    public static IReadOnlyList<string> Of(string system) => Lines.TryGetValue(system, out var lines) ? [.. lines] : [];
}
