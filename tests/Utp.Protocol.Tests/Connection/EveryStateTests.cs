using CsCheck;
using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

/// <summary>What must hold wherever a connection stands: the end by ST_RESET, the end by silence, and packets whose fields make no sense.</summary>
public class EveryStateTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Peer = Conversation.PeerSeq;
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.SynPayload | Capabilities.LargeWindow;
    private static readonly ConnectionOptions Impatient = new() { IdleTimeoutMicros = 3_000_000 };

    public static TheoryData<ConnectionState> States =>
    [
        ConnectionState.SynSent, ConnectionState.SynReceived, ConnectionState.Connected, ConnectionState.FinSent,
        ConnectionState.PeerFin, ConnectionState.Closing, ConnectionState.TimeWait,
    ];

    [Theory]
    [InlineData(ConnectionState.SynSent, CloseCause.Refused)]
    [InlineData(ConnectionState.SynReceived, CloseCause.Reset)]
    [InlineData(ConnectionState.Connected, CloseCause.Reset)]
    [InlineData(ConnectionState.FinSent, CloseCause.Reset)]
    [InlineData(ConnectionState.PeerFin, CloseCause.Reset)]
    [InlineData(ConnectionState.Closing, CloseCause.ConfirmedClosed)]
    public void A_reset_that_names_our_last_packet_ends_the_connection_in_every_state(ConnectionState state, CloseCause cause)
    {
        var c = In(state);
        c.Send(PacketBuilder.Reset().Ack(LastSent(state))).ExpectClosed(cause);
        c.ExpectNothing();
    }

    [Fact]
    public void A_reset_of_a_closed_connection_that_still_answers_changes_nothing()
    {
        var c = In(ConnectionState.TimeWait);
        c.Send(PacketBuilder.Reset().Ack(LastSent(ConnectionState.TimeWait))).ExpectNoEvent().ExpectNothing();
        Assert.Equal(ConnectionState.TimeWait, c.Connection.State);
        c.Advance(1_000_000).ExpectNoEvent();
        Assert.True(c.Connection.IsTerminated);
    }

    [Theory]
    [MemberData(nameof(States))]
    public void A_forged_reset_ends_the_connection_in_no_state(ConnectionState state)
    {
        var c = In(state);
        foreach (var guess in new[] { LastSent(state) + 2, LastSent(state) + 30_000, LastSent(state) - 2, LastSent(state) - 30_000 })
            c.Send(PacketBuilder.Reset().Ack(guess)).ExpectNoEvent();
        Assert.Equal(state, c.Connection.State);
    }

    [Theory]
    [InlineData(ConnectionState.SynSent)]
    [InlineData(ConnectionState.SynReceived)]
    [InlineData(ConnectionState.Connected)]
    [InlineData(ConnectionState.FinSent)]
    [InlineData(ConnectionState.PeerFin)]
    [InlineData(ConnectionState.Closing)]
    public void Silence_for_the_idle_timeout_ends_the_connection_in_every_state(ConnectionState state)
    {
        var c = In(state, Impatient);
        c.Advance(2_900_000).ExpectNoEvent();
        c.Advance(101_000).ExpectClosed(CloseCause.IdleTimeout);
        c.TakeSent();
        Assert.True(c.Connection.IsTerminated);
    }

    [Fact]
    public void A_closed_connection_that_still_answers_ends_before_the_idle_timeout()
    {
        var c = In(ConnectionState.TimeWait, Impatient);
        c.Advance(1_000_000).ExpectNoEvent();
        Assert.True(c.Connection.IsTerminated);
    }

    [Theory]
    [MemberData(nameof(States))]
    public void Packets_of_valid_form_with_absurd_fields_throw_nothing_and_hold_nothing_for_ever(ConnectionState state) =>
        AbsurdPacket.Array[1, 40].Sample(
            packets =>
            {
                var c = In(state);
                if (state is ConnectionState.Connected or ConnectionState.PeerFin)
                    c.Write(new byte[20_000]);
                c.TakeSent();
                foreach (var packet in packets)
                {
                    c.Send(packet);
                    Assert.InRange(c.Connection.GetStatistics().ReorderBytes, 0, ConnectionOptions.Default.MaxReceiveWindowBytes);
                    c.Advance(1_000);
                }

                // Bounded in deadlines by the conversation: whatever was believed, nothing spins.
                c.Advance(30_000_000);
                c.Do((connection, now) => connection.Abort(now)).TakeSent();
                Assert.True(c.Connection.IsTerminated);
                Assert.InRange(c.TakeEvents().Count(e => e.Kind == ConnectionEventKind.Closed), 0, 1);
            },
            iter: 150,
            threads: 1);

    // Fields are drawn from the neighbourhood of what is expected, where the decisions are, and from everywhere.
    private static Gen<PacketBuilder> AbsurdPacket => Gen.Select(
        Gen.Byte[0, 4].Select(type => (PacketType)type),
        NearOrAnywhere(Peer),
        NearOrAnywhere(Seq),
        Gen.OneOf(Gen.Const(0u), Gen.Const(1u), Gen.Const((uint)int.MaxValue), Gen.UInt),
        Gen.OneOf(Gen.Const(0u), Gen.Const((uint)int.MaxValue), Gen.UInt),
        Gen.Select(Gen.Bool, Gen.UInt),
        Gen.Select(Gen.Byte[1, 6], Gen.Byte.Array[0, 255]).Array[0, 3],
        Gen.Int[0, 1_180]).Select((type, seq, ack, window, measured, sentAt, extensions, bytes) =>
        {
            var packet = new PacketBuilder(type) { PayloadBytes = new byte[bytes] }.Seq(seq).Ack(ack).Window(window).Measured(measured);
            if (sentAt.Item1)
                packet = packet.SentAt(sentAt.Item2);
            return extensions.Aggregate(packet, (built, extension) => built.Extension(extension.Item1, extension.Item2));
        });

    private static Gen<int> NearOrAnywhere(int expected) => Gen.OneOf(Gen.Int[expected - 5, expected + 5], Gen.Int[expected - 2_000, expected + 2_000], Gen.Int[0, 65_535]);

    /// <summary>A connection that has come to this state, everything so far consumed.</summary>
    private static Conversation In(ConnectionState state, ConnectionOptions? options = null)
    {
        var c = state switch
        {
            ConnectionState.SynSent => Conversation.Connect(options),
            ConnectionState.SynReceived => Conversation.Accept(options: options),
            _ => Conversation.Established(options, Own),
        };
        if (state is ConnectionState.PeerFin or ConnectionState.Closing)
            c.Send(PacketBuilder.Fin());
        if (state is ConnectionState.FinSent or ConnectionState.Closing or ConnectionState.TimeWait)
            c.Do((connection, now) => connection.CloseWrite(now));
        if (state == ConnectionState.TimeWait)
            c.Send(PacketBuilder.Fin().Ack(Seq));
        c.TakeSent();
        c.TakeEvents();
        Assert.Equal(state, c.Connection.State);
        return c;
    }

    private static int LastSent(ConnectionState state) => state switch
    {
        ConnectionState.SynReceived => Conversation.LocalSeq - 1,
        ConnectionState.FinSent or ConnectionState.Closing or ConnectionState.TimeWait => Seq,
        _ => Conversation.LocalSeq,
    };
}
