using System.Net;
using Akka.Actor;
using Utp.Messages;

namespace Utp.Cli;

/// <summary>
/// One connection, opened or accepted, as a duplex stream: standard input goes to the peer, what the peer sends to standard output. Each direction ends by
/// itself; the command is done when both have.
/// </summary>
internal sealed class CatActor : CommandActor<TransferResult>, IWithTimers
{
    // How long what was typed may take to arrive after Ctrl-C.
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(1);

    private readonly IActorRef _manager;
    private readonly EndPoint? _peer;
    private readonly IPEndPoint? _local;
    private readonly Action<IPEndPoint> _onBound;
    private readonly Outflow _outflow;
    private readonly Inflow _inflow;
    private IActorRef _connection = ActorRefs.Nobody;
    private TransferResult _result = new();
    private Moment _connected;
    private bool _closing;
    private bool _peerClosed;
    private bool _connectionOver;

    /// <summary>Connects to <paramref name="peer"/>, or accepts one connection at <paramref name="local"/>.</summary>
    public CatActor(
        TaskCompletionSource<TransferResult> result, UtpNode node, EndPoint? peer, IPEndPoint? local, Terminal terminal, Action<IPEndPoint> onBound)
        : base(result)
    {
        _manager = node.Manager;
        _peer = peer;
        _local = local;
        _onBound = onBound;
        _outflow = new Outflow(terminal.Input.CanRead ? terminal.Input : Stream.Null, e => FileErrors.Reading("Standard input", e), node.SendBufferBytes, Self, new Meter("sent"));
        _inflow = new Inflow(new StreamSink(terminal.Output), Self, new Meter("received"));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => _manager.Tell(_peer is not null ? new Connect(_peer) : new Bind(Self, _local!));

    protected override void PostStop()
    {
        _outflow.Release();
        _inflow.Discard();
        base.PostStop();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Bound bound:
                _onBound(bound.LocalAddress);
                break;

            case Connected connected:
                Start(Sender, connected.RemoteAddress);
                break;

            case CommandFailed failed:
                Finish(_result with
                {
                    Error = _peer is not null ? Sentences.Connect(Addresses.Text(_peer), failed) : Sentences.Bind(Addresses.Text(_local!), failed),
                });
                break;

            case ListenerFailed failed:
                Finish(_result with { Error = Sentences.OneLine(failed.Message) });
                break;

            case Interrupt:
                Finish(_result with { Error = Sentences.Interrupted, IsInterrupted = true });
                break;
        }
    }

    private void Start(IActorRef connection, IPEndPoint peer)
    {
        _connection = connection;
        _connected = Moment.Now;
        _result = _result with { Peer = peer };
        Context.Watch(connection);
        connection.Tell(new Register(Self, KeepOpenOnPeerClosed: true));
        _outflow.Start(connection);
        Become(Talking);
    }

    private void Talking(object message)
    {
        if (_outflow.Handle(message) || _inflow.Handle(message, _connection))
        {
            OnProgress();
            return;
        }

        switch (message)
        {
            case Received received:
                _inflow.Accept(received.Data, _connection);
                break;

            case PeerClosed:
                _peerClosed = true;
                _inflow.Finish();
                break;

            // Of another: the second peer's, which was turned away.
            case ConnectionClosed when !Sender.Equals(_connection):
                break;

            case ConnectionClosed closed:
                End(closed);
                break;

            // The end of the connection follows, and says why.
            case CommandFailed { Cause: FailureCause.ConnectionEnded or FailureCause.Closing }:
                break;

            case CommandFailed failed:
                Abort(Sentences.OneLine(failed.Message));
                break;

            // One conversation is all there is: a second peer hears so at once.
            case Connected:
                Sender.Tell(Messages.Abort.Instance);
                break;

            case Interrupt:
                _result = _result with { Error = _result.Error ?? Sentences.Interrupted, IsInterrupted = true };
                _closing = true;
                _connection.Tell(Close.Instance);
                StartTimer(Deadline.Flush, FlushTimeout);
                break;

            case Deadline.Flush:
                Abort(Sentences.Interrupted);
                break;

            // Its end was told; what it brought is still being written.
            case Terminated when _connectionOver:
                break;

            case Terminated or Deadline.End:
                _result = _result with { Error = _result.Error ?? Sentences.Vanished(_connection) };
                Report();
                break;
        }
    }

    private void OnProgress()
    {
        if (_result.Error is null && (_outflow.Failure ?? _inflow.Failure) is { } failure)
            Abort(failure);
        if (_outflow.Ended && !_closing)
        {
            _closing = true;
            _connection.Tell(ConfirmedClose.Instance);
        }

        FinishIfOver();
    }

    private void Abort(string error)
    {
        _result = _result with { Error = _result.Error ?? error };
        _closing = true;
        _connection.Tell(Messages.Abort.Instance);
        StartTimer(Deadline.End, EndTimeout);
    }

    // What came before the end is written, also when the end is an error.
    private void End(ConnectionClosed closed)
    {
        _connectionOver = true;
        var error = closed is ConfirmedClosed ? null : Sentences.Ended(Addresses.Text(_result.Peer!), closed);
        _result = _result with { Error = _result.Error ?? error, Statistics = closed.Statistics };
        if (!_peerClosed)
            _inflow.Finish();
        FinishIfOver();
    }

    private void FinishIfOver()
    {
        if (_connectionOver && _inflow.IsOver)
            Report();
    }

    private void Report() => Finish(_result with
    {
        BytesSent = _outflow.BytesDelivered,
        BytesReceived = _inflow.BytesReceived,
        Duration = _connected.Elapsed,
    });

    private void StartTimer(Deadline deadline, TimeSpan timeout) => Timers.StartSingleTimer(nameof(Deadline), deadline, timeout);

    private enum Deadline
    {
        /// <summary>The peer's acknowledgement of what was read before the interrupt.</summary>
        Flush,

        /// <summary>The connection's last word.</summary>
        End,
    }
}
