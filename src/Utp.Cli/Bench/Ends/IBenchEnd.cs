namespace Utp.Cli;

/// <summary>One end of a benchmark: a server or a client of one carrier. Called by one caller, one call after the other.</summary>
internal interface IBenchEnd : IAsyncDisposable
{
    /// <summary>A server listens, and gives its ports; a client connects to those of the server until all its connections are open, and gives none.</summary>
    Task<int[]> OpenAsync(IReadOnlyList<int> serverPorts);

    /// <summary>A client starts to send: so many bytes over all connections, done when they are sent; 0: without end, done at once.</summary>
    Task GoAsync(long bytes);

    /// <summary>What was sent until now; null where nobody counts.</summary>
    Task<PacketCount?> CountPacketsAsync();

    /// <summary>A client closes everything properly, and waits for it; a server waits until its connections have gone.</summary>
    Task FinishAsync();
}
