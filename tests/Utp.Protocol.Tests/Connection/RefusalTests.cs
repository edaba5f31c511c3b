using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

// What the socket refuses, and that no connection is ever without a timer while it has something to send.
public class RefusalTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Full = 1_180;
    private static readonly ConnectionOptions Options = new() { Pacing = false, KeepAliveMicros = 0, TailLossProbe = false };

    [Fact]
    public void What_was_taken_back_and_not_polled_again_still_has_a_timer()
    {
        var c = Conversation.Established(Options, Capabilities.OwnPeer);
        c.Write(new byte[Full]);
        c.TakeSent();
        c.Connection.HandleTooLarge(1, c.Now);
        Assert.False(c.Connection.IsStalled);
        c.AdvanceToDeadline();
        Assert.True(c.TakeSent().Length > 0);
        Assert.Equal(0, c.Connection.GetStatistics().Timeouts);
    }

    [Fact]
    public void A_socket_that_takes_nothing_any_more_ends_the_connection_when_a_silent_peer_would_have()
    {
        var silent = Conversation.Established(Options, Capabilities.OwnPeer);
        silent.Write(new byte[Full]);
        var from = silent.Now;
        while (silent.Connection.State == ConnectionState.Connected)
            silent.AdvanceToDeadline();
        var patience = silent.Now.Since(from);

        var blocked = Conversation.Established(Options, Capabilities.OwnPeer);
        blocked.BlockSocket();
        blocked.Write(new byte[Full]);
        from = blocked.Now;
        while (blocked.Connection.State == ConnectionState.Connected)
            blocked.AdvanceToDeadline();
        Assert.Equal(patience, blocked.Now.Since(from));
        Assert.Contains("1200 bytes", blocked.ExpectClosed(CloseCause.SocketError).Detail, StringComparison.Ordinal);
        Assert.True(blocked.Connection.IsTerminated);
    }

    [Fact]
    public void A_socket_that_takes_datagrams_again_is_given_its_whole_time_anew()
    {
        var c = Conversation.Established(Options, Capabilities.OwnPeer);
        for (var i = 0; i < 5; i++)
        {
            c.BlockSocket();
            c.Write(new byte[100]);
            c.Advance(30_000_000);
            c.UnblockSocket();
            c.Expect(PacketType.Data, seq: Seq + i, bytes: 100);
            c.Send(PacketBuilder.State().Ack(Seq + i));
        }

        Assert.Equal(ConnectionState.Connected, c.Connection.State);
        Assert.Equal(0, c.Connection.GetStatistics().PacketsLost);
    }

    [Fact]
    public void An_acknowledgement_goes_again_only_if_what_the_socket_refused_carried_one()
    {
        var c = Conversation.Established(Options, Capabilities.OwnPeer);
        c.BlockSocket();
        c.Write(new byte[100]);
        c.UnblockSocket();
        c.Expect(PacketType.Data, seq: Seq, bytes: 100);
        c.ExpectNothing();
    }
}
