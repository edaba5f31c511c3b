using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

/// <summary>What connections hold for users that do not read, all together (design note 0015).</summary>
public class UnreadMemoryTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Peer = Conversation.PeerSeq;

    [Fact]
    public void One_may_hold_as_much_as_nobody_holds()
    {
        var budget = new MemoryBudget(12_000);

        Assert.True(budget.TryTakeShare(6_000, held: 0));
        Assert.False(budget.TryTakeShare(1, held: 6_000));
        Assert.True(budget.TryTakeShare(3_000, held: 0));
        Assert.False(budget.TryTakeShare(3_001, held: 0));
        Assert.Equal(9_000, budget.UsedBytes);
        Assert.Equal(3_000, budget.ShareBytes);
    }

    [Fact]
    public void However_many_stall_they_stay_below_the_limit_and_leave_room()
    {
        var budget = new MemoryBudget(100_000);
        var all = Enumerable.Range(0, 50).Select(_ => Stalled(budget)).ToList();
        for (var round = 0; round < 40; round++)
        {
            foreach (var c in all)
                c.Send(PacketBuilder.Data(new byte[100]));
        }

        var held = all.Sum(static c => c.Connection.GetStatistics().UnreadBytes);
        Assert.Equal(held, budget.UsedBytes);
        Assert.InRange(held, 95_000, 100_000 - (100_000 / 51) + 100);
        Assert.InRange(budget.ShareBytes, 1_800, 5_000);
    }

    [Fact]
    public void However_many_connections_of_one_address_stall_they_hold_half_and_another_address_has_its_own()
    {
        var budget = new MemoryBudget(100_000);
        var account = budget.OpenAccount();
        var all = Enumerable.Range(0, 50).Select(_ => Stalled(account)).ToList();
        for (var round = 0; round < 40; round++)
        {
            foreach (var c in all)
                c.Send(PacketBuilder.Data(new byte[100]));
        }

        Assert.Equal(account.UsedBytes, budget.UsedBytes);
        Assert.InRange(account.UsedBytes, 45_000, 50_000);

        // The shares of its connections are equal, too.
        Assert.InRange(all.Min(static c => c.Connection.GetStatistics().UnreadBytes), 800, 1_000);

        var neighbour = Stalled(budget);
        for (var i = 0; i < 200; i++)
            neighbour.Send(PacketBuilder.Data(new byte[100]));
        Assert.InRange(neighbour.Connection.GetStatistics().UnreadBytes, 15_000, 17_000);
    }

    [Fact]
    public void A_window_that_closes_for_want_of_memory_is_reported_and_one_that_closes_for_its_own_size_is_not()
    {
        var reports = 0;
        var budget = new MemoryBudget(100_000, () => reports++);
        var c = Conversation.Established(new ConnectionOptions { UnreadBudget = budget, InitialReceiveWindowBytes = 4_000, MaxReceiveWindowBytes = 4_000 });
        c.Do((connection, _) => connection.SuspendReading());
        for (var i = 0; i < 4; i++)
            c.Send(PacketBuilder.Data(new byte[1_000]));
        Assert.Equal(0u, c.TakeSent()[^1].Window);
        Assert.Equal(0, reports);

        var other = Stalled(budget);
        budget.Take(90_000);
        other.Send(PacketBuilder.Data(new byte[3_000])).Advance(0);
        Assert.NotEqual(0, reports);
    }

    [Fact]
    public void A_window_closes_as_memory_does()
    {
        var budget = new MemoryBudget(10_000);
        var c = Stalled(budget);
        c.TakeSent();

        c.Send(PacketBuilder.Data(new byte[1_000]));
        Assert.Equal(7_000u, c.Expect(PacketType.State, ack: Peer).Window);
        budget.Take(2_000);
        c.Send(PacketBuilder.Data(new byte[1_000]));
        Assert.Equal(2_000u, c.Expect(PacketType.State, ack: Peer + 1).Window);
        budget.Take(2_000);
        c.Send(PacketBuilder.Data(new byte[1_000])).Advance(0);
        Assert.Equal(0u, c.Expect(PacketType.State, ack: Peer + 1).Window);
    }

    [Fact]
    public void What_is_dropped_for_want_of_memory_comes_again_when_the_reader_does()
    {
        var budget = new MemoryBudget(10_000);
        var c = Stalled(budget);
        c.Send(PacketBuilder.Data("kept"));
        budget.Take(10_000);
        c.Send(PacketBuilder.Data("dropped").Seq(Peer + 1));
        Assert.Equal(4, c.Connection.GetStatistics().UnreadBytes);
        c.TakeSent();

        c.Do(static (connection, now) => connection.ResumeReading(now)).Advance(0);
        Assert.True(c.Expect(PacketType.State, ack: Peer).Window >= 10_000);
        c.ExpectReceived("kept");
        c.Send(PacketBuilder.Data("dropped").Seq(Peer + 1));
        c.ExpectReceived("dropped");
        Assert.Equal(10_000, budget.UsedBytes);
    }

    [Fact]
    public void Who_reads_at_once_goes_on_though_others_hold_everything()
    {
        var budget = new MemoryBudget(1_000);
        budget.Take(2_000);
        var c = Conversation.Established(new ConnectionOptions { UnreadBudget = budget });
        for (var i = 0; i < 100; i++)
        {
            c.Send(PacketBuilder.Data(new byte[1_100]));
            Assert.Equal(1_100, c.TakeEvents().Sum(static e => e.Data.Length));
        }

        Assert.Equal(2_000, budget.UsedBytes);
        Assert.Equal(64u << 10, c.TakeSent()[^1].Window);
    }

    [Fact]
    public void Memory_comes_back_with_reading_with_an_abort_and_with_a_close()
    {
        foreach (var end in new Action<UtpConnection, Instant>[]
        {
            static (connection, now) => connection.ResumeReading(now),
            static (connection, now) => connection.Abort(now),
            static (connection, now) => connection.Close(now),
            static (connection, now) => connection.HandleSocketFailure("gone", now),
        })
        {
            var budget = new MemoryBudget(10_000);
            var c = Stalled(budget);
            c.Send(PacketBuilder.Data(new byte[1_000]), PacketBuilder.Data(new byte[500]));
            Assert.Equal(1_500, budget.UsedBytes);

            c.Do(end);
            c.TakeEvents();

            Assert.Equal(0, budget.UsedBytes);
        }
    }

    [Fact]
    public void A_frame_counts_when_it_is_whole_and_until_it_is_read()
    {
        var budget = new MemoryBudget(10_000);
        var c = Conversation.Established(
            new ConnectionOptions { Mode = DeliveryMode.Frames, UnreadBudget = budget }, Capabilities.Metadata | Capabilities.Frames | Capabilities.OwnPeer);
        c.Do(static (connection, _) => connection.SuspendReading());
        c.Send(PacketBuilder.Data(new byte[500]).Metadata(1, 0, 0, 3, 232));
        Assert.Equal(0, budget.UsedBytes);
        c.Send(PacketBuilder.Data(new byte[500]));
        Assert.Equal(1_000 + Delivery.MessageOverheadBytes, budget.UsedBytes);

        c.Do(static (connection, now) => connection.ResumeReading(now));

        Assert.Equal(1_000, c.TakeEvents().Sum(static e => e.Data.Length));
        Assert.Equal(0, budget.UsedBytes);
    }

    [Fact]
    public void What_a_peer_had_no_room_for_goes_again_soon_after_its_window_opens()
    {
        var c = Conversation.Established(new ConnectionOptions { Pacing = false, TailLossProbe = false });
        c.Write("data");
        c.Expect(PacketType.Data, seq: Seq);

        // It drops the packet and says that it has no room, again and again; the time-outs double.
        for (var i = 0; i < 6; i++)
        {
            c.Send(PacketBuilder.State().Ack(Seq - 1).Window(0));
            c.AdvanceToDeadline();
            c.TakeSent();
        }

        c.Send(PacketBuilder.State().Ack(Seq - 1).Window(0));
        Assert.True(c.Connection.GetStatistics().RtoMicros > 10_000_000);
        c.Send(PacketBuilder.State().Ack(Seq - 1).Window(100_000)).TakeSent();
        c.Advance(700_000);
        c.Expect(PacketType.Data, seq: Seq, text: "data");
    }

    private static Conversation Stalled(MemoryBudget budget)
    {
        var c = Conversation.Established(new ConnectionOptions { UnreadBudget = budget });
        c.Do(static (connection, _) => connection.SuspendReading());
        return c;
    }
}
