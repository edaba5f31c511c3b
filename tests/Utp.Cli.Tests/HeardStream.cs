namespace Utp.Cli.Tests;

/// <summary>Standard output that tells when it has heard enough.</summary>
internal sealed class HeardStream(int enough) : Stream
{
    private readonly Lock _lock = new();
    private readonly MemoryStream _bytes = new();
    private readonly TaskCompletionSource _enough = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public Task EnoughAsync() => _enough.Task.WaitAsync(UtpRun.Patience);

    public byte[] ToArray()
    {
        lock (_lock)
            return _bytes.ToArray();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        lock (_lock)
        {
            _bytes.Write(buffer, offset, count);
            if (_bytes.Length >= enough)
                _enough.TrySetResult();
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
