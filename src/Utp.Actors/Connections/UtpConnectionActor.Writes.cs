using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

// Writes: taken by the core or failed at once; never queued here.
internal sealed partial class UtpConnectionActor
{
    private PendingWrites? _writes;
    private bool _useResumeWriting = true;
    private bool _writingSuspended;
    private long _refusedBytes;
    private IActorRef? _resumeAsker;

    private CloseReason? _writesFailed;

    private bool OnWriting(object message)
    {
        switch (message)
        {
            case Write write:
                if (CheckSuspended(write))
                    OnWrite(write);
                return true;
            case CompoundWrite compound:
                if (CheckSuspended(compound))
                    OnCompoundWrite(compound);
                return true;
            case ResumeWriting resume:
                OnResumeWriting(resume);
                return true;
            default:
                return false;
        }
    }

    private bool CheckSuspended(WriteCommand command)
    {
        if (_writingSuspended)
            Fail(command, Failures.WritingSuspended);
        return !_writingSuspended;
    }

    private void OnWrite(Write write)
    {
        var result = Take(write, Clock.Now);
        if (result == WriteResult.Accepted)
            DrainSoon();
        else
            Refuse(write, result);
    }

    // As a whole or not at all: every part is checked before the first is taken.
    private void OnCompoundWrite(CompoundWrite compound)
    {
        var result = Check(compound);
        if (result != WriteResult.Accepted)
        {
            Refuse(compound, result);
            return;
        }

        var now = Clock.Now;
        foreach (var write in compound.Writes)
            Take(write, now);
        DrainSoon();
    }

    private WriteResult Check(CompoundWrite compound)
    {
        foreach (var write in compound.Writes)
        {
            if (_core.CheckWrite(write.Data, write.Metadata) is not (WriteResult.Accepted or WriteResult.BufferFull) and var refused)
                return refused;
        }

        var total = compound.TotalBytes;
        if (total > _options.SendBufferBytes)
            return WriteResult.TooLarge;
        return _core.BufferedBytes + total > _options.SendBufferBytes ? WriteResult.BufferFull : WriteResult.Accepted;
    }

    private WriteResult Take(Write write, Instant now)
    {
        var result = _core.Write(write.Data, write.Metadata, now);
        if (result != WriteResult.Accepted)
            return result;
        (_writes ??= new PendingWrites()).Add(Sender, write);
        if (write is { Ack: { } ack, AckWhen: not AckWhen.Delivered })
            Sender.Tell(ack);
        return result;
    }

    private void Refuse(WriteCommand command, WriteResult result)
    {
        if (_writesFailed is { } reason)
        {
            var failure = Failures.OfUnread(reason);
            Sender.Tell(new CommandFailed(command, failure.Cause, failure.Message) { Reason = reason });
            return;
        }

        Fail(command, Failures.OfWrite(result, command.TotalBytes, _options));
        if (result == WriteResult.BufferFull)
        {
            _refusedBytes = command.TotalBytes;
            _writingSuspended = _useResumeWriting;
        }
    }

    private void OnResumeWriting(ResumeWriting command)
    {
        if (_resumeAsker is not null)
        {
            Fail(command, Failures.ResumeAlreadyPending);
            return;
        }

        _resumeAsker = Sender;
        ResumeWritingIfRoom();
    }

    // Room for what was refused, and half the buffer, so that a writer is not resumed for a few bytes at a time.
    private void ResumeWritingIfRoom()
    {
        var free = _options.SendBufferBytes - _core.BufferedBytes;
        if (free < Math.Max(_refusedBytes, _options.SendBufferBytes / 2))
            return;
        _writingSuspended = false;
        _refusedBytes = 0;
        _resumeAsker!.Tell(WritingResumed.Instance);
        _resumeAsker = null;
    }

    // The peer reads no more. Whoever waits for room hears so, too.
    private void OnWritesFailed(CloseReason reason)
    {
        _writesFailed = reason;
        _writingSuspended = false;
        _writes?.FailAll(Failures.OfUnread(reason), reason, Self);
        FailResumeAsker(Failures.OfUnread(reason));
    }

    private void FailResumeAsker(in Failure failure)
    {
        if (_resumeAsker is null)
            return;
        _resumeAsker.Tell(new CommandFailed(ResumeWriting.Instance, failure.Cause, failure.Message));
        _resumeAsker = null;
    }
}
