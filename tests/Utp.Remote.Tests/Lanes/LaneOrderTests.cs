using System.Net;
using Akka.Actor;
using Akka.Remote.Transport;
using Google.Protobuf;
using Utp.Messages;
using Utp.Remote.Tests.Contract;

namespace Utp.Remote.Tests.Lanes;

/// <summary>
/// The orders between lanes that Akka relies on, with a peer that brings the lanes' bytes in the order that the test wants: whatever the network does, the receiver holds what comes too early.
/// </summary>
public sealed class LaneOrderTests
{
    private const string Node = "akka.utp://node@127.0.0.1:1";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Nothing_comes_before_Akkas_handshake_on_any_lane()
    {
        await using var b = await TransportNode.StartAsync(TransportKind.Utp);
        var peer = await LanePeer.OpenAsync(b, new LaneLayout(1, HasControl: true, HasLarge: false));

        peer.Send(1, Pdus.Instruction(3), new Fence(1, [1, 0]));
        await peer.SettleAsync(1);
        Assert.Equal(0, peer.Hears.Waiting);
        peer.Send(0, Pdus.Instruction(1));

        Assert.Equal(Pdus.Instruction(1), await peer.Hears.PayloadAsync());
        Assert.Equal(Pdus.Instruction(3), await peer.Hears.PayloadAsync());
    }

    [Fact]
    public async Task Disassociate_comes_behind_the_frames_of_all_lanes()
    {
        await using var b = await TransportNode.StartAsync(TransportKind.Utp, "large-message-destinations = [\"/user/large\"]");
        var peer = await LanePeer.OpenAsync(b, new LaneLayout(1, HasControl: true, HasLarge: true));
        var large = Pdus.Message(Node + "/user/large", new byte[100_000]);

        peer.Send(0, Pdus.Instruction(2), new Fence(0b110, [0, 1, 1]));
        await peer.SettleAsync(0);
        peer.Send(1, Pdus.Instruction(3));
        Assert.Equal(Pdus.Instruction(3), await peer.Hears.PayloadAsync());
        await peer.SettleAsync(1);
        Assert.Equal(0, peer.Hears.Waiting);
        peer.Send(2, large);

        Assert.Equal(large, await peer.Hears.PayloadAsync());
        Assert.Equal(Pdus.Instruction(2), await peer.Hears.PayloadAsync());
    }

    [Fact]
    public async Task An_actors_death_is_told_without_large_messages_that_do_not_come()
    {
        await using var b = await TransportNode.StartAsync(TransportKind.Utp, "large-message-destinations = [\"/user/large\"]");
        var peer = await LanePeer.OpenAsync(b, new LaneLayout(1, HasControl: false, HasLarge: true));
        var death = Pdus.Message(Node + "/user/a", [1], seq: 8, serializer: 22, manifest: "Akka.Dispatch.SysMsg.DeathWatchNotification, Akka");

        peer.Send(0, death, new Fence(0b10, [0, 1]));
        peer.Send(0, Pdus.PureAck(3));

        Assert.Equal(death, await peer.Hears.PayloadAsync());
        Assert.Equal(Pdus.PureAck(3), await peer.Hears.PayloadAsync());
        Assert.Equal(1, b.Log.Count("large messages have not come"));
    }

    [Fact]
    public async Task A_lane_that_dies_alone_and_is_not_resumed_ends_the_association_in_order()
    {
        await using var b = await TransportNode.StartAsync(TransportKind.Utp, "resume-timeout = 100ms");
        var peer = await LanePeer.OpenAsync(b, new LaneLayout(1, HasControl: true, HasLarge: false));
        peer.Send(0, Pdus.Instruction(1));
        Assert.Equal(Pdus.Instruction(1), await peer.Hears.PayloadAsync());

        peer.Reset(1);

        await peer.Hears.DisassociatedAsync();
        SpinWait.SpinUntil(() => ((UtpTransport)b.Transport).Associations == 0, Patience);
        Assert.Equal(0, ((UtpTransport)b.Transport).Associations);
        Assert.False(peer.Handle.Write(Pdus.PureAck(1)));
    }

    [Fact]
    public async Task A_lane_of_an_association_that_is_not_there_is_refused()
    {
        await using var b = await TransportNode.StartAsync(TransportKind.Utp);
        var stranger = new RawPeer(b.System);

        var connection = await stranger.ConnectAsync(new IPEndPoint(IPAddress.Loopback, b.Address.Port!.Value));
        connection.Tell(new Write(Hello.Open(1, new LaneLayout(1, true, false), Guid.NewGuid()).ToBytes()), stranger);

        Assert.True(Hello.TryParse((await stranger.ReceivedAsync()).Span, out var answer));
        Assert.Equal(HelloRefusal.UnknownAssociation, answer.Refusal);
    }

    [Fact]
    public async Task Heartbeats_pass_bulk_that_waits_for_its_reader()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.Utp, "write-buffer-high-water-mark = 4000000b");
        await using var b = await TransportNode.StartAsync(TransportKind.Utp, "receive-buffer-size = 100000b");
        var here = await a.Transport.Associate(b.Address);
        here.ReadHandlerSource.SetResult(new Collected());
        var there = await b.Accepted.NextAsync();
        here.Write(Pdus.Instruction(1));
        var bulk = Pdus.Message(Node + "/user/a", new byte[100_000]);
        var heartbeat = Pdus.Message(Node + "/", Pdus.Selection([1], "system", "cluster", "heartbeatReceiver"), serializer: 6);
        var written = 0;
        while (here.Write(bulk))
            Assert.InRange(++written, 1, 100);

        Assert.True(here.Write(heartbeat));
        SpinWait.SpinUntil(() => ((UtpAssociationHandle)here).HeldBytesOf(1) == 0, Patience);
        var hears = new Collected();
        there.ReadHandlerSource.SetResult(hears);

        // Behind what lane 0 had brought, a window at most, and not behind all that was written before.
        var place = 0;
        while (!(await hears.PayloadAsync()).Equals(heartbeat))
            place++;
        Assert.InRange(place, 1, written / 2);
        for (; place < written + 1; place++)
            await hears.PayloadAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task System_messages_keep_their_place_among_the_messages_of_four_ordinary_lanes(int seed)
    {
        const string lanes = "lanes { ordinary = 4, control = on }\nlarge-message-destinations = [\"/user/actor-3\"]";
        await using var a = await TransportNode.StartAsync(TransportKind.Utp, lanes);
        await using var b = await TransportNode.StartAsync(TransportKind.Utp, lanes);
        var (here, _, _, thereHears) = await a.AssociateAsync(b);
        Assert.Equal(6, ((UtpAssociationHandle)here).Layout.Count);
        var random = new Random(seed);
        const int count = 4_000;

        var sends = Task.Run(() =>
        {
            WriteUntilTaken(here, Pdus.Instruction(1));
            for (var i = 1; i <= count; i++)
            {
                var isSystem = random.Next(20) == 0;
                var body = new byte[random.Next(4, 4_000)];
                BitConverter.TryWriteBytes(body, i);
                WriteUntilTaken(here, Pdus.Message($"{Node}/user/actor-{random.Next(8)}", body, isSystem ? (ulong)i : null, ack: random.Next(10) == 0 ? (ulong)i : null));
            }

            WriteUntilTaken(here, Pdus.Instruction(2));
        });

        Assert.Equal(Pdus.Instruction(1), await thereHears.PayloadAsync());
        var last = new Dictionary<string, int>();
        int highest = 0, lastSystem = 0;
        ulong lastAck = 0;
        for (var heard = 0; heard < count;)
        {
            var pdu = await thereHears.PayloadAsync();
            var (number, recipient, isSystem, ack) = Read(pdu);
            if (ack > 0)
            {
                Assert.True(ack > lastAck || recipient.Length > 0, "Acknowledgements overtake each other.");
                lastAck = Math.Max(ack, lastAck);
            }

            if (number == 0)
                continue;
            heard++;

            // Large messages have an order among themselves alone.
            var order = recipient.EndsWith('3') && isSystem ? recipient + " (system)" : recipient;
            Assert.True(number > last.GetValueOrDefault(order), "A recipient's messages overtake each other.");
            last[order] = number;
            if (isSystem)
            {
                // All ordinary ones before it have come, but for the large lane, which is told apart.
                lastSystem = number;
            }
            else
            {
                Assert.True(number > lastSystem || recipient.EndsWith('3'), "A message that was written before a system message came behind it.");
            }

            highest = Math.Max(highest, number);
        }

        Assert.Equal(Pdus.Instruction(2), await thereHears.PayloadAsync());
        Assert.Equal(count, highest);
        await sends;
    }

    private static (int Number, string Recipient, bool IsSystem, ulong Ack) Read(ByteString pdu)
    {
        Assert.True(PduView.TryParse(pdu.Span, out var view));
        var ack = view.Ack.IsEmpty ? 0 : BitConverter.ToUInt64(view.Ack[^8..]);
        return view.Envelope.IsEmpty ? (0, "", false, ack) : (BitConverter.ToInt32(view.Content), System.Text.Encoding.UTF8.GetString(view.Recipient), view.IsNumbered, ack);
    }

    private static void WriteUntilTaken(AssociationHandle handle, ByteString pdu)
    {
        var wait = new SpinWait();
        for (var until = Environment.TickCount64 + 60_000; !handle.Write(pdu);)
        {
            Assert.True(Environment.TickCount64 < until, "The handle took nothing for a minute.");
            wait.SpinOnce();
        }
    }

    /// <summary>An initiator whose lanes are written by the test, in the order that it wants.</summary>
    private sealed class LanePeer(RawPeer[] peers, IActorRef[] connections, AssociationHandle handle, Collected hears)
    {
        public AssociationHandle Handle => handle;

        public Collected Hears => hears;

        public static async Task<LanePeer> OpenAsync(TransportNode node, LaneLayout layout)
        {
            var token = Guid.NewGuid();
            var peers = new RawPeer[layout.Count];
            var connections = new IActorRef[layout.Count];
            AssociationHandle? handle = null;
            var hears = new Collected();
            for (var i = 0; i < layout.Count; i++)
            {
                peers[i] = new RawPeer(node.System);
                connections[i] = await peers[i].ConnectAsync(new IPEndPoint(IPAddress.Loopback, node.Address.Port!.Value));
                connections[i].Tell(new Write(Hello.Open(i, layout, token).ToBytes()), peers[i]);
                Assert.True(Hello.TryParse((await peers[i].ReceivedAsync()).Span, out var answer));
                Assert.Equal(HelloKind.Accept, answer.Kind);
                if (i == 0)
                {
                    handle = await node.Accepted.NextAsync();
                    handle.ReadHandlerSource.SetResult(hears);
                }
            }

            return new LanePeer(peers, connections, handle!, hears);
        }

        public void Send(int lane, ByteString pdu, Fence? fence = null)
        {
            var head = new byte[FrameHeader.Length + (fence is null ? 0 : FrameHeader.FenceLength(fence.Counts.Length))];
            new FrameHeader(pdu.Length, fence is not null).Write(head);
            if (fence is not null)
                FrameHeader.WriteFence(fence, head.AsSpan(FrameHeader.Length));
            connections[lane].Tell(new Write(head.Concat(pdu.ToByteArray()).ToArray()) { Ack = lane, AckWhen = AckWhen.Delivered }, peers[lane]);
        }

        /// <summary>The node has acknowledged what was sent on a lane: it has reached the reader.</summary>
        public async Task SettleAsync(int lane) => await peers[lane].AckAsync();

        public void Reset(int lane) => connections[lane].Tell(new Abort(), peers[lane]);
    }
}
