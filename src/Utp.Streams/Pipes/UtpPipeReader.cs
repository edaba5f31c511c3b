using System.Buffers;
using System.IO.Pipelines;
using Utp.Messages;

namespace Utp.Streams;

/// <summary>
/// Reads a connection where its bytes are: the sequence that is read is the deliveries themselves, and each goes back to the pool when all of it was consumed. More is taken
/// from the connection only when everything that was taken has been examined, so a slow reader closes the window.
/// </summary>
internal sealed class UtpPipeReader(ConnectionRef connection, Action onCompleted) : PipeReader
{
    private readonly Stack<Segment> _free = new();
    private Segment? _first;
    private Segment? _last;
    private int _firstOffset;
    private bool _allExamined = true;
    private bool _completed;

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        ThrowIfCompleted();
        var cancelled = connection.Inflow.TakeInterrupt();
        var isEnd = false;
        if (_allExamined && !cancelled)
        {
            if (!TakeArrived(out isEnd) && !isEnd)
            {
                result = default;
                return false;
            }
        }

        _allExamined &= isEnd;
        result = new ReadResult(Unread, cancelled, isEnd);
        return true;
    }

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        return TryRead(out var result) ? new ValueTask<ReadResult>(result) : ReadLaterAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        ThrowIfCompleted();
        if (_first is null)
        {
            _allExamined = true;
            return;
        }

        _allExamined = ReferenceEquals(examined.GetObject(), _last) && examined.GetInteger() == _last!.Memory.Length;
        var segment = (Segment)consumed.GetObject()!;
        while (_first != segment)
            DropFirst();

        _firstOffset = consumed.GetInteger();
        if (_firstOffset < _first.Memory.Length)
            return;
        _firstOffset = 0;
        DropFirst();
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => connection.Inflow.Interrupt();

    /// <summary>Nothing more is read; the peer is told, as soon as it has sent something that nobody read.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (_completed)
            return;
        var leavesUnread = HasUnread;
        _completed = true;
        while (_first is not null)
            DropFirst();
        connection.Inflow.Dispose(leavesUnread);
        onCompleted();
    }

    /// <summary>Whether something was taken from the connection and not consumed.</summary>
    public bool HasUnread => _first is not null;

    private ReadOnlySequence<byte> Unread =>
        _first is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(_first, _firstOffset, _last!, _last!.Memory.Length);

    private async ValueTask<ReadResult> ReadLaterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await connection.Inflow.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (TryRead(out var result))
                return result;
        }
    }

    // At the end what was left unread is shown once more, and the error of a connection that failed comes behind all that was read.
    private bool TakeArrived(out bool isEnd)
    {
        var any = false;
        while (connection.Inflow.TryTake(out var received, throwAtEnd: !any))
        {
            if (received!.Data.Length == 0)
                continue;
            Add(received);
            any = true;
        }

        isEnd = !any && connection.Inflow.IsAtEnd;
        return any;
    }

    private void Add(Received received)
    {
        if (!_free.TryPop(out var segment))
            segment = new Segment();
        segment.Set(received, _last);
        _first ??= segment;
        _last = segment;
    }

    private void DropFirst()
    {
        var dropped = _first!;
        _first = dropped.NextSegment;
        if (_first is null)
            _last = null;
        dropped.Clear();
        _free.Push(dropped);
    }

    private void ThrowIfCompleted()
    {
        if (_completed)
            throw new InvalidOperationException("The reader was completed: nothing more can be read.");
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        private Received? _received;

        public Segment? NextSegment => (Segment?)Next;

        public void Set(Received received, Segment? before)
        {
            _received = received;
            Memory = received.Data;
            RunningIndex = before is null ? 0 : before.RunningIndex + before.Memory.Length;
            if (before is not null)
                before.Next = this;
        }

        public void Clear()
        {
            _received!.Release();
            _received = null;
            Memory = default;
            Next = null;
        }
    }
}
