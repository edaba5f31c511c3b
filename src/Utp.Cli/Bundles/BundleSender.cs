namespace Utp.Cli;

/// <summary>The sender's part in front of a bundle: its hello, and what the receiver answers. Belongs to one actor and is used on its thread only.</summary>
/// <param name="source">What is sent.</param>
/// <param name="hello">What is said first.</param>
/// <param name="meter">Counts also what the receiver has already.</param>
internal sealed class BundleSender(BundleSource source, BundleHello hello, Meter meter)
{
    private readonly List<byte> _head = [];
    private int _needed = BundleHello.NumberBytes;
    private long _kept;

    /// <summary>Whether an answer is still awaited.</summary>
    public bool IsWaiting => Answer is null;

    /// <summary>The answer.</summary>
    public BundleAnswer? Answer { get; private set; }

    /// <summary>How many bytes of files the receiver had; they are known when all has been read.</summary>
    public long Kept => Interlocked.Read(ref _kept);

    /// <summary>What is said first.</summary>
    public byte[] Hello => hello.ToBytes();

    /// <summary>Takes what the receiver says first. False: it is no answer.</summary>
    public bool Take(ReadOnlySpan<byte> data)
    {
        _head.AddRange(data);
        if (_head.Count < _needed)
            return true;
        try
        {
            Answer = BundleAnswer.Read(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_head), hello, out _needed);
        }
        catch (InvalidDataException)
        {
            return false;
        }

        if (Answer is not null)
            source.LeaveOut(Answer.Kept, OnKept);
        return true;
    }

    private void OnKept(long bytes)
    {
        Interlocked.Add(ref _kept, bytes);
        meter.Add(bytes);
    }
}
