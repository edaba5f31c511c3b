using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>To the manager from an attempt: a port for its connections. Answered with <see cref="Bound"/> by the listener, or <see cref="OpenFailed"/>.</summary>
/// <param name="LocalAddress">Where to bind.</param>
/// <param name="Socket">The user's own socket.</param>
internal sealed record OpenPort(IPEndPoint LocalAddress, Socket? Socket) : INoSerializationVerificationNeeded;

/// <summary>
/// Carries out one <see cref="Connect"/> that needs somebody to follow it: resolves the name, then tries its addresses as RFC 8305 says, through a listener that the user named,
/// through ports that all share, or through ports of its own (design notes 17 and 38). Ends with exactly one answer to the user: a connection's <see cref="Connected"/>, or <see cref="CommandFailed"/>.
/// </summary>
internal sealed partial class ConnectAttempt(UtpSettings settings, ConnectionSettings plain, Connect connect, IActorRef commander, IActorRef manager, Resolve resolve)
    : UntypedActor, IWithTimers
{
    private const long ShortestTryMicros = 1_000;

    // What the attempt itself takes of its time.
    private const long StartMicros = 10_000;

    private readonly Queue<IPEndPoint> _addresses = new();
    private readonly List<Try> _tries = [];
    private CancellationTokenRegistration _cancellation;
    private Instant _deadline;
    private Try? _winner;
    private Failure? _cancelled;
    private Failure _failure;
    private bool _isRace;
    private bool _isOver;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

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

    /// <summary>Whether a command asks for nothing but what is configured.</summary>
    public static bool IsPlain(Connect connect) => connect.Options is null && connect.Timeout is null;

    /// <summary>Whether it goes through a port that the manager shares among connections.</summary>
    public static bool UsesSharedPort(UtpSettings settings, Connect connect) =>
        connect is { Listener: null, LocalAddress: null, Socket: null } && (connect.ClientPort ?? settings.ClientPort) == ClientPort.Shared;

    /// <summary>An IPv4 address as such.</summary>
    public static IPEndPoint Unmapped(IPEndPoint remote) => remote.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(remote.Address.MapToIPv4(), remote.Port) : remote;

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
            _addresses.Enqueue(Unmapped(address));
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

        ReleasePorts();
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
                OnStarted(started);
                break;
            case OpenReady ready:
                OnReady(ready.Try);
                break;
            case OpenSucceeded succeeded:
                _winner = TryOf(succeeded.Try);
                End();
                break;
            case OpenFailed failed:
                OnOpenFailed(failed);
                break;
            case NextAddress:
                TryNext();
                break;
            case CancelOpen:
                Cancel(new Failure(FailureCause.Cancelled, $"Connecting to {connect.RemoteAddress} was cancelled."));
                break;
            case ShutdownUnbind or ShutdownFlush:
                Cancel(Failures.ShuttingDown);
                break;
            case ReceiveTimeout when !_isOver && _tries.Exists(static one => one is { Connection: null, HasFailed: false }):
                Finish(Failures.NotListening);
                break;
            case ReceiveTimeout:
                break;
            case Terminated terminated:
                OnTerminated(terminated.ActorRef);
                break;
            case SampleNow:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private async Task<Resolved> ResolveAsync(DnsEndPoint host, TimeSpan timeout)
    {
        using var bound = new CancellationTokenSource(timeout);
        try
        {
            return new Resolved(await resolve(host.Host, host.AddressFamily, bound.Token).ConfigureAwait(false), null);
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
        _isRace = _addresses.Count > 1;
        TryNext();
    }

    // RFC 8305 §5: the next address when its turn has come, or as soon as one has failed; those under way go on.
    private void TryNext()
    {
        Timers.Cancel(NextAddress.Instance);
        if (_winner is not null || _isOver)
            return;
        if (_cancelled is null && _addresses.TryDequeue(out var remote))
        {
            var next = new Try(_tries.Count, remote);
            _tries.Add(next);
            if (_addresses.Count > 0)
                Timers.StartSingleTimer(NextAddress.Instance, NextAddress.Instance, AddressOrder.AttemptDelay);
            Begin(next);
            return;
        }

        if (_tries.TrueForAll(static one => one.HasFailed))
            Finish(_cancelled ?? _failure);
    }

    private void Begin(Try next)
    {
        if (connect.Listener is not null)
            OpenThrough(connect.Listener, next);
        else if (UsesSharedPort(settings, connect))
            OpenThrough(manager, next);
        else
            OpenOwnPort(next);
    }

    // A listener, or the manager, which has shared ones.
    private void OpenThrough(IActorRef listener, Try next)
    {
        var left = _deadline.Since(Clock.Now);
        if (left < ShortestTryMicros)
            Failed(next, Failures.OfConnect(next.Remote, new CloseReason(CloseCause.ConnectTimeout)));
        else
            listener.Tell(new OpenConnection(connect, next.Remote, SettingsFor(left), commander, manager, Self, next.Number, _isRace));
    }

    // Those that have the whole of the configured time share their settings: that is most of them, and each would keep its own for life.
    private ConnectionSettings SettingsFor(long micros) => IsPlain(connect) && micros + StartMicros >= settings.Connection.ConnectTimeoutMicros
        ? plain
        : ConnectionSettings.Create(settings, connect.Options, TimeSpan.FromMicroseconds(micros));

    private Try TryOf(int number) => _tries[number];

    private void OnStarted(OpenStarted started)
    {
        TryOf(started.Try).Connection = started.Connection;
        if (_cancelled is not null || _isOver)
            started.Connection.Tell(CancelOpen.Instance);
    }

    // The first one is told of, the others wait until its user has heard: it may fail at the last moment.
    private void OnReady(int number)
    {
        var ready = TryOf(number);
        ready.IsReady = true;
        if (_winner is null && _cancelled is null)
            Win(ready);
    }

    private void Win(Try ready)
    {
        _winner = ready;
        Timers.Cancel(NextAddress.Instance);
        ready.Connection!.Tell(OpenWon.Instance);
    }

    private void OnOpenFailed(OpenFailed failed)
    {
        if (_isOpeningPort && Sender.Equals(manager))
            OnPortFailed(failed.Failure);
        else
            Failed(TryOf(failed.Try), failed.Failure);
    }

    private void Failed(Try failed, in Failure failure)
    {
        if (failed.HasFailed || _isOver)
            return;
        failed.HasFailed = true;
        _failure = failure;
        if (_winner == failed)
            _winner = null;
        if (_winner is null && _cancelled is null && _tries.Find(static one => one is { IsReady: true, HasFailed: false }) is { } ready)
            Win(ready);
        else
            TryNext();
    }

    // A connection that succeeds at the same moment stays: then its Connected is the one answer.
    private void Cancel(in Failure failure)
    {
        if (_isOver || _cancelled is not null)
            return;
        _cancelled = failure;
        foreach (var one in _tries)
            one.Connection?.Tell(CancelOpen.Instance);
        if (_addresses.Count + _tries.Count > 0)
            TryNext();
        else
            Finish(failure);
    }

    private void OnTerminated(IActorRef dead)
    {
        if (_isOver)
            return;
        if (dead.Equals(commander))
            Cancel(new Failure(FailureCause.Cancelled, "Whoever wanted the connection is gone."));
        else if (dead.Equals(connect.Listener))
            Finish(Failures.NotListening);
        else
            OnPortTerminated(dead);
    }

    private void Finish(in Failure failure)
    {
        if (_isOver)
            return;
        Answer(failure);
        End();
    }

    // A loser that is connected by now is closed; one that is not gives up. A port that is being opened must still be released.
    private void End()
    {
        _isOver = true;
        Timers.Cancel(NextAddress.Instance);
        foreach (var other in _tries)
            if (other != _winner)
                other.Connection?.Tell(CancelOpen.Instance);
        if (!_isOpeningPort)
            Context.Stop(Self);
    }

    private void Answer(in Failure failure)
    {
        _isOver = true;
        commander.Tell(new CommandFailed(connect, failure.Cause, failure.Message, failure.Exception), manager);
    }

    private sealed record Resolved(IPAddress[] Addresses, Exception? Error) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed class NextAddress : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly NextAddress Instance = new();
    }

    /// <summary>One address that is tried.</summary>
    private sealed class Try(int number, IPEndPoint remote)
    {
        public int Number { get; } = number;

        public IPEndPoint Remote { get; } = remote;

        public IActorRef? Connection { get; set; }

        public bool IsReady { get; set; }

        public bool HasFailed { get; set; }
    }
}
