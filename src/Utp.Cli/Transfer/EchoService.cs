using System.Net;
using Akka.Actor;

namespace Utp.Cli;

/// <summary>Every connection hears what it says, until the command is interrupted.</summary>
internal sealed class EchoService(UtpNode node, Action<IPEndPoint> onBound, Action<TransferResult> onEnded) : IService
{
    public long Connections { get; private set; }

    public long Failed { get; private set; }

    public long Bytes { get; private set; }

    public void OnBound(IPEndPoint local) => onBound(local);

    public Props? OnConnected(IActorRef connection, IPEndPoint peer) => Props.Create(() => new EchoActor(connection, peer, node.SendBufferBytes));

    public bool OnEnded(TransferResult result)
    {
        Connections++;
        Bytes += result.BytesSent;
        if (result.Error is not null)
            Failed++;
        onEnded(result);
        return false;
    }
}
