using System.Net;
using Akka.Actor;
using Utp.Messages;

namespace Utp.Cli;

/// <summary>What a listening command does with its connections. Called on the server's thread only.</summary>
internal interface IService
{
    /// <summary>The port is open.</summary>
    void OnBound(IPEndPoint local);

    /// <summary>The actor of a new connection, which registers for it and tells its parent a <see cref="TransferResult"/> at the end; null: the connection is aborted.</summary>
    Props? OnConnected(IActorRef connection, IPEndPoint peer);

    /// <summary>A connection has ended. Whether the server's work is done.</summary>
    bool OnEnded(TransferResult result);
}

/// <summary>How a server ended: with an error of its own port, or with so many connections cut off by the interrupt.</summary>
internal sealed record ServerResult(string? Error = null, int CutOff = 0);

/// <summary>Listens, and gives each connection to an actor of its own, until its service says that it is done or the user interrupts it.</summary>
internal sealed class ServerActor(TaskCompletionSource<ServerResult> result, UtpNode node, IPEndPoint local, IService service)
    : CommandActor<ServerResult>(result)
{
    private readonly HashSet<IActorRef> _children = [];
    private ServerResult _result = new();
    private bool _ending;

    protected override void PreStart() => node.Manager.Tell(new Bind(Self, local));

    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Bound bound:
                service.OnBound(bound.LocalAddress);
                break;

            case CommandFailed { Command: Bind } failed:
                Finish(new ServerResult(Sentences.Bind(Addresses.Text(local), failed)));
                break;

            case ListenerFailed failed:
                End(_result with { Error = Sentences.OneLine(failed.Message) });
                break;

            case Connected connected:
                Accept(Sender, connected.RemoteAddress);
                break;

            case TransferResult ended:
                if (_children.Remove(Sender))
                    OnEnded(ended);
                break;

            // It has failed by a defect, without a result.
            case Terminated terminated:
                if (_children.Remove(terminated.ActorRef))
                    OnEnded(new TransferResult { Error = Sentences.Vanished(terminated.ActorRef), IsLocalFailure = true });
                break;

            case Interrupt:
                End(_result);
                break;
        }
    }

    private void Accept(IActorRef connection, IPEndPoint peer)
    {
        if (_ending || service.OnConnected(connection, peer) is not { } props)
        {
            connection.Tell(new Abort(_ending ? TransferCodes.Interrupted : TransferCodes.Busy));
            return;
        }

        var child = Context.ActorOf(props);
        _children.Add(child);
        Context.Watch(child);
    }

    private void OnEnded(TransferResult ended)
    {
        var done = service.OnEnded(ended);
        if (_ending && ended.Error is not null)
            _result = _result with { CutOff = _result.CutOff + 1 };
        if (done && !_ending)
            End(_result);
        else if (_ending)
            FinishIfEmpty();
    }

    private void End(ServerResult final)
    {
        if (_ending)
            return;
        _ending = true;
        _result = final;
        foreach (var child in _children)
            child.Tell(Interrupt.Instance);
        FinishIfEmpty();
    }

    private void FinishIfEmpty()
    {
        if (_children.Count == 0)
            Finish(_result);
    }
}
