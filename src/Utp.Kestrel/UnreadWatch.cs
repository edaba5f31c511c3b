using System.IO.Pipelines;

namespace Utp.Kestrel;

/// <summary>What the server reads from; knows in the end whether it has left something unread.</summary>
internal sealed class UnreadWatch(PipeReader inner) : PipeReader
{
    private bool _completed;

    /// <summary>Whether the server had not read all when it completed this.</summary>
    public bool LeavesUnread { get; private set; }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result) => inner.TryRead(out result);

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => inner.ReadAsync(cancellationToken);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        if (!_completed)
        {
            _completed = true;
            LeavesUnread = HoldsSomething();
        }

        inner.Complete(exception);
    }

    private bool HoldsSomething()
    {
        try
        {
            if (!inner.TryRead(out var read))
                return false;
            inner.AdvanceTo(read.Buffer.Start);
            return !read.Buffer.IsEmpty;
        }
        catch (InvalidOperationException)
        {
            // In the middle of a read: it was given something, and has not said what it took.
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
