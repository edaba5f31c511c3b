using System.Net;
using Utp.Protocol;

namespace Utp.Streams;

/// <summary>Opens uTP connections without actors.</summary>
public static class UtpClient
{
    /// <summary>Opens a connection, as a stream.</summary>
    /// <param name="remoteEndPoint">An <see cref="IPEndPoint"/>, or a <see cref="DnsEndPoint"/>, all of whose addresses are tried in turn.</param>
    /// <param name="options">Null: all defaults.</param>
    /// <param name="cancellationToken">Gives up. Without effect once connected.</param>
    /// <exception cref="UtpException">
    /// It could not be opened; <see cref="UtpException.FailureCause"/> tells a time-out from a refusal, an unknown host, a wrong option or a socket that cannot be used.
    /// </exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public static async Task<UtpStream> ConnectAsync(EndPoint remoteEndPoint, UtpClientOptions? options = null, CancellationToken cancellationToken = default) =>
        new(await Opening.OpenAsync(remoteEndPoint, options ?? new UtpClientOptions(), DeliveryMode.Bytes, null, cancellationToken).ConfigureAwait(false));

    /// <summary>As <see cref="ConnectAsync(EndPoint, UtpClientOptions?, CancellationToken)"/>, by host name or address.</summary>
    /// <param name="host">A name, or an address.</param>
    /// <param name="port">1 to 65,535.</param>
    /// <param name="options">Null: all defaults.</param>
    /// <param name="cancellationToken">Gives up. Without effect once connected.</param>
    public static Task<UtpStream> ConnectAsync(string host, int port, UtpClientOptions? options = null, CancellationToken cancellationToken = default) =>
        ConnectAsync(Opening.EndPointOf(host, port), options, cancellationToken);

    /// <summary>Opens a connection that carries messages.</summary>
    /// <param name="remoteEndPoint">An <see cref="IPEndPoint"/>, or a <see cref="DnsEndPoint"/>, all of whose addresses are tried in turn.</param>
    /// <param name="options">Null: all defaults. <see cref="Messages.UtpOptions.Delivery"/> may say objects; otherwise it is frames. Both ends must ask for the same.</param>
    /// <param name="cancellationToken">Gives up. Without effect once connected.</param>
    /// <exception cref="UtpException">It could not be opened; <see cref="UtpException.FailureCause"/> says why.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public static async Task<UtpMessageConnection> ConnectMessagesAsync(EndPoint remoteEndPoint, UtpClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new UtpClientOptions();
        return new UtpMessageConnection(await Opening.OpenAsync(remoteEndPoint, options, Opening.MessageMode(options), null, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>As <see cref="ConnectMessagesAsync(EndPoint, UtpClientOptions?, CancellationToken)"/>, by host name or address.</summary>
    /// <param name="host">A name, or an address.</param>
    /// <param name="port">1 to 65,535.</param>
    /// <param name="options">Null: all defaults.</param>
    /// <param name="cancellationToken">Gives up. Without effect once connected.</param>
    public static Task<UtpMessageConnection> ConnectMessagesAsync(string host, int port, UtpClientOptions? options = null, CancellationToken cancellationToken = default) =>
        ConnectMessagesAsync(Opening.EndPointOf(host, port), options, cancellationToken);
}
