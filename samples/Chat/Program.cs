// Chat over frames with metadata. Without arguments three clients talk by a script; by hand: "serve 127.0.0.1:9000", "join 127.0.0.1:9000 NICK".
using System.Net;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using Utp.Actors;
using Utp.Messages;
using Utp.Protocol;

var system = ActorSystem.Create("chat", ConfigurationFactory.ParseString("akka.loglevel = WARNING"));
switch (args)
{
    case ["serve", var at]:
        Console.WriteLine($"Listening on {await ServeAsync(IPEndPoint.Parse(at))}; Enter ends.");
        Console.ReadLine();
        break;
    case ["join", var at, var nick]:
        var me = Join(IPEndPoint.Parse(at), nick, Console.WriteLine);
        while (Console.ReadLine() is { } line)
            me.Tell(line);
        await me.GracefulStop(TimeSpan.FromSeconds(10), new Participant.Leave());
        break;
    case []:
        await TalkAsync();
        break;
    default:
        Console.Error.WriteLine("Usage: Chat [serve ADDRESS:PORT | join ADDRESS:PORT NICK]");
        return 2;
}

await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance);
return 0;

async Task<IPEndPoint> ServeAsync(IPEndPoint at)
{
    #region frames
    var bind = new Bind(system.ActorOf<Room>("room"), at) { Options = new UtpOptions { Delivery = DeliveryMode.Frames } };
    #endregion
    return await system.Utp().Ask<UtpEvent>(bind) is Bound bound ? bound.LocalAddress : throw new IOException($"{at} cannot be bound.");
}

IActorRef Join(IPEndPoint at, string nick, Action<string> show) => system.ActorOf(Props.Create(() => new Participant(at, nick, show)), nick);

async Task TalkAsync()
{
    var at = await ServeAsync(new IPEndPoint(IPAddress.Loopback, 0));
    var screen = Channel.CreateUnbounded<string>();
    var ada = Join(at, "ada", line => screen.Writer.TryWrite(line));
    await SeeAsync("* ada joins");
    var bob = Join(at, "bob", _ => { });
    await SeeAsync("* bob joins");
    ada.Tell("Hello Bob!");
    await SeeAsync("ada: Hello Bob!");
    var cy = Join(at, "cy", _ => { });
    await SeeAsync("* cy joins");
    bob.Tell("Hello Ada, hello Cy!");
    await SeeAsync("bob: Hello Ada, hello Cy!");
    cy.Tell(new string('z', 100_000));
    await SeeAsync("cy: " + new string('z', 100_000));
    bob.Tell(new Participant.Leave());
    await SeeAsync("* bob leaves");
    ada.Tell(new Participant.Leave());
    await SeeAsync("* bye");

    // On Ada's screen, which shows the lines in the order of the room.
    async Task SeeAsync(string expected)
    {
        var line = await screen.Reader.ReadAsync();
        Console.WriteLine(line.Length < 80 ? line : $"{line[..20]}… ({line.Length} characters)");
        if (line != expected)
            throw new InvalidOperationException($"Ada sees \"{line}\" and not \"{expected}\".");
    }
}
