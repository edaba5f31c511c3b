using System.Net;
using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Cli;

/// <summary>
/// Connects and sends a stream as the whole of one connection. A peer of this implementation closes its direction when it has the bytes safe, so that
/// is waited for; another may never close, and has done its part when it has acknowledged everything.
/// </summary>
internal sealed class SendActor : CommandActor<TransferResult>, IWithTimers
{
    // A receiver may have to flush to a slow disk; a program that merely never closes must not hold the sender for ever.
    private static readonly TimeSpan ConfirmationTimeout = TimeSpan.FromSeconds(15);

    // Whoever has gigabytes hashes them first.
    private static readonly TimeSpan OfferTimeout = TimeSpan.FromMinutes(2);

    // A receiver that stores bundles answers at once, unless it has to hash what it has.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(2);

    private readonly IActorRef _manager;
    private readonly EndPoint _peer;
    private readonly string _peerText;
    private readonly Outflow _outflow;
    private readonly Func<Exception, string> _explain;
    private readonly Meter _meter;
    private readonly ResumingSender? _resuming;
    private readonly BundleSender? _bundle;
    private readonly bool _resumes;
    private readonly CancellationToken _interrupt;
    private IActorRef _connection = ActorRefs.Nobody;
    private TransferResult _result = new();
    private Moment _connected;
    private bool _ownPeer;
    private bool _closing;

    public SendActor(
        TaskCompletionSource<TransferResult> result, UtpNode node, EndPoint peer, Stream source, Func<Exception, string> explain, Meter meter,
        bool resumes, BundleSender? bundle, RateLimit? limit, CancellationToken interrupt)
        : base(result)
    {
        (_explain, _meter, _resumes, _bundle) = (explain, meter, resumes, bundle);
        _resuming = resumes && bundle is null ? new ResumingSender((FileStream)source, Self) : null;
        _interrupt = interrupt;
        _manager = node.Manager;
        _peer = peer;
        _peerText = Addresses.Text(peer);
        _outflow = new Outflow(source, explain, node.SendBufferBytes, Self, meter, limit);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => _manager.Tell(new Connect(_peer) { Cancellation = _interrupt });

    protected override void PostStop()
    {
        _outflow.Release();
        base.PostStop();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Connected connected:
                _connection = Sender;
                _connected = Moment.Now;
                _ownPeer = connected.PeerCapabilities.HasFlag(Capabilities.OwnPeer);
                _result = _result with { Peer = connected.RemoteAddress };
                Context.Watch(_connection);
                _connection.Tell(new Register(Self, KeepOpenOnPeerClosed: true));
                Become(Sending);
                if (_result.IsInterrupted)
                    Abort(Sentences.Interrupted, TransferCodes.Interrupted);
                else if (_bundle is not null)
                    Greet(_bundle);
                else if (_resuming is null)
                    _outflow.Start(_connection);
                else
                    StartTimer(Deadline.Offer, OfferTimeout);
                break;

            case CommandFailed { Cause: FailureCause.Cancelled }:
                Finish(_result with { Error = Sentences.Interrupted, IsInterrupted = true });
                break;

            case CommandFailed failed:
                Finish(_result with { Error = _result.Error ?? Sentences.Connect(_peerText, failed) });
                break;

            // The attempt is cancelled with it. But the connection may be open already: then it must be reset, for its proper end would be
            // the end of an empty file.
            case Interrupt:
                _result = _result with { Error = Sentences.Interrupted, IsInterrupted = true };
                StartTimer(Deadline.End, EndTimeout);
                break;

            case Deadline.End:
                Finish(_result);
                break;
        }
    }

    private void Sending(object message)
    {
        if (_outflow.Handle(message))
        {
            OnProgress();
            return;
        }

        switch (message)
        {
            // The end of the connection follows, and says why.
            case CommandFailed { Cause: FailureCause.ConnectionEnded or FailureCause.Closing }:
                break;

            case CommandFailed failed:
                Abort(Sentences.OneLine(failed.Message));
                break;

            case Received received when _resuming is { IsWaiting: true }:
                if (!_resuming.Take(received.Data.Span))
                    Abort(NoOffer);
                break;

            case Received received when _bundle is { IsWaiting: true }:
                if (!_bundle.Take(received.Data.Span))
                    Abort(NoAnswer, TransferCodes.OneFile);
                else if (_bundle.Answer is { } answer)
                    Answered(answer);
                break;

            case Deadline.Offer:
                if (_resuming is { IsWaiting: true })
                    Abort(NoOffer);
                else if (_bundle is { IsWaiting: true })
                    Abort(NoAnswer, TransferCodes.OneFile);
                break;

            case ResumingSender.Compared { Error: { } error }:
                Abort(_explain(error), TransferCodes.NotRead);
                break;

            // Alone, so that the chunks have the send buffer for themselves.
            case ResumingSender.Compared compared:
                Timers.Cancel(nameof(Deadline));
                _outflow.Continue(compared.Hash!);
                _result = _result with { Kept = compared.From };
                _meter.Add(compared.From);
                _connection.Tell(new Write(_resuming!.AnswerOf(compared)) { Ack = ResumingSender.Answered.Instance, AckWhen = AckWhen.Delivered });
                break;

            case ResumingSender.Answered:
                _outflow.Start(_connection);
                break;

            // A receiver has nothing to say; an echo has, and it would stop if nobody took it.
            case Received received:
                _result = _result with { BytesReceived = _result.BytesReceived + received.Data.Length };
                break;

            // The peer's direction only; ours goes on.
            case PeerClosed:
                break;

            case ConnectionClosed closed:
                End(closed);
                break;

            case Deadline.Confirmation:
                _result = _result with { IsConfirmed = false };
                _connection.Tell(Close.Instance);
                StartTimer(Deadline.End, EndTimeout);
                break;

            case Interrupt:
                // A close would make the part look like the whole.
                _result = _result with { IsInterrupted = true };
                Abort(Sentences.Interrupted, TransferCodes.Interrupted);
                break;

            case Terminated or Deadline.End:
                Finish(_result with { Error = _result.Error ?? Sentences.Vanished(_connection), BytesSent = _outflow.BytesDelivered });
                break;
        }
    }

    // Only one of ours can answer, and nothing goes before it has: another program would take the hello for a file.
    private void Greet(BundleSender bundle)
    {
        if (!_ownPeer)
        {
            Abort(NoAnswer, TransferCodes.OneFile);
            return;
        }

        _connection.Tell(new Write(bundle.Hello));
        StartTimer(Deadline.Offer, _resumes ? OfferTimeout : AnswerTimeout);
    }

    private void Answered(BundleAnswer answer)
    {
        Timers.Cancel(nameof(Deadline));
        if (answer.Refusal == 0)
            _connection.Tell(new Write(answer.Number) { Ack = ResumingSender.Answered.Instance, AckWhen = AckWhen.Delivered });
        else
            Abort(answer.Refusal == TransferCodes.OneFile ? StoresOneFile : TransferCodes.Sentence(_peerText, answer.Refusal) ?? $"The receiver at {_peerText} does not store it: see what it says there.", TransferCodes.OneFile);
    }

    private string StoresOneFile => $"The receiver at {_peerText} stores one file: start it with --out FOLDER (one that exists, or with / at its end), or send one file.";

    private string NoAnswer =>
        $"What listens at {_peerText} does not know folders, several files or --preserve: start utp receive --out FOLDER of this version there, or send one file, as from tar -c PATH | utp send - {_peerText}.";

    private string NoOffer => $"The receiver at {_peerText} does not say what it has of the file: add --resume there, or leave it out here.";

    private void OnProgress()
    {
        if (_result.Error is not null)
            return;
        if (_outflow.Failure is { } failure)
        {
            Abort(failure, TransferCodes.NotRead);
            return;
        }

        if (_outflow.Ended && !_closing)
        {
            // An echo must be read until all of ours has arrived: nobody else ends by being read.
            _closing = true;
            _connection.Tell(ConfirmedClose.Instance);
        }

        if (!_outflow.Delivered)
            return;
        _result = _result with { Duration = _connected.Elapsed };
        if (_ownPeer)
            StartTimer(Deadline.Confirmation, ConfirmationTimeout);
        else
            _connection.Tell(Close.Instance);
    }

    private void Abort(string error, ushort? code = null)
    {
        _result = _result with { Error = _result.Error ?? error };
        _connection.Tell(new Abort(code));
        StartTimer(Deadline.End, EndTimeout);
    }

    // The same key for all: one deadline holds at a time.
    private void StartTimer(Deadline deadline, TimeSpan timeout) => Timers.StartSingleTimer(nameof(Deadline), deadline, timeout);

    private void End(ConnectionClosed closed)
    {
        var done = _result.Error is null && _outflow.Delivered && closed is Closed or ConfirmedClosed;
        Finish(_result with
        {
            Error = done ? null : _result.Error ?? Sentences.Ended(_peerText, closed),
            BytesSent = _outflow.BytesDelivered,
            Kept = _bundle?.Kept ?? _result.Kept,
            Hash = done ? _outflow.Hash() : null,
            IsConfirmed = _result.IsConfirmed ?? (closed is ConfirmedClosed ? true : null),
            Statistics = closed.Statistics,
        });
    }

    private enum Deadline
    {
        /// <summary>The receiver's own close.</summary>
        Confirmation,

        /// <summary>What the receiver has.</summary>
        Offer,

        /// <summary>The connection's last word.</summary>
        End,
    }
}
