using Akka.Actor;
using Akka.Event;

namespace Utp.Cli;

/// <summary>Shows what Akka and the library log (warnings and errors, unless <c>akka.loglevel</c> says otherwise), one line each on standard error.</summary>
internal sealed class LogPrinter : UntypedActor
{
    private readonly Terminal _terminal;

    public LogPrinter(Terminal terminal) => _terminal = terminal;

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(LogEvent));

    protected override void OnReceive(object message)
    {
        // Akka publishes a few events of its own past the level.
        if (message is not LogEvent log || log.LogLevel() < Context.System.EventStream.LogLevel)
            return;
        var level = log.LogLevel().ToString().Replace("Level", "", StringComparison.Ordinal);
        _terminal.Say($"{level}: {Sentences.OneLine(log.Message?.ToString() ?? "")}{(log.Cause is { } cause ? $" ({Sentences.OneLine(cause.Message)})" : "")}");
    }
}
