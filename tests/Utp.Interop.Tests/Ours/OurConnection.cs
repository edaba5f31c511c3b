using Akka.Actor;
using Utp.Messages;

namespace Utp.Interop.Tests.Ours;

/// <summary>One of our connections, and what its handler has heard so far.</summary>
internal sealed class OurConnection
{
    private readonly IActorRef _connection;
    private readonly IActorRef _user;
    private readonly Heard _heard = new();

    private OurConnection(ActorSystem system, IActorRef connection, Connected connected)
    {
        _connection = connection;
        Connected = connected;
        _user = system.ActorOf(Props.Create(() => new ConnectionUser(connection, _heard)));
        connection.Tell(new Register(_user, KeepOpenOnPeerClosed: true), _user);
    }

    public Connected Connected { get; }

    public static OurConnection Adopt(ActorSystem system, IActorRef connection, Connected connected) => new(system, connection, connected);

    /// <summary>Writes everything and returns when the peer has acknowledged it.</summary>
    public Task SendAsync(byte[] data)
    {
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _user.Tell(new ConnectionUser.Send(data, sent));
        return Patience.WaitAsync(sent.Task, $"{data.Length} bytes were not acknowledged");
    }

    /// <summary>Closes our direction.</summary>
    public void CloseWrite() => _connection.Tell(ConfirmedClose.Instance, _user);

    public void Close() => _connection.Tell(Messages.Close.Instance, _user);

    public void Abort() => _connection.Tell(Messages.Abort.Instance, _user);

    /// <summary>The SHA-256 of all that the peer sent, when it has closed its direction.</summary>
    public Task<string> ReceivedAllAsync() => Patience.WaitAsync(_heard.Everything.Task, "The peer did not close its direction");

    /// <summary>How it ended.</summary>
    public Task<ConnectionClosed> EndedAsync() => Patience.WaitAsync(_heard.End.Task, "Our connection did not end");
}
