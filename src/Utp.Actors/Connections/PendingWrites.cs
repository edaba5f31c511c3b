using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// The writes that the core has taken and the peer has not acknowledged, in order: whose they are, and what to tell when they are delivered, or when the
/// connection ends before. Made with the first write: an idle connection has none.
/// </summary>
internal sealed class PendingWrites
{
    private readonly Queue<Pending> _queue = new();
    private long _delivered;

    /// <summary>A write was taken.</summary>
    public void Add(IActorRef writer, Write write) => _queue.Enqueue(new Pending(writer, write, write.Ack, write.AckWhen));

    /// <summary>The last piece of a file was taken.</summary>
    public void Add(IActorRef writer, WriteFile file) => _queue.Enqueue(new Pending(writer, file, file.Ack, file.AckWhen));

    /// <summary>Something was taken that nobody asks about: the data of <see cref="Connect"/>, or a piece of a file that is not the last.</summary>
    public void AddUnasked(IActorRef writer) => _queue.Enqueue(new Pending(writer, null, null, default));

    /// <summary>The peer has acknowledged the first <paramref name="count"/> writes of the connection.</summary>
    public void OnDelivered(long count, IActorRef connection)
    {
        for (; _delivered < count && _queue.TryDequeue(out var pending); _delivered++)
        {
            if (pending is { Ack: { } ack, AckWhen: not AckWhen.Accepted })
                pending.Writer.Tell(ack, connection);
        }
    }

    /// <summary>The connection has ended, or the peer reads no more: each write that is left fails, in order.</summary>
    public void FailAll(in Failure failure, CloseReason reason, IActorRef connection)
    {
        while (_queue.TryDequeue(out var pending))
        {
            if (pending.Command is { } command)
                pending.Writer.Tell(new CommandFailed(command, failure.Cause, failure.Message) { Reason = reason }, connection);
        }
    }

    private readonly record struct Pending(IActorRef Writer, WriteCommand? Command, object? Ack, AckWhen AckWhen);
}
