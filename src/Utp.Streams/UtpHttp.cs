namespace Utp.Streams;

/// <summary>HTTP over uTP, by the framework's own client: <c>new HttpClient(UtpHttp.CreateHandler())</c>. Everything else of it stays as it is: pooled connections, TLS, HTTP/2.</summary>
public static class UtpHttp
{
    /// <summary>A handler whose connections are uTP connections, and which asks no proxy.</summary>
    /// <param name="options">Of all its connections; null: all defaults. What belongs to one connection only, a socket or initial data, does not go with it.</param>
    /// <exception cref="ArgumentException">The options hold what belongs to one connection only.</exception>
    public static SocketsHttpHandler CreateHandler(UtpClientOptions? options = null) => new SocketsHttpHandler { UseProxy = false }.UseUtp(options);

    /// <summary>
    /// Opens the handler's connections with uTP, in place of its <see cref="SocketsHttpHandler.ConnectCallback"/>. Its proxy, where it has one, is asked over uTP, too.
    /// </summary>
    /// <param name="handler">Not used yet.</param>
    /// <param name="options">As in <see cref="CreateHandler"/>.</param>
    /// <returns>The handler.</returns>
    /// <exception cref="ArgumentException">The options hold what belongs to one connection only.</exception>
    public static SocketsHttpHandler UseUtp(this SocketsHttpHandler handler, UtpClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (options is { Socket: not null } or { InitialData.IsEmpty: false })
            throw new ArgumentException("A handler opens any number of connections: a socket and initial data belong to one.", nameof(options));
        handler.ConnectCallback = async (context, cancellationToken) =>
            await UtpClient.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, options, cancellationToken).ConfigureAwait(false);
        return handler;
    }
}
