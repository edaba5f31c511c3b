using System.Security.Cryptography;
using Akka.Actor;
using Utp.Messages;

namespace Utp.Interop.Tests.Ours;

/// <summary>What a handler has heard, for the test's thread.</summary>
internal sealed class Heard
{
    public TaskCompletionSource<string> Everything { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<ConnectionClosed> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The handler of one connection: hashes what arrives, and sends what it is told with a bound on what is not delivered yet.</summary>
internal sealed class ConnectionUser(IActorRef connection, Heard heard) : UntypedActor
{
    private const int ChunkBytes = 64 << 10;
    private const int MaxUndelivered = 2 << 20;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private Send? _send;
    private int _written;
    private int _delivered;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Received received:
                _hash.AppendData(received.Data.Span);
                break;
            case PeerClosed when !heard.Everything.Task.IsCompleted:
                heard.Everything.TrySetResult(Convert.ToHexStringLower(_hash.GetCurrentHash()));
                break;
            case ConnectionClosed closed:
                OnEnd(closed);
                break;
            case Send send:
                (_send, _written, _delivered) = (send, 0, 0);
                WriteOn();
                break;
            case Delivered delivered:
                _delivered = delivered.UpTo;
                WriteOn();
                break;
            case CommandFailed failed:
                _send?.Done.TrySetException(new InvalidOperationException($"{failed.Cause}: {failed.Message}"));
                break;
        }
    }

    private void WriteOn()
    {
        var data = _send!.Data;
        while (_written < data.Length && _written - _delivered < MaxUndelivered)
        {
            var chunk = data.AsMemory(_written, Math.Min(ChunkBytes, data.Length - _written));
            _written += chunk.Length;
            connection.Tell(new Write(chunk) { Ack = new Delivered(_written), AckWhen = AckWhen.Delivered });
        }

        if (_delivered == data.Length)
            _send.Done.TrySetResult();
    }

    private void OnEnd(ConnectionClosed closed)
    {
        heard.End.TrySetResult(closed);
        if (heard.Everything.Task.IsCompleted)
            return;
        if (closed is ErrorClosed or Aborted)
            heard.Everything.TrySetException(new InvalidOperationException($"The connection ended early: {closed}"));
        else
            heard.Everything.TrySetResult(Convert.ToHexStringLower(_hash.GetCurrentHash()));

        // Not every test asks for it.
        _ = heard.Everything.Task.Exception;
    }

    /// <summary>Send all of this.</summary>
    public sealed record Send(byte[] Data, TaskCompletionSource Done);

    private sealed record Delivered(int UpTo);
}
