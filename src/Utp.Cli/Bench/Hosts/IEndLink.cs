namespace Utp.Cli;

/// <summary>The way to an end of a benchmark: a process on this machine, or a stream to one on another. Disposing ends the end.</summary>
internal interface IEndLink : IAsyncDisposable
{
    /// <summary>Has the end do something, and waits until it has.</summary>
    /// <exception cref="CliException">It could not, or it is gone.</exception>
    Task<EndReply> AskAsync(EndRequest request, CancellationToken cancellation);
}
