using System.Net;
using Utp.Protocol;

namespace Utp.Streams;

/// <summary>
/// A UDP port that accepts uTP connections as streams; also the port that outgoing connections may share (<see cref="ConnectAsync(EndPoint, UtpClientOptions?, CancellationToken)"/>).
/// Any thread, and any number of accepts at the same time.
/// </summary>
public sealed class UtpListener : IAsyncDisposable, IDisposable
{
    private readonly ListenerRef _port;

    private UtpListener(ListenerRef port) => _port = port;

    /// <summary>Where it is bound: with the port that was chosen, when 0 was asked for.</summary>
    public IPEndPoint LocalEndPoint => _port.LocalEndPoint;

    /// <summary>
    /// Completes when the port is free again: disposed, and its last connection gone, late packets of which are answered for a second. Connections outlive their
    /// listener.
    /// </summary>
    public Task Closed => _port.WhenFree;

    /// <summary>Binds a port.</summary>
    /// <param name="localEndPoint">An <see cref="IPEndPoint"/>; port 0: any free one. Not used with <see cref="UtpListenerOptions.Socket"/>.</param>
    /// <param name="options">Null: all defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UtpException">The address is in use, none of this machine's, or not allowed; an option is wrong; the socket that was given cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public static async Task<UtpListener> BindAsync(EndPoint localEndPoint, UtpListenerOptions? options = null, CancellationToken cancellationToken = default) =>
        new(await ListenerRef.BindAsync(localEndPoint, options ?? new UtpListenerOptions(), DeliveryMode.Bytes, cancellationToken).ConfigureAwait(false));

    /// <summary>Takes the next accepted connection; waits until there is one.</summary>
    /// <param name="cancellationToken">Gives up; no connection is lost by that.</param>
    /// <exception cref="ObjectDisposedException">The listener is disposed.</exception>
    /// <exception cref="UtpException">The listener has lost its port, or the actor system shuts down.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async ValueTask<UtpStream> AcceptAsync(CancellationToken cancellationToken = default) =>
        new(await _port.AcceptAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>Accepted connections, one after the other, until the listener is disposed.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UtpException">The listener has lost its port, or the actor system shuts down.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async IAsyncEnumerable<UtpStream> AcceptAllAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await _port.TryAcceptAsync(cancellationToken).ConfigureAwait(false) is { } connection)
            yield return new UtpStream(connection);
    }

    /// <summary>
    /// Opens a connection that leaves from this port, as hole punching needs it. <see cref="UtpConnectionOptions.ActorSystem"/> is the listener's.
    /// </summary>
    /// <param name="remoteEndPoint">An <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>.</param>
    /// <param name="options">Null: all defaults. Neither <see cref="UtpClientOptions.LocalEndPoint"/> nor <see cref="UtpClientOptions.Socket"/> go with a listener.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UtpException">It could not be opened; <see cref="UtpException.FailureCause"/> says why.</exception>
    /// <exception cref="ObjectDisposedException">The listener is disposed.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async Task<UtpStream> ConnectAsync(EndPoint remoteEndPoint, UtpClientOptions? options = null, CancellationToken cancellationToken = default) =>
        new(await _port.ConnectAsync(remoteEndPoint, options ?? new UtpClientOptions(), DeliveryMode.Bytes, cancellationToken).ConfigureAwait(false));

    /// <summary>As <see cref="ConnectAsync(EndPoint, UtpClientOptions?, CancellationToken)"/>, by host name or address.</summary>
    /// <param name="host">A name, or an address.</param>
    /// <param name="port">1 to 65,535.</param>
    /// <param name="options">Null: all defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<UtpStream> ConnectAsync(string host, int port, UtpClientOptions? options = null, CancellationToken cancellationToken = default) =>
        ConnectAsync(Opening.EndPointOf(host, port), options, cancellationToken);

    /// <summary>Accepts no more, at once: connections that nobody took are reset, those that were taken go on. A second time does nothing.</summary>
    public void Dispose() => _port.Dispose();

    /// <summary>
    /// As <see cref="Dispose"/>, and completes when the port is free, so that it can be bound again. Where connections of the port are still held (taken, and not disposed) it
    /// completes at once: they go on, and keep the port; <see cref="Closed"/> waits for them, too.
    /// </summary>
    public ValueTask DisposeAsync() => new(_port.DisposeAsync());
}
