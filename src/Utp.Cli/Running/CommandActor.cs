using Akka.Actor;

namespace Utp.Cli;

/// <summary>The user pressed Ctrl-C: close what is open, and end.</summary>
internal sealed class Interrupt
{
    public static readonly Interrupt Instance = new();

    private Interrupt()
    {
    }
}

/// <summary>An actor that does one command and then has a result. A defect in it is the command's failure: it is never restarted.</summary>
internal abstract class CommandActor<T>(TaskCompletionSource<T> result) : UntypedActor
{
    protected void Finish(T value)
    {
        result.TrySetResult(value);
        Context.Stop(Self);
    }

    protected override void PreRestart(Exception reason, object message)
    {
        result.TrySetException(reason);
        base.PreRestart(reason, message);
    }

    protected override void PostRestart(Exception reason) => Context.Stop(Self);

    protected override void PostStop() => result.TrySetException(new CliException("The command was stopped from within: please report this."));
}
