using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// The users' writes: taken by the core or failed at once, never queued here; who hears of each, and who waits for room. Owned by the connection's actor, which alone calls it.
/// </summary>
internal sealed class WriteDesk(UtpConnection core, ConnectionOptions options, IActorRef connection)
{
    private readonly FileDesk _files = new(core, options, connection);
    private PendingWrites? _pending;
    private bool _usesResumeWriting = true;
    private bool _isSuspended;
    private long _refusedBytes;
    private IActorRef? _resumeAsker;
    private CloseReason? _peerStopsReading;

    /// <summary>Somebody has registered.</summary>
    /// <param name="usesResumeWriting">Whether a write that finds no room suspends writing until <see cref="ResumeWriting"/>, as <see cref="Register.UseResumeWriting"/> says.</param>
    public void OnRegistered(bool usesResumeWriting) => _usesResumeWriting = usesResumeWriting;

    /// <summary>Handles a write or <see cref="ResumeWriting"/>; false when it is another message.</summary>
    /// <param name="message">Any message.</param>
    /// <param name="sender">Whose it is.</param>
    /// <param name="taken">Whether something is to be sent now.</param>
    public bool Handle(object message, IActorRef sender, out bool taken)
    {
        taken = false;
        switch (message)
        {
            case Write write:
                taken = CheckSuspended(write, sender) && TryTake(write, sender);
                return true;
            case CompoundWrite compound:
                taken = CheckSuspended(compound, sender) && TryTakeAll(compound, sender);
                return true;
            case WriteFile file:
                OnWriteFile(file, sender);
                return true;
            case ResumeWriting resume:
                OnResumeWriting(resume, sender);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Whether a file is being sent: a close waits for its last byte.</summary>
    public bool HoldsFile => _files.IsBusy;

    /// <summary>A piece of a file has been read.</summary>
    /// <returns>Whether something is to be sent now.</returns>
    public bool OnFilePiece(FilePiece piece)
    {
        var file = piece.File;
        switch (_files.OnPiece(piece))
        {
            case FileProgress.Taken:
                (_pending ??= new PendingWrites()).AddUnasked(file.Writer);
                return true;
            case FileProgress.Done:
                (_pending ??= new PendingWrites()).Add(file.Writer, file.Command);
                if (file.Command is { Ack: { } ack, AckWhen: not AckWhen.Delivered })
                    file.Writer.Tell(ack);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The core has the data of <see cref="Connect"/>, which nobody asks about.</summary>
    public void OnInitialData(IActorRef owner) => (_pending ??= new PendingWrites()).AddUnasked(owner);

    /// <summary>The peer has acknowledged the first <paramref name="count"/> writes.</summary>
    public void OnDelivered(long count) => _pending?.OnDelivered(count, connection);

    /// <summary>The peer reads no more. Whoever waits for room hears so, too.</summary>
    public void OnPeerStopsReading(CloseReason reason)
    {
        _peerStopsReading = reason;
        _isSuspended = false;
        FailAll(Failures.OfUnread(reason), reason);
    }

    /// <summary>Our direction is aborted.</summary>
    public void OnAborted() => FailAll(Failures.WritingAborted, new CloseReason(CloseCause.Aborted));

    /// <summary>The connection has ended.</summary>
    public void OnEnd(CloseReason reason) => FailAll(Failures.OfEnd(reason), reason);

    /// <summary>Tells whoever waits for it that there is room: for what was refused, and half the buffer, so that a writer is not resumed for a few bytes at a time.</summary>
    public void ResumeIfRoom()
    {
        if (_files.IsBusy)
        {
            _files.ReadIfRoom();
            return;
        }

        if (_resumeAsker is null)
            return;
        var free = options.SendBufferBytes - core.BufferedBytes;
        if (free < Math.Max(_refusedBytes, options.SendBufferBytes / 2))
            return;
        _isSuspended = false;
        _refusedBytes = 0;
        _resumeAsker.Tell(WritingResumed.Instance);
        _resumeAsker = null;
    }

    private bool CheckSuspended(WriteCommand command, IActorRef sender)
    {
        if (_isSuspended)
            Fail(command, Failures.WritingSuspended, sender);
        else if (_files.IsBusy)
            Refuse(command, WriteResult.BufferFull, sender);
        else
            return true;
        return false;
    }

    private bool TryTake(Write write, IActorRef sender)
    {
        var result = Take(write, sender, Clock.Now);
        if (result != WriteResult.Accepted)
            Refuse(write, result, sender);
        return result == WriteResult.Accepted;
    }

    // As a whole or not at all: every part is checked before the first is taken.
    private bool TryTakeAll(CompoundWrite compound, IActorRef sender)
    {
        var result = Check(compound);
        if (result != WriteResult.Accepted)
        {
            Refuse(compound, result, sender);
            return false;
        }

        var now = Clock.Now;
        foreach (var write in compound.Writes)
            Take(write, sender, now);
        return true;
    }

    private WriteResult Check(CompoundWrite compound)
    {
        foreach (var write in compound.Writes)
        {
            if (core.CheckWrite(write.Data, write.Metadata) is not (WriteResult.Accepted or WriteResult.BufferFull) and var refused)
                return refused;
        }

        var total = compound.TotalBytes;
        if (total > options.SendBufferBytes)
            return WriteResult.TooLarge;
        return core.BufferedBytes + total > options.SendBufferBytes ? WriteResult.BufferFull : WriteResult.Accepted;
    }

    private WriteResult Take(Write write, IActorRef sender, Instant now)
    {
        var result = core.Write(write.Data, write.Metadata, now);
        if (result != WriteResult.Accepted)
            return result;
        (_pending ??= new PendingWrites()).Add(sender, write);
        if (write is { Ack: { } ack, AckWhen: not AckWhen.Delivered })
            sender.Tell(ack);
        return result;
    }

    private void Refuse(WriteCommand command, WriteResult result, IActorRef sender)
    {
        if (_peerStopsReading is { } reason)
        {
            var failure = Failures.OfUnread(reason);
            sender.Tell(new CommandFailed(command, failure.Cause, failure.Message) { Reason = reason });
            return;
        }

        Fail(command, Failures.OfWrite(result, command.TotalBytes, options), sender);
        if (result == WriteResult.BufferFull)
        {
            _refusedBytes = command.TotalBytes;
            _isSuspended = _usesResumeWriting;
        }
    }

    private void OnResumeWriting(ResumeWriting command, IActorRef sender)
    {
        if (_resumeAsker is not null)
        {
            Fail(command, Failures.ResumeAlreadyPending, sender);
            return;
        }

        _resumeAsker = sender;
        ResumeIfRoom();
    }

    private void OnWriteFile(WriteFile command, IActorRef sender)
    {
        if (!CheckSuspended(command, sender))
            return;
        if (FileDesk.Check(command, options) is { } wrong)
        {
            Fail(command, wrong, sender);
            return;
        }

        // An end, or a peer that reads no more, is said before the file is opened.
        if (core.CheckWrite(default, default) is not (WriteResult.Accepted or WriteResult.BufferFull) and var refused)
            Refuse(command, refused, sender);
        else if (_files.Begin(command, sender) is { } problem)
            Fail(command, problem, sender);
    }

    private void FailAll(in Failure failure, CloseReason reason)
    {
        _pending?.FailAll(failure, reason, connection);
        _files.Fail(failure, reason);
        if (_resumeAsker is null)
            return;
        _resumeAsker.Tell(new CommandFailed(ResumeWriting.Instance, failure.Cause, failure.Message));
        _resumeAsker = null;
    }

    private static void Fail(UtpCommand command, in Failure failure, IActorRef sender) =>
        sender.Tell(new CommandFailed(command, failure.Cause, failure.Message, failure.Exception));
}
