// A server that sends everything back without ever holding more than a bounded part of it, and a client that checks what came back.
using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using Utp.Actors;
using Utp.Messages;

var system = ActorSystem.Create("echo", ConfigurationFactory.ParseString("akka.loglevel = WARNING"));
#region bind
var server = system.ActorOf(Props.Create<Server>(), "server");
var bind = new Bind(server, new IPEndPoint(IPAddress.Loopback, 0)) { PullMode = true };
var bound = await system.Utp().Ask<UtpEvent>(bind);
if (bound is not Bound { LocalAddress: var address })
{
    Console.Error.WriteLine(((CommandFailed)bound).Message);
    return 1;
}
#endregion
var result = new TaskCompletionSource<int>();
system.ActorOf(Props.Create(() => new Client(address, result)), "client");
var exitCode = await result.Task;
await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance);
return exitCode;

#region server
/// <summary>Gives each connection an actor of its own, which dies with it; a crash of one is no other's trouble.</summary>
class Server : ReceiveActor
{
    public Server() => Receive<Connected>(_ =>
    {
        var connection = Sender;
        connection.Tell(new Register(Context.ActorOf(Props.Create(() => new EchoConnection(connection)))));
    });
}
#endregion

#region connection
/// <summary>Reads on only when what was read is in the send buffer: a client that does not read stops its own writing, not the server.</summary>
class EchoConnection : ReceiveActor
{
    public EchoConnection(IActorRef connection)
    {
        connection.Tell(ResumeReading.Instance);
        Receive<Received>(received => connection.Tell(new Write(received.Data) { Ack = Taken.Instance }));
        Receive<Taken>(_ => connection.Tell(ResumeReading.Instance));

        // No room now: nothing was taken, so the same write goes again when there is.
        WriteCommand? refused = null;
        Receive<CommandFailed>(failed => failed.Cause == FailureCause.BufferFull, failed =>
        {
            refused = (WriteCommand)failed.Command;
            connection.Tell(ResumeWriting.Instance);
        });
        Receive<WritingResumed>(_ => connection.Tell(refused!));
        Receive<ConnectionClosed>(_ => Context.Stop(Self));
    }

    private sealed record Taken
    {
        public static readonly Taken Instance = new();
    }
}
#endregion

class Client : ReceiveActor
{
    private readonly byte[] _sent = RandomNumberGenerator.GetBytes(2_000_000);
    private readonly ArrayBufferWriter<byte> _received = new();

    public Client(IPEndPoint address, TaskCompletionSource<int> result)
    {
        Context.System.Utp().Tell(new Connect(address));
        Receive<Connected>(_ =>
        {
            Sender.Tell(new Register(Self));
            Sender.Tell(new Write(_sent));
        });
        Receive<Received>(received =>
        {
            _received.Write(received.Data.Span);
            received.Release();
            if (_received.WrittenCount == _sent.Length)
                Sender.Tell(Close.Instance);
        });
        Receive<Closed>(_ =>
        {
            var unchanged = _received.WrittenSpan.SequenceEqual(_sent);
            Console.WriteLine($"{_received.WrittenCount:N0} bytes came back {(unchanged ? "unchanged" : "changed")}.");
            result.SetResult(unchanged ? 0 : 1);
        });
        Receive<UtpEvent>(failed =>
        {
            Console.Error.WriteLine(failed);
            result.TrySetResult(1);
        });
    }
}
