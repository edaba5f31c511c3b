using System.Threading.Tasks.Sources;

namespace Utp.Streams;

/// <summary>
/// A stream's read that waits: one object for all of them. It takes what has arrived when its result is asked for, by the reader, so that a read whose result nobody asks for has
/// taken nothing.
/// </summary>
internal sealed class ReadSource(Inflow inflow, Action onOver) : IValueTaskSource<int>
{
    private readonly Waiter _arrival = inflow.Arrival;
    private Memory<byte> _buffer;

    /// <summary>The read that begins to wait, or is done already because something has just arrived.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _buffer = buffer;
        return new ValueTask<int>(this, inflow.BeginWait(cancellationToken));
    }

    int IValueTaskSource<int>.GetResult(short token)
    {
        try
        {
            ((IValueTaskSource)_arrival).GetResult(token);
            return inflow.TryRead(_buffer.Span, out var count) ? count : throw new InvalidOperationException("A read was woken and found nothing.");
        }
        finally
        {
            _buffer = default;
            onOver();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => ((IValueTaskSource)_arrival).GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        ((IValueTaskSource)_arrival).OnCompleted(continuation, state, token, flags);
}
