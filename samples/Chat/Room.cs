using Akka.Actor;
using Utp.Messages;

/// <summary>Handler of all connections; tells everybody what anybody says.</summary>
class Room : ReceiveActor
{
    private readonly Dictionary<IActorRef, string> _nicks = [];

    public Room()
    {
        Receive<Connected>(_ => Sender.Tell(new Register(Self)));
        Receive<Received>(received =>
        {
            if (Message.From(received) is { Kind: Message.Joins or Message.Says } message && _nicks.TryAdd(Sender, message.Nick) == (message.Kind == Message.Joins))
                TellAll(message with { Nick = _nicks[Sender] });
            else
                Sender.Tell(new Abort());
        });

        // Who reads too slowly is let go: the room holds no more for anybody than a send buffer.
        Receive<CommandFailed>(failed => failed.Cause == FailureCause.BufferFull, _ => Sender.Tell(new Abort()));
        Receive<CommandFailed>(_ => { });
        Receive<ConnectionClosed>(_ =>
        {
            if (_nicks.Remove(Sender, out var nick))
                TellAll(new Message(Message.Leaves, nick));
        });
    }

    private void TellAll(Message message)
    {
        var write = message.ToWrite();
        foreach (var connection in _nicks.Keys)
            connection.Tell(write);
    }
}
