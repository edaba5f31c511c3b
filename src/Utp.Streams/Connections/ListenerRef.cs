using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams;

/// <summary>The handler of one bound port: what is accepted waits here, up to a limit, until somebody takes it.</summary>
internal sealed class ListenerRef : InlineRef
{
    private readonly SystemLease _lease;
    private readonly UtpListenerOptions _options;
    private readonly FaceSettings _settings;
    private readonly Channel<ConnectionRef> _accepted;
    private readonly TaskCompletionSource _bound = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // What users have taken or opened, until it is over: it outlives the listener, and keeps the port.
    private readonly ConcurrentDictionary<ConnectionRef, bool> _held = new();

    // By its actor, until it is over: what ends before its Register was heard tells its end here.
    private readonly ConcurrentDictionary<IActorRef, ConnectionRef> _connected = new();
    private int _disposed;

    private ListenerRef(SystemLease lease, UtpListenerOptions options, DeliveryMode mode)
        : base(lease.System)
    {
        _lease = lease;
        _options = options;
        _settings = FaceSettings.Of(lease.Utp.Settings, options, mode);
        _accepted = Channel.CreateBounded<ConnectionRef>(new BoundedChannelOptions(options.Backlog) { FullMode = BoundedChannelFullMode.Wait });
    }

    public ActorSystem System => _lease.System;

    /// <summary>The actor that owns the port.</summary>
    public IActorRef Listener { get; private set; } = ActorRefs.Nobody;

    public IPEndPoint LocalEndPoint { get; private set; } = null!;

    /// <summary>When the port is free again: unbound, and its last connection gone.</summary>
    public Task WhenFree { get; private set; } = Task.CompletedTask;

    /// <summary>A bound port.</summary>
    /// <param name="local">Where.</param>
    /// <param name="options">How.</param>
    /// <param name="mode">Of the face.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UtpException">It cannot be bound.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public static async Task<ListenerRef> BindAsync(EndPoint local, UtpListenerOptions options, DeliveryMode mode, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(local);
        SystemLease lease;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            lease = await SystemLease.TakeAsync(options.ActorSystem, options.LoggerFactory).ConfigureAwait(false);
        }
        catch
        {
            options.Socket?.Dispose();
            throw;
        }

        var port = new ListenerRef(lease, options, mode);
        var bind = new Bind(port, local)
        {
            Options = Opening.ProtocolOf(options, mode),
            Backlog = options.HalfOpenBacklog,
            Limits = options.Limits,
            DualMode = options.DualMode,
            Socket = options.Socket,
        };
        lease.Utp.Manager.Tell(bind, port);
        try
        {
            if (await Task.WhenAny(port._bound.Task, lease.System.WhenTerminated).WaitAsync(cancellationToken).ConfigureAwait(false) != port._bound.Task)
                throw Opening.SystemGone();
            await port._bound.Task.ConfigureAwait(false);
            return port;
        }
        catch
        {
            port.Dispose();
            if (port.Listener.IsNobody())
                lease.Return();
            throw;
        }
    }

    /// <summary>The next accepted connection.</summary>
    /// <exception cref="UtpException">The port was lost.</exception>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    public async ValueTask<ConnectionRef> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Hold(await _accepted.Reader.ReadAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (ChannelClosedException closed)
        {
            throw closed.InnerException is UtpException lost ? lost.Again() : new ObjectDisposedException(nameof(UtpListener));
        }
    }

    /// <summary>As <see cref="AcceptAsync"/>; null when it was disposed.</summary>
    /// <exception cref="UtpException">The port was lost.</exception>
    public async ValueTask<ConnectionRef?> TryAcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await AcceptAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>A connection from this port.</summary>
    public Task<ConnectionRef> ConnectAsync(EndPoint remote, UtpClientOptions options, DeliveryMode mode, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, typeof(UtpListener));
        return OpenAsync();

        async Task<ConnectionRef> OpenAsync() => Hold(await Opening.OpenAsync(remote, options, mode, this, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Accepts no more, and resets what nobody took. Connections go on.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        Close(null);
        Listener.Tell(Unbind.Instance, this);
    }

    /// <summary>
    /// As <see cref="Dispose"/>; completes when the port is free, unless users still hold connections of it: these go on, and keep the port until they are over.
    /// </summary>
    public Task DisposeAsync()
    {
        Dispose();
        return _held.Keys.Any(static connection => !connection.IsDisposed) ? Task.CompletedTask : Task.WhenAny(WhenFree, System.WhenTerminated);
    }

    protected override void OnMessage(object message, IActorRef sender)
    {
        switch (message)
        {
            case Connected connected:
                OnConnected(connected, sender);
                break;
            case Bound bound:
                OnBound(bound, sender);
                break;
            case CommandFailed { Command: Bind } failed:
                _bound.TrySetException(new UtpException(failed.Cause, failed.Message, failed.Exception));
                break;
            case ListenerFailed failed:
                Close(new UtpException(FailureCause.SocketError, failed.Message, failed.Exception));
                break;
            default:
                if (_connected.TryGetValue(sender, out var connection))
                    connection.Tell(message, sender);
                break;
        }
    }

    private void OnBound(Bound bound, IActorRef listener)
    {
        Listener = listener;
        LocalEndPoint = bound.LocalAddress;
        WhenFree = FreeAsync();
        _bound.TrySetResult();

        // Whoever asked has given up.
        if (Volatile.Read(ref _disposed) != 0)
            listener.Tell(Unbind.Instance, this);
    }

    private ConnectionRef Hold(ConnectionRef connection)
    {
        Keep(_held, connection, true, connection);
        return connection;
    }

    private static void Keep<TKey, TValue>(ConcurrentDictionary<TKey, TValue> kept, TKey key, TValue value, ConnectionRef connection)
        where TKey : notnull
    {
        kept.TryAdd(key, value);
        _ = connection.WhenOver.ContinueWith(
            static (_, state) =>
            {
                var (from, key) = ((ConcurrentDictionary<TKey, TValue>, TKey))state!;
                from.TryRemove(key, out var _);
            },
            (kept, key), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task FreeAsync()
    {
        await Listener.WatchAsync().ConfigureAwait(false);
        _lease.Return();
    }

    private void OnConnected(Connected connected, IActorRef connection)
    {
        var accepted = new ConnectionRef(_lease.Another(), _settings);
        Keep(_connected, connection, accepted, accepted);
        accepted.Open(connected, connection);
        if (!_accepted.Writer.TryWrite(accepted))
            accepted.Abort(null);
    }

    private void Close(UtpException? error)
    {
        _accepted.Writer.TryComplete(error);
        while (_accepted.Reader.TryRead(out var untaken))
            untaken.Abort(null);
    }
}
