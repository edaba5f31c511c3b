using System.Buffers.Binary;
using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

/// <summary>What a peer can make us keep is counted, and who fills the limit loses, not its neighbour (note 0031).</summary>
public sealed class HostileMemoryTests
{
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.LargeWindow | Capabilities.SelectiveAckRanges | Capabilities.Frames;
    private const int Peer = Conversation.PeerSeq;

    [Fact]
    public void One_packet_far_ahead_costs_what_one_packet_costs()
    {
        var budget = new MemoryBudget(1 << 20);
        var c = Conversation.Established(new ConnectionOptions { ReorderBudget = budget }, Own);
        c.Send(PacketBuilder.Data("a").Seq(Peer + 2));
        c.Send(PacketBuilder.Data("a").Seq(Peer + 4));
        var before = GC.GetAllocatedBytesForCurrentThread();
        c.Send(PacketBuilder.Data("b").Seq(Peer + 32_767));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000);
        Assert.Equal(3, c.Connection.GetStatistics().ReorderBytes);
        Assert.InRange(budget.UsedBytes, 100, 4_000);
    }

    [Fact]
    public void A_table_that_many_packets_needed_is_given_back_when_few_do()
    {
        var budget = new MemoryBudget(1 << 24);
        var c = Conversation.Established(new ConnectionOptions { ReorderBudget = budget }, Own);
        for (var i = 1; i <= 2_000; i++)
            c.Send(PacketBuilder.Data("x").Seq(Peer + i));
        Assert.InRange(budget.UsedBytes, 100_000, 500_000);
        c.Send(PacketBuilder.Data("x").Seq(Peer));
        var next = Peer + 2_001;
        c.Send(PacketBuilder.Data("x").Seq(next + 1));
        c.Send(PacketBuilder.Data("x").Seq(next));
        Assert.Equal(0, budget.UsedBytes);
        Assert.Equal(2_003, c.TakeEvents().Sum(e => e.Data.Length));
    }

    [Fact]
    public void An_address_that_fills_the_memory_leaves_half_to_the_next_one()
    {
        var budget = new MemoryBudget(1 << 20);
        var (one, other) = (budget.OpenAccount(), budget.OpenAccount());
        for (var i = 0; i < 1_000; i++)
            one.TryTake(10_000);
        Assert.InRange(one.UsedBytes, 500_000, 530_000);
        Assert.True(other.TryTake(250_000));
        Assert.False(other.TryTake(250_000));
        one.Return(one.UsedBytes);
        Assert.Equal((250_000, 250_000), (budget.UsedBytes, other.UsedBytes));
    }

    [Fact]
    public void A_frame_for_which_no_memory_is_left_is_not_acknowledged_and_arrives_when_there_is()
    {
        var budget = new MemoryBudget(1 << 20);
        var c = Frames(budget);
        budget.Take(1 << 20);
        c.Send(Frame(200_000, new byte[1_000]));
        for (var i = 0; i < 100; i++)
            c.Send(PacketBuilder.Data(new byte[1_000]));
        var acked = (ushort)(c.TakeSent()[^1].Ack - Peer + 1);
        Assert.InRange(acked, 1, 100);
        budget.Return(1 << 20);
        c.PeerNextSeq = Peer + acked;
        for (var i = acked; i < 200; i++)
            c.Send(PacketBuilder.Data(new byte[1_000]));
        Assert.Equal(200_000, c.ExpectEvent(ConnectionEventKind.Received).Data.Length);
        Assert.Equal(0, budget.UsedBytes);
        Assert.Equal(ConnectionState.Connected, c.Connection.State);
    }

    [Fact]
    public void Unfinished_frames_of_one_address_do_not_keep_another_from_its_own()
    {
        var budget = new MemoryBudget(8 << 20);
        var account = budget.OpenAccount();
        var attackers = Enumerable.Range(0, 20).Select(_ => Frames(budget, account)).ToList();
        foreach (var attacker in attackers)
        {
            attacker.Send(Frame(1 << 20, new byte[1_000]));
            for (var i = 0; i < 600; i++)
                attacker.Send(PacketBuilder.Data(new byte[1_000]));
        }

        var c = Frames(budget);
        c.Send(Frame(1_000_000, new byte[1_000]));
        for (var i = 1; i < 1_000; i++)
            c.Send(PacketBuilder.Data(new byte[1_000]));
        Assert.Equal(1_000_000, c.ExpectEvent(ConnectionEventKind.Received).Data.Length);
    }

    [Fact]
    public void Who_holds_an_unfinished_frame_while_memory_is_short_loses_its_connection_and_who_sends_does_not()
    {
        var budget = new MemoryBudget(4 << 20);
        var (holds, sends) = (Frames(budget), Frames(budget));
        holds.Send(Frame(1 << 20, new byte[1_000]));
        sends.Send(Frame(1 << 20, new byte[1_000]));
        budget.Take(3_500_000);
        for (var second = 0; second < 11; second++)
        {
            holds.Advance(1_000_000);
            sends.Advance(1_000_000);
            for (var i = 0; i < 10; i++)
                sends.Send(PacketBuilder.Data(new byte[1_000]));
        }

        Assert.Equal(CloseCause.ProtocolError, holds.ExpectEvent(ConnectionEventKind.Closed).Reason.Cause);
        Assert.Equal(ConnectionState.Connected, sends.Connection.State);
    }

    [Fact]
    public void An_unfinished_frame_harms_nobody_while_there_is_memory()
    {
        var c = Frames(new MemoryBudget(64 << 20));
        c.Send(Frame(1 << 20, new byte[1_000]));
        c.Advance(100_000_000);
        Assert.Equal(ConnectionState.Connected, c.Connection.State);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 255)]
    [InlineData(1, 255)]
    public void Objects_that_nobody_reads_close_the_window_by_all_that_they_cost(int payloadBytes, int metadataBytes)
    {
        var budget = new MemoryBudget(64 << 20);
        var c = Objects(budget);
        for (var i = 0; i < 20_000; i++)
        {
            var before = c.PeerNextSeq;
            c.Send(PacketBuilder.Data(new byte[payloadBytes]).Metadata(new byte[metadataBytes]));
            if (c.Connection.GetStatistics().PacketsDropped > 0)
                c.PeerNextSeq = before;
            c.TakeSent();
        }

        // The window counts payload; what messages cost beside it may take it four times.
        var statistics = c.Connection.GetStatistics();
        Assert.InRange(statistics.UnreadBytes, 10_000, 4 * 64 << 10);
        Assert.Equal(statistics.UnreadBytes, budget.UsedBytes);
        c.Send(PacketBuilder.State());
        c.Do((connection, now) => connection.ResumeReading(now));
        Assert.Equal(0, budget.UsedBytes);
    }

    [Fact]
    public void Packets_of_one_byte_that_nobody_reads_cost_little_more_than_their_bytes()
    {
        var budget = new MemoryBudget(64 << 20);
        var arrays = 0L;
        var c = Conversation.Established(new ConnectionOptions
        {
            UnreadBudget = budget,
            AllocateDelivery = bytes =>
            {
                arrays += bytes + 24;
                return new byte[bytes];
            },
        });
        c.Do((connection, _) => connection.SuspendReading());
        for (var i = 0; i < 10_000; i++)
        {
            c.Send(PacketBuilder.Data("x"));
            c.TakeSent();
        }

        Assert.Equal(10_000, c.Connection.GetStatistics().UnreadBytes);
        Assert.InRange(arrays, 10_000, 13_000);
    }

    private static Conversation Objects(MemoryBudget budget)
    {
        var c = Conversation.Established(
            new ConnectionOptions { UnreadBudget = budget, Mode = DeliveryMode.Objects, InitialReceiveWindowBytes = 64 << 10, MaxReceiveWindowBytes = 64 << 10 },
            Own | Capabilities.Metadata);
        c.Do((connection, _) => connection.SuspendReading());
        return c;
    }

    private static Conversation Frames(MemoryBudget budget, MemoryBudget? account = null) => Conversation.Established(
        new ConnectionOptions { ReorderBudget = account ?? budget, Mode = DeliveryMode.Frames, MaxFrameBytes = 1 << 20, KeepAliveMicros = 0 }, Own);

    private static PacketBuilder Frame(int length, byte[] first)
    {
        var header = new byte[FrameAssembler.HeaderLength];
        header[0] = FrameAssembler.Kind;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(1), (uint)length);
        return PacketBuilder.Data(first).Metadata(header);
    }
}
