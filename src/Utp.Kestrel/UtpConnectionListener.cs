using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Utp.Streams;

namespace Utp.Kestrel;

/// <summary>One bound port of a server.</summary>
/// <param name="listener">This object's own.</param>
/// <param name="memory">Of all its connections; this object's own.</param>
/// <param name="maxReadBufferSize">Of each connection.</param>
internal sealed class UtpConnectionListener(UtpListener listener, MemoryPool<byte> memory, long? maxReadBufferSize) : IConnectionListener
{
    // A server ends its connections before it disposes of its listeners; then the port is free after the second in which late packets are answered.
    private static readonly TimeSpan FreeLimit = TimeSpan.FromSeconds(5);

    public EndPoint EndPoint { get; } = new UtpEndPoint(listener.LocalEndPoint);

    /// <returns>Null: unbound.</returns>
    /// <exception cref="UtpException">The port is lost, or the actor system shuts down.</exception>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var stream = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
            return UtpConnectionContext.Start(stream, memory, maxReadBufferSize);
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => listener.DisposeAsync();

    /// <summary>Waits until the port can be bound again, as it can after a stop with TCP.</summary>
    public async ValueTask DisposeAsync()
    {
        await listener.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAny(listener.Closed, Task.Delay(FreeLimit)).ConfigureAwait(false);
        memory.Dispose();
    }
}
