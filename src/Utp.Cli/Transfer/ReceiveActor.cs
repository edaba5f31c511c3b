using System.Net;
using Akka.Actor;
using Utp.Messages;

namespace Utp.Cli;

/// <summary>
/// Receives one connection into a sink, and tells its parent the <see cref="TransferResult"/> as its last act. Our direction is closed when the peer
/// has closed its own and the sink is complete, so that a sender can know that its bytes are safe.
/// </summary>
internal sealed class ReceiveActor : UntypedActor, IWithTimers
{
    // Everything has arrived; a peer that is gone already will not acknowledge our ST_FIN.
    private static readonly TimeSpan LingerTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AbortTimeout = TimeSpan.FromSeconds(2);

    private readonly IActorRef _connection;
    private readonly Destination _destination;
    private readonly ProgressDisplay _display;
    private readonly Moment _start = Moment.Now;
    private Meter _meter;
    private Inflow? _inflow;
    private ResumingReceiver? _resuming;
    private BundleReceiver? _bundle;
    private TransferResult _result;
    private bool _peerClosed;
    private bool _connectionOver;
    private bool _reported;

    public ReceiveActor(IActorRef connection, IPEndPoint peer, Destination destination, ProgressDisplay display)
    {
        _connection = connection;
        _destination = destination;
        _display = display;
        _meter = new Meter($"from {Addresses.Text(peer)}");
        _result = new TransferResult { Peer = peer };
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        try
        {
            var sink = _destination.Open(_result.Peer!);
            _inflow = new Inflow(sink, Self, _meter);
            if (sink is FileSink { Resumes: true } file)
                _resuming = new ResumingReceiver(file, Self);
            else
                _bundle = new BundleReceiver(_destination.BundleOf(_result.Peer!), Self);
        }
        catch (CliException e)
        {
            _connection.Tell(new Abort(e.InnerException is { } cause ? TransferCodes.Of(cause) : TransferCodes.NotWritten));
            Context.Parent.Tell(_result with { Error = e.Message, IsLocalFailure = true });
            Context.Stop(Self);
            return;
        }

        _display.Start(_meter);
        Context.Watch(_connection);

        // The offer is to be the first thing that the sender hears, and what the sender says first is its answer.
        if (_resuming is not null)
            _connection.Tell(SuspendReading.Instance);
        _connection.Tell(new Register(Self, KeepOpenOnPeerClosed: true));
        _resuming?.Start();
    }

    protected override void PostStop()
    {
        _display.Stop(_meter);
        _inflow?.Discard();
        _bundle?.Release();
    }

    protected override void OnReceive(object message)
    {
        var inflow = _inflow!;
        if (inflow.Handle(message, _connection))
        {
            OnProgress(inflow);
            return;
        }

        switch (message)
        {
            case ResumingReceiver.Ready ready:
                _connection.Tell(new Write(_resuming!.OfferOf(ready)));
                _connection.Tell(ResumeReading.Instance);
                break;

            case Received received when _resuming is { IsDecided: false }:
                if (_resuming.Take(received.Data.Span))
                    Begin(inflow);
                break;

            case Received received when _bundle is { IsDecided: false }:
                if (_bundle.Take(received.Data.Span))
                    _connection.Tell(SuspendReading.Instance);
                if (_bundle.IsDecided)
                    BeginBundle(_bundle);
                break;

            // Otherwise all of a file has come, which began like a bundle.
            case BundleReceiver.Ready ready when _bundle is { IsDecided: false }:
                _connection.Tell(new Write(_bundle.AnswerOf(ready)));
                _connection.Tell(ResumeReading.Instance);
                break;

            case Received received:
                inflow.Accept(received.Data, _connection);
                break;

            case PeerClosed:
                _peerClosed = true;
                if (_resuming is { IsDecided: false })
                {
                    _resuming.Decide();
                    Begin(inflow);
                }
                else if (_bundle is { IsDecided: false })
                {
                    _bundle.Decide();
                    BeginBundle(_bundle);
                }

                _inflow!.Finish();
                break;

            case ConnectionClosed closed:
                End(closed.Statistics, _bundle?.Refusal ?? Sentences.Ended(Addresses.Text(_result.Peer!), closed));
                break;

            // All is stored, and the sender is being told.
            case Interrupt when inflow.Hash is not null:
                break;

            case Interrupt:
                _result = _result with { IsInterrupted = true };
                Abort(Sentences.Interrupted, TransferCodes.Interrupted);
                break;

            case Terminated:
                End(_result.Statistics, Sentences.Vanished(_connection));
                break;

            // Neither the connection nor a sink that blocks may hold the end up.
            case Deadline.End:
                End(_result.Statistics, Sentences.Vanished(_connection));
                Report();
                break;

            case Deadline.Linger:
                _connection.Tell(Messages.Abort.Instance);
                StartTimer(Deadline.End, AbortTimeout);
                break;
        }
    }

    private void Begin(Inflow inflow)
    {
        _result = _result with { Kept = _resuming!.Kept };
        if (_resuming.Hash is { } hash)
            inflow.Continue(hash);
        _meter.Add(_result.Kept);
        inflow.Accept(_resuming.First, _connection);
    }

    private void BeginBundle(BundleReceiver bundle)
    {
        if (bundle.Sink is { } sink)
        {
            _inflow!.Discard();
            _display.Stop(_meter);
            _meter = _display.Start(new Meter(_meter.Label, bundle.Hello!.Bytes));
            sink.OnKept = _meter.Add;
            _inflow = new Inflow(sink, Self, _meter);
        }

        _inflow!.Accept(bundle.First, _connection);
    }

    private void OnProgress(Inflow inflow)
    {
        if (inflow.Failure is { } failure && _result.Error is null)
        {
            _result = _result with { IsLocalFailure = !inflow.IsSendersFault };
            Abort(failure, inflow.FailureCode);
        }

        if (inflow.Hash is not null && !_connectionOver)
        {
            _connection.Tell(Close.Instance);
            StartTimer(Deadline.Linger, LingerTimeout);
        }

        FinishIfOver();
    }

    private void Abort(string error, ushort code)
    {
        _result = _result with { Error = _result.Error ?? error };
        _inflow!.Discard();
        _connection.Tell(new Abort(code));
        StartTimer(Deadline.End, AbortTimeout);
    }

    // The bytes are complete once the peer has closed its direction, whatever happens to ours.
    private void End(Protocol.ConnectionStats statistics, string error)
    {
        if (_connectionOver)
            return;
        _connectionOver = true;
        _result = _result with { Statistics = statistics };
        if (!_peerClosed)
        {
            _result = _result with { Error = _result.Error ?? error };
            _inflow!.Discard();
        }

        FinishIfOver();
    }

    private void FinishIfOver()
    {
        if (_connectionOver && _inflow!.IsOver)
            Report();
    }

    private void Report()
    {
        if (_reported)
            return;
        _reported = true;
        var inflow = _inflow!;
        var complete = inflow.Hash is not null;
        Context.Parent.Tell(_result with
        {
            Error = complete ? null : _result.Error,
            Hash = inflow.Hash,
            Path = complete ? inflow.Sink.Name : null,
            Files = inflow.Sink is BundleSink bundle ? bundle.Files : 1,
            IsBundle = inflow.Sink is BundleSink,
            Kept = inflow.Sink is BundleSink resumed ? resumed.Kept : _result.Kept,
            BytesReceived = inflow.BytesReceived,
            FirstByte = inflow.FirstByte,
            Duration = _start.Until(inflow.LastWrite),
        });
        Context.Stop(Self);
    }

    private void StartTimer(Deadline deadline, TimeSpan timeout) => Timers.StartSingleTimer(nameof(Deadline), deadline, timeout);

    private enum Deadline
    {
        /// <summary>The peer's acknowledgement of our close.</summary>
        Linger,

        /// <summary>The connection's last word.</summary>
        End,
    }
}
