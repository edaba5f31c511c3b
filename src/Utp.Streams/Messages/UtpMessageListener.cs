using System.Net;
using System.Runtime.CompilerServices;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams;

/// <summary>A UDP port that accepts uTP connections that carry messages: <see cref="UtpListener"/> for <see cref="UtpMessageConnection"/>. Any thread.</summary>
public sealed class UtpMessageListener : IAsyncDisposable, IDisposable
{
    private readonly ListenerRef _port;
    private readonly DeliveryMode _mode;

    private UtpMessageListener(ListenerRef port, DeliveryMode mode)
    {
        _port = port;
        _mode = mode;
    }

    /// <summary>Where it is bound: with the port that was chosen, when 0 was asked for.</summary>
    public IPEndPoint LocalEndPoint => _port.LocalEndPoint;

    /// <summary>Completes when the port is free again: see <see cref="UtpListener.Closed"/>.</summary>
    public Task Closed => _port.WhenFree;

    /// <summary>Binds a port.</summary>
    /// <param name="localEndPoint">An <see cref="IPEndPoint"/>; port 0: any free one. Not used with <see cref="UtpListenerOptions.Socket"/>.</param>
    /// <param name="options">Null: all defaults. <see cref="UtpOptions.Delivery"/> may say objects; otherwise it is frames.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UtpException">The address is in use, none of this machine's, or not allowed; an option is wrong; the socket that was given cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public static async Task<UtpMessageListener> BindAsync(EndPoint localEndPoint, UtpListenerOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new UtpListenerOptions();
        var mode = Opening.MessageMode(options);
        return new UtpMessageListener(await ListenerRef.BindAsync(localEndPoint, options, mode, cancellationToken).ConfigureAwait(false), mode);
    }

    /// <summary>Takes the next accepted connection; waits until there is one.</summary>
    /// <param name="cancellationToken">Gives up; no connection is lost by that.</param>
    /// <exception cref="ObjectDisposedException">The listener is disposed.</exception>
    /// <exception cref="UtpException">The listener has lost its port, or the actor system shuts down.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async ValueTask<UtpMessageConnection> AcceptAsync(CancellationToken cancellationToken = default) =>
        new(await _port.AcceptAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>Accepted connections, one after the other, until the listener is disposed.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UtpException">The listener has lost its port, or the actor system shuts down.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async IAsyncEnumerable<UtpMessageConnection> AcceptAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await _port.TryAcceptAsync(cancellationToken).ConfigureAwait(false) is { } connection)
            yield return new UtpMessageConnection(connection);
    }

    /// <summary>Opens a connection that leaves from this port: see <see cref="UtpListener.ConnectAsync(EndPoint, UtpClientOptions?, CancellationToken)"/>. It carries messages as the accepted ones do.</summary>
    /// <param name="remoteEndPoint">An <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>.</param>
    /// <param name="options">Null: all defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UtpException">It could not be opened.</exception>
    public async Task<UtpMessageConnection> ConnectAsync(EndPoint remoteEndPoint, UtpClientOptions? options = null, CancellationToken cancellationToken = default) =>
        new(await _port.ConnectAsync(remoteEndPoint, options ?? new UtpClientOptions(), _mode, cancellationToken).ConfigureAwait(false));

    /// <summary>Accepts no more, at once: connections that nobody took are reset, those that were taken go on. A second time does nothing.</summary>
    public void Dispose() => _port.Dispose();

    /// <inheritdoc cref="UtpListener.DisposeAsync"/>
    public ValueTask DisposeAsync() => new(_port.DisposeAsync());
}
