namespace Utp.Cli;

/// <summary>Where received bytes go. Used by one task at a time, and never on an actor's thread: it may block.</summary>
internal interface IByteSink : IDisposable
{
    /// <summary>What it is, for a sentence.</summary>
    string Name { get; }

    /// <summary>Adds bytes at the end.</summary>
    void Write(IReadOnlyList<ReadOnlyMemory<byte>> pieces);

    /// <summary>Makes all that was written last. Without it <see cref="IDisposable.Dispose"/> discards what can be discarded.</summary>
    void Complete();

    /// <summary>The refusal of this sink, in one sentence.</summary>
    string Explain(Exception error);
}
