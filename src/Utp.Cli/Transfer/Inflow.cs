using System.Security.Cryptography;
using Akka.Actor;
using Utp.Messages;

namespace Utp.Cli;

/// <summary>
/// Moves what a connection receives into a sink, in order, and hashes it. Belongs to one actor and is used on its thread only, which passes every message
/// to <see cref="Handle"/> first; writing and hashing happen elsewhere, one batch at a time.
/// </summary>
/// <remarks>
/// While more than <see cref="HighWaterBytes"/> wait for a slow sink, reading is suspended: data then stays in the connection's receive window, which
/// closes, and the peer stops. So the memory of a transfer is bounded whatever the disk does.
/// </remarks>
internal sealed class Inflow(IByteSink sink, IActorRef self, Meter meter)
{
    public const long HighWaterBytes = 4 << 20;
    private const long LowWaterBytes = HighWaterBytes / 2;

    private IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private List<ReadOnlyMemory<byte>> _waiting = [];
    private long _pendingBytes;
    private bool _busy;
    private bool _suspended;
    private bool _finishing;
    private bool _discarded;

    public IByteSink Sink => sink;

    public long BytesReceived { get; private set; }

    /// <summary>When the first byte came; null before.</summary>
    public Moment? FirstByte { get; private set; }

    /// <summary>When the last byte was written; the flush to the disk comes after it.</summary>
    public Moment LastWrite { get; private set; } = Moment.Now;

    /// <summary>The hash, once everything is written and made last; null before.</summary>
    public byte[]? Hash { get; private set; }

    /// <summary>Why the sink failed, in one sentence; null: it did not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Of <see cref="TransferCodes"/>, for the sender.</summary>
    public ushort FailureCode { get; private set; }

    /// <summary>Whether the trouble is what was sent, and not this machine: another sender may do better.</summary>
    public bool IsSendersFault { get; private set; }

    /// <summary>Whether the sink is closed, completed or discarded: nothing more will happen.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The sink has bytes already, whose hash this is: ours from now on. Before anything is accepted.</summary>
    public void Continue(IncrementalHash hash)
    {
        _hash.Dispose();
        _hash = hash;
    }

    public void Accept(ReadOnlyMemory<byte> data, IActorRef connection)
    {
        if (data.IsEmpty || _discarded || Failure is not null)
            return;
        FirstByte ??= Moment.Now;
        BytesReceived += data.Length;
        meter.Add(data.Length);
        _waiting.Add(data);
        _pendingBytes += data.Length;
        if (!_suspended && _pendingBytes > HighWaterBytes)
        {
            _suspended = true;
            connection.Tell(SuspendReading.Instance, self);
        }

        WriteNext();
    }

    /// <summary>All was received: once it is written the sink is completed, and <see cref="Hash"/> is set.</summary>
    public void Finish()
    {
        _finishing = true;
        WriteNext();
    }

    /// <summary>Gives up; what the sink can take back is taken back.</summary>
    public void Discard()
    {
        if (_discarded || IsOver)
            return;
        _discarded = true;
        _waiting = [];
        if (!_busy)
            Release();
    }

    /// <summary>Whether the message was meant for this; the properties tell what it has changed.</summary>
    public bool Handle(object message, IActorRef connection)
    {
        if (message is not Done done)
            return false;
        _busy = false;
        _pendingBytes -= done.Bytes;
        if (done.Error is not null)
        {
            Failure = sink.Explain(done.Error);
            FailureCode = TransferCodes.Of(done.Error);
            IsSendersFault = done.Error is BundleException;
            Discard();
        }

        if (_discarded)
        {
            Release();
            return true;
        }

        if (done.Hash is not null)
        {
            Hash = done.Hash;
            Release();
            return true;
        }

        LastWrite = Moment.Now;
        if (_suspended && _pendingBytes <= LowWaterBytes)
        {
            _suspended = false;
            connection.Tell(ResumeReading.Instance, self);
        }

        WriteNext();
        return true;
    }

    private void WriteNext()
    {
        if (_busy || _discarded || Hash is not null)
            return;
        if (_waiting.Count > 0)
        {
            var batch = _waiting;
            _waiting = [];
            Start(() => Write(batch));
        }
        else if (_finishing)
        {
            Start(Complete);
        }
    }

    private void Start(Func<Done> work)
    {
        _busy = true;
        Task.Run(work).PipeTo(self, failure: error => new Done(0, null, error));
    }

    private Done Write(List<ReadOnlyMemory<byte>> batch)
    {
        long bytes = 0;
        foreach (var piece in batch)
        {
            _hash.AppendData(piece.Span);
            bytes += piece.Length;
        }

        sink.Write(batch);
        return new Done(bytes, null, null);
    }

    private Done Complete()
    {
        sink.Complete();
        return new Done(0, _hash.GetCurrentHash(), null);
    }

    private void Release()
    {
        sink.Dispose();
        _hash.Dispose();
        IsOver = true;
    }

    private sealed record Done(long Bytes, byte[]? Hash, Exception? Error);
}
