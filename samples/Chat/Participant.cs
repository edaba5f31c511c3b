using System.Net;
using Akka.Actor;
using Utp.Actors;
using Utp.Messages;
using Utp.Protocol;

/// <summary>One client: shows what the room tells, says the strings that it is told; null leaves.</summary>
class Participant : ReceiveActor
{
    public Participant(IPEndPoint address, string nick, Action<string> show)
    {
        IActorRef connection = ActorRefs.Nobody;
        Context.System.Utp().Tell(new Connect(address) { Options = new UtpOptions { Delivery = DeliveryMode.Frames } });
        Receive<Connected>(_ =>
        {
            connection = Sender;
            connection.Tell(new Register(Self));
            connection.Tell(new Message(Message.Joins, nick).ToWrite());
        });
        Receive<string>(text => connection.Tell(new Message(Message.Says, nick, text).ToWrite()));
        Receive<Leave>(_ => connection.Tell(Close.Instance));
        Receive<Received>(received => show(Message.From(received)?.ToString() ?? "?"));
        Receive<CommandFailed>(failed => show("! " + failed.Message));
        Receive<ConnectionClosed>(closed =>
        {
            show(closed.Cause is { } cause ? "! " + cause : "* bye");
            Context.Stop(Self);
        });
    }

    public sealed record Leave;
}
