using Xunit;

namespace Utp.Protocol.Tests.Sending;

public sealed class BelievableAcksTests
{
    private static readonly Instant Now = new(1_000_000);
    private readonly PeerTraits _peer = new(ConnectionOptions.Default);

    [Fact]
    public void As_many_packets_as_were_ever_in_flight_may_be_late()
    {
        _peer.OnShown(Capabilities.OwnPeer);
        var acks = new BelievableAcks(_peer);
        Assert.Equal(1, acks.OldestAck);

        acks.OnFlight(40);
        acks.OnFlight(7);

        Assert.Equal(40, acks.OldestAck);
    }

    [Fact]
    public void From_a_peer_that_repeats_packets_as_they_were_also_what_was_acknowledged_lately()
    {
        var acks = new BelievableAcks(_peer);
        acks.Note(new SeqNr(65_500), 0, Now);
        acks.Note(new SeqNr(64), 0, Now.Plus(1_000_000));
        Assert.Equal(101, acks.OldestAck);

        acks.Note(new SeqNr(64), 0, Now.Plus(17_000_000));
        Assert.Equal(101, acks.OldestAck);
        acks.Note(new SeqNr(64), 0, Now.Plus(60_000_000));
        Assert.Equal(1, acks.OldestAck);
    }

    [Fact]
    public void When_the_sequence_begins_elsewhere_nothing_of_the_old_one_counts()
    {
        var acks = new BelievableAcks(_peer);
        acks.Note(new SeqNr(100), 0, Now);
        acks.Restart();
        acks.Note(new SeqNr(30_000), 0, Now.Plus(1));

        Assert.Equal(1, acks.OldestAck);
    }
}
