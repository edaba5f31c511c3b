using Utp.Protocol.Tests.Wire;
using Xunit;
using static Utp.Protocol.Tests.Endpoint.RouterHarness;

namespace Utp.Protocol.Tests.Endpoint;

public sealed class ResetTests
{
    private static bool TryReset(RouterHarness harness, byte[] question, out PacketHeader answer, TestPath? path = null, Instant? now = null)
    {
        Span<byte> buffer = stackalloc byte[PacketHeader.Length];
        var written = harness.Router.TryWriteReset(path ?? Peer, Packets.Parse(question), buffer, now ?? Now, out var length);
        Assert.Equal(written ? PacketHeader.Length : 0, length);
        Assert.Equal(written, PacketHeader.TryParse(buffer[..length], out answer));
        return written;
    }

    [Theory]
    [InlineData(PacketType.Data, 100)]
    [InlineData(PacketType.Fin, 100)]
    [InlineData(PacketType.Syn, 100)]
    [InlineData(PacketType.State, 99)]
    public void A_st_reset_acknowledges_exactly_the_packet_that_it_answers(PacketType type, int ackNr)
    {
        var harness = new RouterHarness();
        var question = Packets.Bytes(type, id: 77, seqNr: 100, ackNr: 200, timestamp: 5_000);

        Assert.True(TryReset(harness, question, out var answer));

        Assert.Equal(PacketType.Reset, answer.Type);
        Assert.Equal(new ConnectionId(77), answer.ConnectionId);
        Assert.Equal(new SeqNr(201), answer.SeqNr);
        Assert.Equal(new SeqNr((ushort)ackNr), answer.AckNr);
        Assert.Equal(0u, answer.WndSize);
        Assert.Equal(0, answer.Extension);
        Assert.Equal(WireTimestamp.From(Now), answer.Timestamp);
        Assert.Equal((uint)Now.Micros - 5_000, answer.TimestampDifference);
        Assert.Equal(1, harness.Router.Statistics.ResetsSent);
    }

    [Fact]
    public void A_st_reset_computes_modulo_the_wrap()
    {
        Assert.True(TryReset(new RouterHarness(), Packets.Bytes(PacketType.State, seqNr: 0, ackNr: 65_535), out var answer));

        Assert.Equal(new SeqNr(0), answer.SeqNr);
        Assert.Equal(new SeqNr(65_535), answer.AckNr);
    }

    [Fact]
    public void A_st_reset_is_never_answered_with_a_st_reset()
    {
        var harness = new RouterHarness();

        Assert.False(TryReset(harness, Packets.Bytes(PacketType.Reset), out _));
        Assert.Equal(0, harness.Router.Statistics.ResetsSent);
        Assert.Equal(0, harness.Router.Statistics.ResetsSuppressed);
    }

    [Fact]
    public void The_initiator_whose_st_syn_was_refused_gets_the_st_reset()
    {
        var refusing = new RouterHarness();
        var initiating = new RouterHarness();
        initiating.AddInitiator("ours", 500);
        Span<byte> buffer = stackalloc byte[PacketHeader.Length];

        Assert.True(refusing.Router.TryWriteReset(Peer, Packets.Parse(Packets.Bytes(PacketType.Syn, 500)), buffer, Now, out _));

        Assert.Equal((RouteDecision.Deliver, "ours"), initiating.Route(buffer.ToArray()));
    }

    [Fact]
    public void One_address_gets_as_many_resets_as_its_rate_allows_and_more_as_time_passes()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxResetsPerSecondPerAddress = 5 });
        var question = Packets.Bytes(PacketType.Data);

        Assert.Equal(5, Enumerable.Range(0, 100).Count(_ => TryReset(harness, question, out PacketHeader _)));
        Assert.Equal(95, harness.Router.Statistics.ResetsSuppressed);

        // A fifth of a second later: one more, not before.
        Assert.False(TryReset(harness, question, out _, now: Now.Plus(199_999)));
        Assert.True(TryReset(harness, question, out _, now: Now.Plus(200_000)));
        Assert.False(TryReset(harness, question, out _, now: Now.Plus(200_000)));
    }

    [Fact]
    public void A_long_pause_does_not_save_up_more_than_a_second()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxResetsPerSecondPerAddress = 5 });
        var later = Now.Plus(3_600_000_000);
        Assert.True(TryReset(harness, Packets.Bytes(PacketType.Data), out _));

        Assert.Equal(5, Enumerable.Range(0, 100).Count(_ => TryReset(harness, Packets.Bytes(PacketType.Data), out PacketHeader _, now: later)));
    }

    [Fact]
    public void All_addresses_together_get_as_many_resets_as_the_total_rate_allows()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxResetsPerSecond = 20, MaxResetsPerSecondPerAddress = 5 });

        var sent = Enumerable.Range(0, 1_000).Count(
            host => TryReset(harness, Packets.Bytes(PacketType.Data), out PacketHeader _, new TestPath((uint)host, 1)));

        Assert.Equal(20, sent);
        Assert.Equal(20, harness.Router.Statistics.ResetsSent);
        Assert.Equal(980, harness.Router.Statistics.ResetsSuppressed);
    }

    [Fact]
    public void A_flooding_address_leaves_the_others_their_resets()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxResetsPerSecond = 20, MaxResetsPerSecondPerAddress = 5 });
        for (var i = 0; i < 10_000; i++)
            TryReset(harness, Packets.Bytes(PacketType.Data), out _);

        Assert.True(TryReset(harness, Packets.Bytes(PacketType.Data), out _, Peer with { Remote = 11 }));
    }

    [Fact]
    public void Another_port_of_the_same_address_does_not_double_its_rate()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxResetsPerSecondPerAddress = 1 });

        Assert.True(TryReset(harness, Packets.Bytes(PacketType.Data), out _));
        Assert.False(TryReset(harness, Packets.Bytes(PacketType.Data), out _, Peer with { Port = 1 }));
    }

    [Fact]
    public void A_rate_of_zero_sends_no_reset()
    {
        var harness = new RouterHarness(new EndpointLimits { MaxResetsPerSecond = 0 });

        Assert.False(TryReset(harness, Packets.Bytes(PacketType.Data), out _));
        Assert.Equal(1, harness.Router.Statistics.ResetsSuppressed);
    }

    [Fact]
    public void A_million_addresses_take_no_more_memory_than_a_thousand()
    {
        var limiter = new ResetRateLimiter(new EndpointLimits());
        limiter.TryTake(0, Now);

        ulong address = 1;
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var i = 0; i < 1_000_000; i++)
                limiter.TryTake(address++, Now);
        }));
    }

    [Fact]
    public void An_instant_that_lies_behind_the_last_refills_nothing()
    {
        var bucket = new TokenBucket();
        Assert.True(bucket.HasToken(1, Now));
        bucket.Take();

        Assert.False(bucket.HasToken(1, Now.Plus(-1_000_000)));
        Assert.False(bucket.HasToken(1, Now));
        Assert.True(bucket.HasToken(1, Now.Plus(1_000_000)));
    }
}
