using System.IO.Pipelines;

namespace Utp.Streams;

/// <summary>
/// A connection as a pair of pipes, without copying: what is read is the memory that it arrived in, what is written is filled in the memory that leaves. From
/// <see cref="UtpStream.AsDuplexPipe"/>.
/// </summary>
/// <remarks>
/// <see cref="Output"/>: a flush waits for room in the send buffer; completing it closes our direction behind what was written, or, with an error, aborts the connection.
/// <see cref="Input"/>: completing it refuses what still arrives, and the peer's writes fail. When both are completed the connection is closed, as by <see cref="UtpStream.DisposeAsync"/>.
/// </remarks>
public sealed class UtpDuplexPipe : IDuplexPipe
{
    // While its pipes are used it is not lost.
    private readonly Stream _owner;
    private int _open = 2;

    internal UtpDuplexPipe(ConnectionRef connection, Stream owner)
    {
        _owner = owner;
        Input = new UtpPipeReader(connection, OnCompleted);
        Output = new UtpPipeWriter(connection, OnCompleted);
    }

    /// <summary>Whether the reader holds something that it did not consume.</summary>
    internal bool HasUnread => ((UtpPipeReader)Input).HasUnread;

    /// <summary>What the peer sends.</summary>
    public PipeReader Input { get; }

    /// <summary>What we send.</summary>
    public PipeWriter Output { get; }

    private void OnCompleted()
    {
        if (Interlocked.Decrement(ref _open) == 0)
            _owner.Dispose();
    }
}
