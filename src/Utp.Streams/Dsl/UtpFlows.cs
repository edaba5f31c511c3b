using System.Net;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Streams.Dsl;

/// <summary>
/// Opens and accepts uTP connections as flows whose elements are <typeparamref name="T"/>. Everything that is returned is a blueprint: it may be materialized any
/// number of times, each opening a connection or a port of its own; only the flow of an <see cref="IncomingConnection{T}"/> can be materialized once.
/// </summary>
/// <remarks>
/// <para>A flow reads little more than is asked of it: where its consumer stops, the receive window closes and the peer's writes wait. It takes elements while what it
/// wrote and the peer did not acknowledge fits the send buffer.</para>
/// <para>The end of what goes in closes our direction: with half close reading goes on until the peer ends too, without it both directions end and what the peer still
/// sends is discarded. A failure of what goes in resets the connection. What comes out completes when the peer has closed its direction; its consumer's cancelling
/// leaves writing open, and what the peer sends is then discarded. A connection that ends by an error fails the flow with <see cref="UtpException"/>, behind what was
/// received before.</para>
/// </remarks>
/// <typeparam name="T">The element.</typeparam>
public class UtpFlows<T>
{
    // Connections that wait for demand, where the user says nothing.
    private const int DefaultBacklog = 1024;

    private readonly UtpExtension _utp;
    private readonly ElementFormat<T> _format;

    internal UtpFlows(UtpExtension utp, ElementFormat<T> format)
    {
        _utp = utp;
        _format = format;
    }

    /// <summary>
    /// A source of the connections that a UDP port accepts. It materializes a task of the binding, which fails with <see cref="UtpException"/> when the port cannot be
    /// bound. A connection whose flow is not materialized within <c>utp.register-timeout</c> is aborted. Cancelling the source unbinds; accepted connections go on.
    /// </summary>
    /// <param name="localAddress">An <see cref="IPEndPoint"/>; port 0: any free one.</param>
    /// <param name="backlog">How many connections may be half open, and how many may wait for demand; more are refused and aborted. Null: as configured, and 1,024.</param>
    /// <param name="options">What the connections do differently from the configuration.</param>
    /// <param name="halfClose">Whether a flow whose input has ended goes on reading.</param>
    /// <param name="idleTimeout">A flow without an element in either direction for so long fails with <see cref="UtpIdleTimeoutException"/>; null: never.</param>
    public Source<IncomingConnection<T>, Task<ServerBinding>> Bind(
        EndPoint localAddress, int? backlog = null, UtpOptions? options = null, bool halfClose = false, TimeSpan? idleTimeout = null)
    {
        ArgumentNullException.ThrowIfNull(localAddress);
        return Bind(new Bind(null, localAddress) { Backlog = backlog, Options = options }, halfClose, idleTimeout);
    }

    /// <inheritdoc cref="Bind(EndPoint, int?, UtpOptions?, bool, TimeSpan?)"/>
    /// <param name="host">An address of this machine, or a name of one.</param>
    /// <param name="port">The port; 0: any free one.</param>
    /// <exception cref="ArgumentException">The name has no address.</exception>
#pragma warning disable CS1573 // The other parameters are inherited.
    public Source<IncomingConnection<T>, Task<ServerBinding>> Bind(
        string host, int port, int? backlog = null, UtpOptions? options = null, bool halfClose = false, TimeSpan? idleTimeout = null) =>
        Bind(Resolve(host, port), backlog, options, halfClose, idleTimeout);
#pragma warning restore CS1573 // As above.

    /// <summary>The same with all that a <see cref="Messages.Bind"/> can say: limits, a socket of the user's own, out-of-band datagrams. Its handler and its pull mode are this source's affair.</summary>
    /// <param name="command">What to bind.</param>
    /// <param name="halfClose">Whether a flow whose input has ended goes on reading.</param>
    /// <param name="idleTimeout">A flow without an element in either direction for so long fails; null: never.</param>
    public Source<IncomingConnection<T>, Task<ServerBinding>> Bind(Bind command, bool halfClose = false, TimeSpan? idleTimeout = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        CheckIdleTimeout(idleTimeout);
        var options = _format.Adapt(command.Options);
        var stage = new ListenerStage<T>(
            _utp.Manager, command with { PullMode = true, Options = options }, command.Backlog ?? DefaultBacklog, _utp.Settings.RegisterTimeout, IncomingFlow);
        return Source.FromGraph(stage);

        IncomingConnection<T> IncomingFlow(Connected connected, Akka.Actor.IActorRef connection, Action onMaterialized)
        {
            var graph = new IncomingStage<T>(connection, connected.RemoteAddress, _format, SendBufferBytes(options), halfClose, onMaterialized);
            return new IncomingConnection<T>(
                connected.LocalAddress, connected.RemoteAddress, WithIdleTimeout(Flow.FromGraph(graph), idleTimeout, connected.RemoteAddress));
        }
    }

    /// <summary>Binds a port and materializes <paramref name="handler"/> for each connection that it accepts.</summary>
    /// <param name="handler">What answers: its input is what the peer sends. A blueprint, materialized for each connection.</param>
    /// <param name="materializer">Where to run it.</param>
    /// <param name="localAddress">An <see cref="IPEndPoint"/>; port 0: any free one.</param>
    /// <param name="backlog">As in <see cref="Bind(EndPoint, int?, UtpOptions?, bool, TimeSpan?)"/>.</param>
    /// <param name="options">What the connections do differently from the configuration.</param>
    /// <param name="halfClose">Whether a flow whose input has ended goes on reading.</param>
    /// <param name="idleTimeout">A flow without an element in either direction for so long fails; null: never.</param>
    /// <returns>The binding; fails with <see cref="UtpException"/> when the port cannot be bound.</returns>
    public Task<ServerBinding> BindAndHandle<TMat>(
        Flow<T, T, TMat> handler, IMaterializer materializer, EndPoint localAddress, int? backlog = null, UtpOptions? options = null, bool halfClose = false, TimeSpan? idleTimeout = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Bind(localAddress, backlog, options, halfClose, idleTimeout)
            .To(Sink.ForEach<IncomingConnection<T>>(connection => connection.HandleWith(handler, materializer)))
            .Run(materializer);
    }

    /// <inheritdoc cref="BindAndHandle{TMat}(Flow{T, T, TMat}, IMaterializer, EndPoint, int?, UtpOptions?, bool, TimeSpan?)"/>
    /// <param name="host">An address of this machine, or a name of one.</param>
    /// <param name="port">The port; 0: any free one.</param>
    /// <exception cref="ArgumentException">The name has no address.</exception>
#pragma warning disable CS1573 // The other parameters are inherited.
    public Task<ServerBinding> BindAndHandle<TMat>(
        Flow<T, T, TMat> handler, IMaterializer materializer, string host, int port, int? backlog = null, UtpOptions? options = null, bool halfClose = false, TimeSpan? idleTimeout = null) =>
        BindAndHandle(handler, materializer, Resolve(host, port), backlog, options, halfClose, idleTimeout);
#pragma warning restore CS1573 // As above.

    /// <summary>
    /// A flow that opens a connection when it is materialized. It materializes a task of the connection's addresses, which fails with <see cref="UtpException"/>, as the
    /// flow does, when the connection cannot be opened.
    /// </summary>
    /// <param name="remoteAddress">An <see cref="IPEndPoint"/>, or a <see cref="DnsEndPoint"/>, all of whose addresses are tried in turn.</param>
    /// <param name="localAddress">The connection's own port; null: chosen by the system.</param>
    /// <param name="options">What the connection does differently from the configuration.</param>
    /// <param name="halfClose">Whether the flow goes on reading when its input has ended.</param>
    /// <param name="connectTimeout">How long to try; null: as configured.</param>
    /// <param name="idleTimeout">Without an element in either direction for so long the flow fails with <see cref="UtpIdleTimeoutException"/>; null: never.</param>
    public Flow<T, T, Task<OutgoingConnection>> OutgoingConnection(
        EndPoint remoteAddress, EndPoint? localAddress = null, UtpOptions? options = null, bool halfClose = true, TimeSpan? connectTimeout = null, TimeSpan? idleTimeout = null)
    {
        ArgumentNullException.ThrowIfNull(remoteAddress);
        return OutgoingConnection(new Connect(remoteAddress) { LocalAddress = localAddress, Options = options, Timeout = connectTimeout }, halfClose, idleTimeout);
    }

    /// <summary>A flow that opens a connection to a host by name or address when it is materialized.</summary>
    public Flow<T, T, Task<OutgoingConnection>> OutgoingConnection(string host, int port) => OutgoingConnection(new Connect(host, port));

    /// <summary>
    /// The same with all that a <see cref="Connect"/> can say: a listener whose port it goes through, initial data, a socket of the user's own, cancellation. A command
    /// that names a socket can be materialized once. Its pull mode is this flow's affair.
    /// </summary>
    /// <param name="command">What to open.</param>
    /// <param name="halfClose">Whether the flow goes on reading when its input has ended.</param>
    /// <param name="idleTimeout">Without an element in either direction for so long the flow fails; null: never.</param>
    public Flow<T, T, Task<OutgoingConnection>> OutgoingConnection(Connect command, bool halfClose = true, TimeSpan? idleTimeout = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        CheckIdleTimeout(idleTimeout);
        var options = _format.Adapt(command.Options);
        var stage = new OutgoingStage<T>(_utp.Manager, command with { PullMode = true, Options = options }, _format, SendBufferBytes(options), halfClose);
        return WithIdleTimeout(Flow.FromGraph(stage), idleTimeout, command.RemoteAddress);
    }

    private int SendBufferBytes(UtpOptions? options) => options?.SendBufferBytes ?? _utp.Settings.Connection.SendBufferBytes;

    private static void CheckIdleTimeout(TimeSpan? idleTimeout)
    {
        if (idleTimeout <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(idleTimeout), idleTimeout, "An idle time-out is longer than zero; null for none.");
    }

    private static Flow<T, T, TMat> WithIdleTimeout<TMat>(Flow<T, T, TMat> flow, TimeSpan? idleTimeout, EndPoint remote)
    {
        if (idleTimeout is not { } timeout)
            return flow;
        var exception = new UtpIdleTimeoutException($"Connection with {remote}: no element passed in either direction for {timeout.TotalSeconds:0.###} s.", timeout);

        // The time-out fails both directions, each below the stage that names it.
        var named = BidiFlow.FromFlows(Named(exception), Named(exception));
        return flow.Join(BidiFlow.BidirectionalIdleTimeout<T, T>(timeout).Atop(named));
    }

    private static Flow<T, T, NotUsed> Named(UtpIdleTimeoutException exception) =>
        Flow.Create<T>().SelectError(e => e is TimeoutException and not UtpIdleTimeoutException ? exception : e);

    private static IPEndPoint Resolve(string host, int port)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        if (IPAddress.TryParse(host, out var address))
            return new IPEndPoint(address, port);
        try
        {
            if (Dns.GetHostAddresses(host) is [var first, ..])
                return new IPEndPoint(first, port);
        }
        catch (System.Net.Sockets.SocketException e)
        {
            throw new ArgumentException($"The name {host} has no address: check its spelling, or give an IP address.", nameof(host), e);
        }

        throw new ArgumentException($"The name {host} has no address: check its spelling, or give an IP address.", nameof(host));
    }
}
