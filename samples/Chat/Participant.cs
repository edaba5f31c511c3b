using System.Net;
using Akka.Actor;
using Utp.Actors;
using Utp.Messages;
using Utp.Protocol;

/// <summary>One client: shows what the room tells, and says the strings that it is told, which wait until it is connected.</summary>
class Participant : ReceiveActor, IWithStash
{
    private readonly Action<string> _show;

    public Participant(IPEndPoint address, string nick, Action<string> show)
    {
        _show = show;
        Context.System.Utp().Tell(new Connect(address) { Options = new UtpOptions { Delivery = DeliveryMode.Frames } });
        Receive<Connected>(_ =>
        {
            var room = Sender;
            room.Tell(new Register(Self));
            room.Tell(new Message(Message.Joins, nick).ToWrite());
            Become(() => Talking(room, nick));
            Stash.UnstashAll();
        });
        Receive<CommandFailed>(failed => End("! " + failed.Message));
        ReceiveAny(_ => Stash.Stash());
    }

    public IStash Stash { get; set; } = null!;

    private void Talking(IActorRef room, string nick)
    {
        Receive<string>(text => room.Tell(new Message(Message.Says, nick, text).ToWrite()));
        Receive<Leave>(_ => room.Tell(Close.Instance));
        Receive<Received>(received => _show(Message.From(received)?.ToString() ?? "?"));
        Receive<CommandFailed>(failed => _show("! " + failed.Message));
        Receive<ConnectionClosed>(closed => End(closed.Cause is { } cause ? "! " + cause : "* bye"));
    }

    private void End(string line)
    {
        _show(line);
        Context.Stop(Self);
    }

    public sealed record Leave;
}
