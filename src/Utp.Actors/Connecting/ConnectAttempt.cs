using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>To the manager from an attempt: a port for one outgoing connection. Answered with <see cref="Bound"/> by the listener, or <see cref="OpenFailed"/>.</summary>
/// <param name="LocalAddress">Where to bind.</param>
/// <param name="Socket">The user's own socket.</param>
internal sealed record OpenPort(IPEndPoint LocalAddress, Socket? Socket) : INoSerializationVerificationNeeded;

/// <summary>
/// Carries out one <see cref="Connect"/>: resolves the name, then tries address after address, each with its share of the time that is left, through a listener that
/// the user named or through ports of its own. Ends with exactly one answer to the user: the connection's <see cref="Connected"/>, or <see cref="CommandFailed"/>.
/// </summary>
internal sealed class ConnectAttempt(UtpSettings settings, ConnectionSettings plain, Connect connect, IActorRef commander, IActorRef manager) : UntypedActor
{
    private const long ShortestTryMicros = 1_000;

    // What the attempt itself takes of its time.
    private const long StartMicros = 10_000;

    private readonly Queue<IPEndPoint> _addresses = new();
    private CancellationTokenRegistration _cancellation;
    private Instant _deadline;
    private IPEndPoint _remote = new(IPAddress.None, 0);
    private IActorRef? _listener;
    private IActorRef? _connection;
    private Failure? _cancelled;
    private Failure _failure;
    private bool _awaitsPort;
    private bool _awaitsConnection;
    private bool _socketGiven;
    private bool _isOver;

    /// <summary>What is wrong with a command before anything is tried; null: nothing.</summary>
    public static Failure? Check(UtpSettings settings, Connect connect)
    {
        try
        {
            if (!IsPlain(connect))
                ConnectionSettings.Create(settings, connect.Options, connect.Timeout);
        }
        catch (ConfigurationException e)
        {
            return new Failure(FailureCause.InvalidOption, e.Message, e);
        }

        if (connect.Listener is not null && (connect.LocalAddress is not null || connect.Socket is not null))
            return new Failure(FailureCause.InvalidOption, "Connect.Listener excludes Connect.LocalAddress and Connect.Socket: the listener's port is used.");
        if (connect.LocalAddress is not (null or IPEndPoint))
            return new Failure(FailureCause.InvalidAddress, $"{connect.LocalAddress} cannot be bound: give an IPEndPoint.");
        return connect.RemoteAddress switch
        {
            IPEndPoint { Port: > 0 } or DnsEndPoint { Port: > 0 } => null,
            IPEndPoint or DnsEndPoint => new Failure(FailureCause.InvalidAddress, $"{connect.RemoteAddress} has no port: give the peer's."),
            _ => new Failure(FailureCause.InvalidAddress, $"{connect.RemoteAddress} cannot be connected to: give an IPEndPoint or a DnsEndPoint."),
        };
    }

    protected override void PreStart()
    {
        var timeout = connect.Timeout?.Micros() ?? settings.Connection.ConnectTimeoutMicros;
        _deadline = Clock.Now.Plus(timeout);
        Context.Watch(commander);
        if (connect.Listener is not null)
        {
            // An actor that is no listener would never answer.
            Context.Watch(connect.Listener);
            Context.SetReceiveTimeout(TimeSpan.FromMicroseconds(timeout));
        }

        if (connect.Cancellation.CanBeCanceled)
        {
            var self = Self;
            _cancellation = connect.Cancellation.Register(() => self.Tell(CancelOpen.Instance, ActorRefs.NoSender));
        }

        if (connect.RemoteAddress is IPEndPoint address)
        {
            _addresses.Enqueue(address);
            TryNext();
            return;
        }

        var host = (DnsEndPoint)connect.RemoteAddress;
        ResolveAsync(host, TimeSpan.FromMicroseconds(timeout)).PipeTo(Self);
    }

    protected override void PostStop()
    {
        _cancellation.Dispose();
        if (!_isOver)
            Answer(Failures.ShuttingDown);
        if (!_socketGiven)
            connect.Socket?.Dispose();
        ReleaseListener();
    }

    protected override bool AroundReceive(Receive receive, object message)
    {
        try
        {
            return base.AroundReceive(receive, message);
        }
        catch (Exception e)
        {
            // The supervisor logs it and stops us; whoever waits must hear of it first.
            if (!_isOver)
                Answer(new Failure(FailureCause.InternalError, $"Connecting to {connect.RemoteAddress} failed: {e.Message}", e));
            throw;
        }
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Resolved resolved:
                OnResolved(resolved);
                break;
            case Bound:
                OnBound();
                break;
            case OpenStarted started:
                _connection = started.Connection;
                if (_cancelled is not null)
                    _connection.Tell(CancelOpen.Instance);
                break;
            case OpenSucceeded:
                _isOver = true;
                Context.Stop(Self);
                break;
            case OpenFailed failed:
                _awaitsPort = _awaitsConnection = false;
                OnFailed(new Failure(failed.Cause, failed.Message, failed.Exception));
                break;
            case CancelOpen:
                Cancel(new Failure(FailureCause.Cancelled, $"Connecting to {connect.RemoteAddress} was cancelled."));
                break;
            case ShutdownUnbind or ShutdownFlush:
                Cancel(Failures.ShuttingDown);
                break;
            case ReceiveTimeout when _connection is null && _awaitsConnection:
                Finish(Failures.NotListening);
                break;
            case ReceiveTimeout:
                break;
            case Terminated terminated:
                OnTerminated(terminated.ActorRef);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private static async Task<Resolved> ResolveAsync(DnsEndPoint host, TimeSpan timeout)
    {
        using var bound = new CancellationTokenSource(timeout);
        try
        {
            return new Resolved(await Dns.GetHostAddressesAsync(host.Host, host.AddressFamily, bound.Token).ConfigureAwait(false), null);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ArgumentException)
        {
            return new Resolved([], e);
        }
    }

    private void OnResolved(Resolved resolved)
    {
        var host = (DnsEndPoint)connect.RemoteAddress;
        if (resolved.Addresses.Length == 0)
        {
            Finish(_cancelled ?? Failures.OfResolve(host.Host, resolved.Error));
            return;
        }

        foreach (var address in AddressOrder.Of(resolved.Addresses))
            _addresses.Enqueue(new IPEndPoint(address, host.Port));
        TryNext();
    }

    private void OnBound()
    {
        _awaitsPort = false;
        _listener = Context.Watch(Sender);
        if (_cancelled is { } failure)
            Finish(failure);
        else
            OpenThrough(_listener);
    }

    // The next address, on a port of its own family unless the user chose the port.
    private void TryNext()
    {
        if (_cancelled is { } cancelled)
        {
            Finish(cancelled);
            return;
        }

        if (!_addresses.TryDequeue(out var remote))
        {
            Finish(_failure);
            return;
        }

        _remote = remote.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(remote.Address.MapToIPv4(), remote.Port) : remote;
        _connection = null;
        if (connect.Listener is not null)
            OpenThrough(connect.Listener);
        else if (connect.Socket is not null && _listener is not null)
            OpenThrough(_listener);
        else
            OpenOwnPort((IPEndPoint?)connect.LocalAddress);
    }

    private void OpenOwnPort(IPEndPoint? local)
    {
        ReleaseListener();
        if (local is not null && local.AddressFamily == AddressFamily.InterNetwork && _remote.AddressFamily == AddressFamily.InterNetworkV6)
        {
            OnFailed(new Failure(FailureCause.InvalidAddress, $"{_remote} cannot be reached from {local}: the IP versions differ."));
            return;
        }

        _awaitsPort = true;
        _socketGiven = true;
        var any = _remote.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
        manager.Tell(new OpenPort(local ?? new IPEndPoint(any, 0), connect.Socket));
    }

    private void OpenThrough(IActorRef listener)
    {
        var left = _deadline.Since(Clock.Now) / (_addresses.Count + 1);
        if (left < ShortestTryMicros)
        {
            OnFailed(Failures.OfConnect(_remote, new CloseReason(CloseCause.ConnectTimeout)));
            return;
        }

        _awaitsConnection = true;
        listener.Tell(new OpenConnection(connect, _remote, SettingsFor(left), commander));
    }

    // Those that have the whole of the configured time share their settings: that is most of them, and each would keep its own for life.
    private ConnectionSettings SettingsFor(long micros) => IsPlain(connect) && micros + StartMicros >= settings.Connection.ConnectTimeoutMicros
        ? plain
        : ConnectionSettings.Create(settings, connect.Options, TimeSpan.FromMicroseconds(micros));

    private static bool IsPlain(Connect connect) => connect.Options is null && connect.Timeout is null;

    private void OnFailed(in Failure failure)
    {
        _failure = failure;
        TryNext();
    }

    // A connection that succeeds at the same moment stays: then its Connected is the one answer.
    private void Cancel(in Failure failure)
    {
        if (_isOver || _cancelled is not null)
            return;
        _cancelled = failure;
        _connection?.Tell(CancelOpen.Instance);
        if (!_awaitsPort && !_awaitsConnection)
            Finish(failure);
    }

    private void OnTerminated(IActorRef dead)
    {
        if (_isOver)
            return;
        if (dead.Equals(commander))
        {
            Cancel(new Failure(FailureCause.Cancelled, "Whoever wanted the connection is gone."));
        }
        else if (dead.Equals(connect.Listener))
        {
            Finish(Failures.NotListening);
        }
        else if (dead.Equals(_listener))
        {
            _listener = null;
            OnFailed(new Failure(FailureCause.SocketError, $"The socket failed while connecting to {_remote}: try again."));
        }
    }

    private void Finish(in Failure failure)
    {
        Answer(failure);
        Context.Stop(Self);
    }

    private void Answer(in Failure failure)
    {
        _isOver = true;
        commander.Tell(new CommandFailed(connect, failure.Cause, failure.Message, failure.Exception), manager);
    }

    private void ReleaseListener()
    {
        if (_listener is null)
            return;
        Context.Unwatch(_listener);
        _listener.Tell(ReleasePort.Instance);
        _listener = null;
    }

    private sealed record Resolved(IPAddress[] Addresses, Exception? Error) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
