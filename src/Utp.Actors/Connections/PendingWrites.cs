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
    private readonly Queue<(IActorRef Writer, Write? Write)> _queue = new();
    private long _delivered;

    /// <summary>A write was taken; <paramref name="write"/> is null for the data of <see cref="Connect"/>, which nobody asks about.</summary>
    public void Add(IActorRef writer, Write? write) => _queue.Enqueue((writer, write));

    /// <summary>The peer has acknowledged the first <paramref name="count"/> writes of the connection.</summary>
    public void OnDelivered(long count, IActorRef connection)
    {
        for (; _delivered < count && _queue.TryDequeue(out var pending); _delivered++)
        {
            if (pending.Write is { Ack: { } ack, AckWhen: not AckWhen.Accepted })
                pending.Writer.Tell(ack, connection);
        }
    }

    /// <summary>The connection has ended, or the peer reads no more: each write that is left fails, in order.</summary>
    public void FailAll(in Failure failure, CloseReason reason, IActorRef connection)
    {
        while (_queue.TryDequeue(out var pending))
        {
            if (pending.Write is { } write)
                pending.Writer.Tell(new CommandFailed(write, failure.Cause, failure.Message) { Reason = reason }, connection);
        }
    }
}
