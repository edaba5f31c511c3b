using System.Net;
using Akka.Actor;

namespace Utp.Cli;

/// <summary>
/// Every connection becomes a file, or the one stream. <paramref name="once"/> is over with the first connection that ended properly; it is also over when
/// going on would not help: this machine cannot write, or a stream that cannot be taken back has got half of something.
/// </summary>
internal sealed class ReceiveService(
    Destination destination, bool once, ProgressDisplay display, Action<IPEndPoint> onBound, Action<TransferResult> onEnded) : IService
{
    private int _active;

    /// <summary>Whether once is over, by success or by a failure that will not go away.</summary>
    public bool IsOver { get; private set; }

    /// <summary>With once: the connection that counts. Otherwise the last one.</summary>
    public TransferResult? Last { get; private set; }

    public long Files { get; private set; }

    public long Failed { get; private set; }

    public long Bytes { get; private set; }

    public void OnBound(IPEndPoint local) => onBound(local);

    public Props? OnConnected(IActorRef connection, IPEndPoint peer)
    {
        if (destination.OneAtATime && _active > 0)
            return null;
        _active++;
        return Props.Create(() => new ReceiveActor(connection, peer, destination, display));
    }

    public bool OnEnded(TransferResult result)
    {
        _active--;
        // The others are cut off when the one that counts is there.
        if (IsOver)
            return true;
        Last = result;
        if (result.Error is null)
        {
            Files += result.Files;
            Bytes += result.BytesReceived;
        }
        else
        {
            Failed++;
        }

        IsOver = once && (result.Error is null || result.IsLocalFailure || (destination.OneAtATime && result.BytesReceived > 0));
        // An error that ends the command is the command's to say.
        if (result.Error is null || !(IsOver || (once && result.IsInterrupted)))
            onEnded(result);
        return IsOver;
    }
}
