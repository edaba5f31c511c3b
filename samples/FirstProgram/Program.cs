using System.Net;
using System.Text;
using Akka.Actor;
using Utp.Actors;
using Utp.Messages;

var system = ActorSystem.Create("first");
var bound = await system.Utp().Ask<Bound>(new Bind(system.ActorOf<Echo>(), new IPEndPoint(IPAddress.Loopback, 0)));
system.ActorOf(Props.Create(() => new Client(bound.LocalAddress)));
await system.WhenTerminated;

class Echo : ReceiveActor
{
    public Echo()
    {
        Receive<Connected>(_ => Sender.Tell(new Register(Self)));
        Receive<Received>(received => Sender.Tell(new Write(received.Data)));
    }
}

class Client : ReceiveActor
{
    public Client(IPEndPoint server)
    {
        Context.System.Utp().Tell(new Connect(server));
        Receive<Connected>(_ => { Sender.Tell(new Register(Self)); Sender.Tell(new Write("Hello, uTP!"u8.ToArray())); });
        Receive<Received>(received => { Console.WriteLine(Encoding.UTF8.GetString(received.Data.Span)); Sender.Tell(Close.Instance); });
        Receive<ConnectionClosed>(_ => Context.System.Terminate());
    }
}
