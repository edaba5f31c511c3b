using System.Net;
using Akka.Actor;
using Utp.Messages;

namespace Utp.Cli;

/// <summary>
/// Sends back what one connection receives. At most a send buffer's worth is under way: beyond it the rest waits here, reading is suspended, and the
/// peer's window closes.
/// </summary>
internal sealed class EchoActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(3);

    private readonly IActorRef _connection;
    private readonly int _limitBytes;
    private readonly Queue<ReadOnlyMemory<byte>> _waiting = new();
    private readonly Moment _start = Moment.Now;
    private TransferResult _result;
    private ReadOnlyMemory<byte> _head;
    private long _waitingBytes;
    private int _inFlightBytes;
    private bool _suspended;
    private bool _peerClosed;
    private bool _closing;

    public EchoActor(IActorRef connection, IPEndPoint peer, int sendBufferBytes)
    {
        _connection = connection;
        _limitBytes = sendBufferBytes;
        _result = new TransferResult { Peer = peer };
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Context.Watch(_connection);
        _connection.Tell(new Register(Self, KeepOpenOnPeerClosed: true));
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            // The memory is ours, and becomes the connection's again: nothing is copied.
            case Received received:
                _result = _result with { BytesReceived = _result.BytesReceived + received.Data.Length };
                _waiting.Enqueue(received.Data);
                _waitingBytes += received.Data.Length;
                WriteWaiting();
                break;

            case Echoed echoed:
                _inFlightBytes -= echoed.Bytes;
                _result = _result with { BytesSent = _result.BytesSent + echoed.Bytes };
                WriteWaiting();
                break;

            case PeerClosed:
                _peerClosed = true;
                WriteWaiting();
                break;

            case ConnectionClosed closed:
                Report(closed is Closed ? null : Sentences.Ended(Addresses.Text(_result.Peer!), closed), closed.Statistics);
                break;

            case Interrupt:
                _result = _result with { IsInterrupted = true };
                _connection.Tell(Close.Instance);
                Timers.StartSingleTimer(nameof(FlushTimeout), FlushOver.Instance, FlushTimeout);
                break;

            case FlushOver:
                _connection.Tell(Abort.Instance);
                Report(Sentences.Interrupted, _result.Statistics);
                break;

            case Terminated:
                Report(Sentences.Vanished(_connection), _result.Statistics);
                break;
        }
    }

    private void WriteWaiting()
    {
        while (_inFlightBytes < _limitBytes && (!_head.IsEmpty || _waiting.TryDequeue(out _head)))
        {
            var piece = _head[..Math.Min(_head.Length, _limitBytes - _inFlightBytes)];
            _head = _head[piece.Length..];
            _waitingBytes -= piece.Length;
            _inFlightBytes += piece.Length;
            _connection.Tell(new Write(piece) { Ack = new Echoed(piece.Length), AckWhen = AckWhen.Delivered });
        }

        var isFull = _waitingBytes > 0;
        if (isFull != _suspended)
        {
            _suspended = isFull;
            _connection.Tell(isFull ? SuspendReading.Instance : ResumeReading.Instance);
        }

        if (_peerClosed && !isFull && !_closing)
        {
            _closing = true;
            _connection.Tell(Close.Instance);
        }
    }

    private void Report(string? error, Protocol.ConnectionStats statistics)
    {
        Context.Parent.Tell(_result with { Error = error, Duration = _start.Elapsed, Statistics = statistics });
        Context.Stop(Self);
    }

    private sealed record Echoed(int Bytes);

    private sealed class FlushOver
    {
        public static readonly FlushOver Instance = new();
    }
}
