using System.Net;
using Akka.Actor;
using Google.Protobuf;
using Utp.Messages;
using Utp.Remote.Tests.Contract;

namespace Utp.Remote.Tests.Lanes;

/// <summary>An acceptor that answers before the initiator's call to open a lane has returned: on a busy machine a thread may stand still for longer than that takes.</summary>
public sealed class InstantAnswerTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(4, true)]
    public async Task An_answer_that_is_here_at_once_opens_every_lane(int ordinary, bool hasControl)
    {
        await using var node = await TransportNode.StartAsync(TransportKind.Utp, $"lanes {{ ordinary = {ordinary}, control = {(hasControl ? "on" : "off")} }}");
        var transport = (UtpTransport)node.Transport;
        var layout = transport.Settings.Layout;
        var manager = new InstantManager(node.System, layout);
        var token = Guid.NewGuid();
        var address = new Address("utp", "peer", "127.0.0.1", 1);
        var handle = new UtpAssociationHandle(transport, node.Address, address, token, (owner, index) => Lane.Create(
            node.System, transport.Settings, 1 << 20, owner, Hello.Open(index, index == 0 ? layout : owner.Layout, token), manager, new Connect(new IPEndPoint(IPAddress.Loopback, 1)), "127.0.0.1"));

        handle.Open();

        await handle.WhenReady.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(layout, handle.Layout);
        var hears = new Collected();
        handle.ReadHandlerSource.SetResult(hears);
        var heard = new List<ByteString>();
        for (var lane = 0; lane < layout.Count; lane++)
            heard.Add(await hears.PayloadAsync());
        Assert.Equal(Enumerable.Range(0, layout.Count).Select(PduOf), heard.OrderBy(static pdu => pdu.Length));
        Assert.False(handle.WhenOver.IsCompleted);
        handle.Abort();
    }

    // One byte more on each lane.
    private static ByteString PduOf(int lane) => Pdus.Message("akka.utp://node@127.0.0.1:1/user/a", new byte[lane + 1]);

    /// <summary>Opens a connection, and answers, on the thread that asks.</summary>
    private sealed class InstantManager(ActorSystem system, LaneLayout layout) : InlineRef(system)
    {
        private readonly ActorSystem _system = system;

        protected override void OnMessage(object message, IActorRef sender)
        {
            if (message is Connect connect)
                sender.Tell(new Connected((IPEndPoint)connect.RemoteAddress, new IPEndPoint(IPAddress.Loopback, 2)), new InstantConnection(_system, layout));
        }
    }

    /// <summary>Answers a lane's hello, and sends one frame behind it.</summary>
    private sealed class InstantConnection(ActorSystem system, LaneLayout layout) : InlineRef(system)
    {
        protected override void OnMessage(object message, IActorRef sender)
        {
            if (message is Abort)
                sender.Tell(new Aborted(default), this);
            if (message is not Write write || !Hello.TryParse(write.Data.Span, out var hello))
                return;
            var pdu = PduOf(hello.Lane);
            var head = new byte[FrameHeader.Length];
            new FrameHeader(pdu.Length, IsFenced: false).Write(head);
            sender.Tell(new Received(Hello.Accept(hello.Lane, layout, hello.Token).ToBytes().Concat(head).Concat(pdu.ToByteArray()).ToArray()), this);
        }
    }
}
