using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Event;
using Microsoft.Extensions.Logging;
using Utp.Actors;

namespace Utp.Streams;

/// <summary>
/// Passes what the private actor system logs (warnings and errors) on to the logger factories of those who use it. What is a fact of the machine is logged once per process, perhaps
/// before a factory came: so the last warnings are kept, and each factory is told of them once.
/// </summary>
internal static class LogForwarder
{
    private const string Category = "Utp.Streams";
    private const int Kept = 16;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<ILoggerFactory, (ILogger Logger, int Users)> Factories = [];
    private static readonly ConditionalWeakTable<ILoggerFactory, object> Told = [];
    private static readonly Queue<Entry> Last = [];

    /// <summary>Logs to this factory from now on, too. Any thread.</summary>
    /// <param name="factory">The user's; a second time it is counted.</param>
    /// <exception cref="ObjectDisposedException">The factory is disposed.</exception>
    public static void Add(ILoggerFactory factory)
    {
        lock (Gate)
        {
            if (Factories.TryGetValue(factory, out var known))
            {
                Factories[factory] = known with { Users = known.Users + 1 };
                return;
            }

            var logger = factory.CreateLogger(Category);
            Factories[factory] = (logger, 1);
            if (!Told.TryAdd(factory, factory))
                return;
            foreach (var entry in Last)
                entry.WriteTo(logger);
        }
    }

    /// <summary>The counterpart of <see cref="Add"/>.</summary>
    /// <param name="factory">The same.</param>
    public static void Remove(ILoggerFactory factory)
    {
        lock (Gate)
        {
            if (!Factories.TryGetValue(factory, out var known))
                return;
            if (known.Users == 1)
                Factories.Remove(factory);
            else
                Factories[factory] = known with { Users = known.Users - 1 };
        }
    }

    private static void Log(in Entry entry)
    {
        lock (Gate)
        {
            Last.Enqueue(entry);
            if (Last.Count > Kept)
                Last.Dequeue();
            foreach (var (logger, _) in Factories.Values)
                entry.WriteTo(logger);
        }
    }

    private readonly record struct Entry(Microsoft.Extensions.Logging.LogLevel Level, EventId Event, string Message, Exception? Error)
    {
        // The sentence holds no template: braces in it are its own.
        public void WriteTo(ILogger logger) => logger.Log(Level, Event, Message, Error, static (message, _) => message);
    }

    /// <summary>Hears what one private system logs.</summary>
    internal sealed class Listener : UntypedActor
    {
        protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(LogEvent));

        protected override void OnReceive(object message)
        {
            // Akka publishes a few events of its own past the level.
            if (message is not LogEvent log || log.LogLevel() < Akka.Event.LogLevel.WarningLevel)
                return;
            var level = log.LogLevel() == Akka.Event.LogLevel.WarningLevel ? Microsoft.Extensions.Logging.LogLevel.Warning : Microsoft.Extensions.Logging.LogLevel.Error;
            Log(new Entry(level, EventOf(log), log.Message?.ToString() ?? "", log.Cause));
        }

        // "utp-101" is the event 101; what others log has no number.
        private static EventId EventOf(LogEvent log) =>
            log.TryGetProperties(out var properties) && properties is not null && properties.TryGetValue(UtpLogEvents.Property, out var name) && name is string text
            && int.TryParse(text.AsSpan(text.LastIndexOf('-') + 1), System.Globalization.CultureInfo.InvariantCulture, out var number)
                ? new EventId(number, text)
                : default;
    }
}
