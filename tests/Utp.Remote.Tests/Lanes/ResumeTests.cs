using System.Net;
using Akka.Remote.Transport;
using Google.Protobuf;
using Utp.Remote.Tests.Contract;

namespace Utp.Remote.Tests.Lanes;

/// <summary>An association whose connections are lost goes on over others, and Akka hears nothing of it.</summary>
public sealed class ResumeTests
{
    private const int Rebinds = 3;
    private const int MessagesBetween = 300;
    private const string Path = "akka.utp://node@127.0.0.1:1/user/";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var kind in Kinds)
            {
                cases.Add(kind.ToString()!, true);
                cases.Add(kind.ToString()!, false);
            }

            return cases;
        }
    }

    private static IEnumerable<TransportKind> Kinds => [TransportKind.Utp, TransportKind.UtpOneLane, TransportKind.UtpAllLanes, TransportKind.UtpTls];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_node_whose_address_is_translated_anew_loses_no_message_and_no_association(string kindName, bool initiatorMoves)
    {
        var kind = Kinds.Single(kind => kind.ToString() == kindName);
        await using var a = await TransportNode.StartAsync(kind, "resume-timeout = 60s");
        await using var b = await TransportNode.StartAsync(kind, "resume-timeout = 60s");
        await using var path = initiatorMoves ? new MovingPath(PortOf(b)) : new MovingPath(PortOf(a), PortOf(b));
        var here = await a.Transport.Associate(b.Address.WithPort((initiatorMoves ? path.Inside : path.Outside).Port));
        var there = await b.Accepted.NextAsync();
        Assert.True(SpinWait.SpinUntil(() => ((UtpAssociationHandle)here).HasAllLanes, Patience));
        Collected hereHears = new(), thereHears = new();
        here.ReadHandlerSource.SetResult(hereHears);
        there.ReadHandlerSource.SetResult(thereHears);

        var next = 0;
        for (var round = 0; round <= Rebinds; round++)
        {
            for (var i = 0; i < MessagesBetween; i++)
            {
                // Each direction has its own sizes, so that what is cut lies anywhere in a frame.
                Write(here, Message(next + i, 200));
                Write(there, Message(next + i, 3_000));
            }

            if (round < Rebinds)
                path.Rebind();
            for (var i = 0; i < MessagesBetween; i++, next++)
            {
                Assert.Equal(Message(next, 200), await thereHears.PayloadAsync());
                Assert.Equal(Message(next, 3_000), await hereHears.PayloadAsync());
            }
        }

        Assert.Equal(0, hereHears.Waiting + thereHears.Waiting);
    }

    [Fact]
    public async Task Each_lane_is_resumed_when_one_of_them_has_met_a_peer_that_does_not_know_it()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.Utp, "resume-timeout = 60s");
        await using var b = await TransportNode.StartAsync(TransportKind.Utp, "resume-timeout = 60s");
        await using var path = new MovingPath(PortOf(b));
        var here = await a.Transport.Associate(b.Address.WithPort(path.Inside.Port));
        var there = await b.Accepted.NextAsync();
        Assert.True(SpinWait.SpinUntil(() => ((UtpAssociationHandle)here).HasAllLanes, Patience));
        Collected hereHears = new(), thereHears = new();
        here.ReadHandlerSource.SetResult(hereHears);
        there.ReadHandlerSource.SetResult(thereHears);
        Write(here, Pdus.Instruction(1));
        Assert.Equal(Pdus.Instruction(1), await thereHears.PayloadAsync());

        // The node that moved says something on its control lane alone; what the other says on the ordinary one must reach it all the same.
        path.Rebind();
        Write(here, Pdus.Instruction(3));
        Write(there, Message(1, 500));

        Assert.Equal(Pdus.Instruction(3), await thereHears.PayloadAsync());
        Assert.Equal(Message(1, 500), await hereHears.PayloadAsync());
    }

    [Fact]
    public async Task An_association_ends_when_its_peer_has_started_anew()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.Utp, "resume-timeout = 10m");
        var b = await TransportNode.StartAsync(TransportKind.Utp);
        await using var again = await TransportNode.StartAsync(TransportKind.Utp);
        await using var path = new MovingPath(PortOf(b));
        var (here, hears) = (await a.Transport.Associate(b.Address.WithPort(path.Inside.Port)), new Collected());
        here.ReadHandlerSource.SetResult(hears);
        Assert.True(SpinWait.SpinUntil(() => ((UtpAssociationHandle)here).HasAllLanes, Patience));

        path.Replace(PortOf(again));
        Write(here, Message(0, 100));

        await hears.DisassociatedAsync();
        await b.DisposeAsync();
    }

    [Fact]
    public async Task Without_resuming_an_association_ends_with_its_connection()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.Utp, "resume-timeout = 0s");
        await using var b = await TransportNode.StartAsync(TransportKind.Utp);
        await using var path = new MovingPath(PortOf(b));
        var (here, hears) = (await a.Transport.Associate(b.Address.WithPort(path.Inside.Port)), new Collected());
        here.ReadHandlerSource.SetResult(hears);
        Assert.True(SpinWait.SpinUntil(() => ((UtpAssociationHandle)here).HasAllLanes, Patience));

        path.Rebind();
        Write(here, Message(0, 100));

        await hears.DisassociatedAsync();
    }

    private static IPEndPoint PortOf(TransportNode node) => new(IPAddress.Loopback, node.Address.Port!.Value);

    private static ByteString Message(int number, int bytes) => Pdus.Message(Path + "a", [.. BitConverter.GetBytes(number), .. new byte[bytes]]);

    private static void Write(AssociationHandle handle, ByteString pdu) =>
        Assert.True(SpinWait.SpinUntil(() => handle.Write(pdu), Patience), "The handle took nothing for a minute.");
}
