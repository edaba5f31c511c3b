using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>
/// The users' writes: taken by the core or failed at once, never queued here; who hears of each, and who waits for room. Owned by the connection's actor, which alone calls it.
/// </summary>
internal sealed class WriteDesk(UtpConnection core, ConnectionOptions options, IActorRef connection)
{
    private PendingWrites? _pending;
    private bool _isSuspended;
    private long _refusedBytes;
    private IActorRef? _resumeAsker;
    private CloseReason? _peerStopsReading;
    private FileWrite? _file;

    /// <summary>Whether a write that finds no room suspends writing until <see cref="ResumeWriting"/>, as <see cref="Register.UseResumeWriting"/> says.</summary>
    public bool UsesResumeWriting { get; set; } = true;

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
    public bool HoldsFile => _file is not null;

    /// <summary>A piece of a file has been read.</summary>
    /// <returns>Whether something is to be sent now.</returns>
    public bool OnFilePiece(FilePiece piece)
    {
        piece.File.OnRead(piece.Data.Length);
        if (piece.File != _file)
            return false;
        if (piece.Problem.Message is not null)
            return FailFile(piece.Problem, null);
        if (piece.Data.IsEmpty && _file.BytesLeft > 0)
            return FailFile(Failures.OfShortFile(_file.Command, _file.BytesLeft), null);

        // Other writes wait while there is a file, so there is the room for which it was read; only an end refuses it.
        var result = core.Write(piece.Data, default, Clock.Now);
        if (result != WriteResult.Accepted)
            return FailFile(Failures.OfWrite(result, piece.Data.Length, options), null);
        if (_file.BytesLeft > 0)
        {
            (_pending ??= new PendingWrites()).AddUnasked(_file.Writer);
            return true;
        }

        (_pending ??= new PendingWrites()).Add(_file.Writer, _file.Command);
        if (_file.Command is { Ack: { } ack, AckWhen: not AckWhen.Delivered })
            _file.Writer.Tell(ack);
        EndFile();
        return true;
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
        if (_file is not null)
        {
            if (!_file.IsReading && FileRoom)
                _file.ReadNext(connection);
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
        else if (_file is not null)
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
            _isSuspended = UsesResumeWriting;
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

    private bool FileRoom => core.BufferedBytes == 0 || core.BufferedBytes + FileWrite.PieceBytes <= options.SendBufferBytes;

    private void OnWriteFile(WriteFile command, IActorRef sender)
    {
        if (!CheckSuspended(command, sender))
            return;
        if (options.Mode != DeliveryMode.Bytes)
        {
            Fail(command, Failures.FilesNeedBytes, sender);
            return;
        }

        if (string.IsNullOrEmpty(command.Path) || command.Position < 0 || command.Count < 0)
        {
            Fail(command, Failures.OfWriteFile(command), sender);
            return;
        }

        // An end, or a peer that reads no more, is said before the file is opened.
        if (core.CheckWrite(default, default) is not (WriteResult.Accepted or WriteResult.BufferFull) and var refused)
        {
            Refuse(command, refused, sender);
            return;
        }

        _file = FileWrite.Open(command, sender, out var problem);
        if (_file is null)
            Fail(command, problem, sender);
        else if (FileRoom)
            _file.ReadNext(connection);
    }

    private bool FailFile(in Failure failure, CloseReason? reason)
    {
        _file!.Writer.Tell(new CommandFailed(_file.Command, failure.Cause, failure.Message, failure.Exception) { Reason = reason }, connection);
        EndFile();
        return false;
    }

    private void EndFile()
    {
        _file!.Dispose();
        _file = null;
    }

    private void FailAll(in Failure failure, CloseReason reason)
    {
        _pending?.FailAll(failure, reason, connection);
        if (_file is not null)
            FailFile(failure, reason);
        if (_resumeAsker is null)
            return;
        _resumeAsker.Tell(new CommandFailed(ResumeWriting.Instance, failure.Cause, failure.Message));
        _resumeAsker = null;
    }

    private static void Fail(UtpCommand command, in Failure failure, IActorRef sender) =>
        sender.Tell(new CommandFailed(command, failure.Cause, failure.Message, failure.Exception));
}
