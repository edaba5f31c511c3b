using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class FlowTests(ITestOutputHelper output) : UtpSpec(output)
{
    [Fact]
    public void Suspended_reading_holds_data_until_it_is_resumed()
    {
        var pair = OpenPair();
        pair.B.Tell(SuspendReading.Instance);
        pair.B.Tell(GetStatistics.Instance);
        pair.B.Handler.ExpectMsg<ConnectionStatistics>();
        pair.A.Tell(new Write(Bytes(50_000)) { Ack = "there", AckWhen = AckWhen.Delivered });
        pair.A.Handler.ExpectMsg("there");
        Assert.False(pair.B.Handler.HasMessages);
        pair.B.Tell(ResumeReading.Instance);
        Assert.Equal(Bytes(50_000), pair.B.ExpectBytes(50_000));
    }

    [Fact]
    public void A_suspended_reader_stops_the_writer_and_loses_nothing()
    {
        var options = new UtpOptions { InitialReceiveWindowBytes = 16_384, MaxReceiveWindowBytes = 16_384, SendBufferBytes = 4 << 20 };
        var pair = OpenPair(bind => bind with { Options = options }, connect => connect with { Options = options });
        for (var round = 0; round < 5; round++)
        {
            pair.B.Tell(SuspendReading.Instance);
            pair.A.Tell(new Write(Bytes(300_000, round)));
            pair.B.Tell(ResumeReading.Instance);
            Assert.Equal(Bytes(300_000, round), pair.B.ExpectBytes(300_000));
        }
    }

    [Fact]
    public void Pull_mode_yields_one_message_at_a_time()
    {
        var pair = OpenPair(bind => bind with { PullMode = true });
        pair.A.Tell(new Write(Bytes(200_000)) { Ack = "there", AckWhen = AckWhen.Delivered });
        pair.A.Handler.ExpectMsg("there");
        var received = new List<byte>();
        while (received.Count < 200_000)
        {
            Assert.False(pair.B.Handler.HasMessages);
            pair.B.Tell(ResumeReading.Instance);
            received.AddRange(pair.B.Handler.ExpectMsg<Received>().Data.ToArray());
            pair.B.Tell(GetStatistics.Instance);
            pair.B.Handler.ExpectMsg<ConnectionStatistics>();
        }

        Assert.Equal(Bytes(200_000), received);
    }

    [Fact]
    public void A_pull_before_the_data_is_remembered()
    {
        var pair = OpenPair(bind => bind with { PullMode = true });
        pair.B.Tell(ResumeReading.Instance);
        pair.A.Tell(new Write(Bytes(100)));
        Assert.Equal(Bytes(100), pair.B.ExpectBytes(100));
    }

    [Fact]
    public void A_pull_before_Register_counts()
    {
        var acceptor = CreateTestProbe();
        var (_, address) = BindTo(acceptor, bind => bind with { PullMode = true });
        var a = Open(address);
        a.Tell(new Write(Bytes(100)));
        acceptor.ExpectMsg<Connected>();
        var connection = acceptor.LastSender;
        connection.Tell(ResumeReading.Instance, acceptor.Ref);
        connection.Tell(new Register(acceptor.Ref), acceptor.Ref);
        Assert.Equal(Bytes(100), new End(connection, acceptor).ExpectBytes(100));
    }

    [Fact]
    public void The_initiator_may_pull_too()
    {
        var pair = OpenPair(connect: connect => connect with { PullMode = true });
        pair.B.Tell(new Write(Bytes(100)) { Ack = "there", AckWhen = AckWhen.Delivered });
        pair.B.Handler.ExpectMsg("there");
        Assert.False(pair.A.Handler.HasMessages);

        // How it is cut depends on whether the acceptor may send it all before it knows our address.
        var received = new List<byte>();
        while (received.Count < 100)
        {
            pair.A.Tell(ResumeReading.Instance);
            received.AddRange(pair.A.Handler.ExpectMsg<Received>().Data.ToArray());
        }

        Assert.Equal(Bytes(100), received);
    }

    [Fact]
    public void The_peers_end_comes_after_the_data_that_waited()
    {
        var pair = OpenPair(bind => bind with { PullMode = true });
        pair.A.Tell(new Write(Bytes(1_000)));
        pair.A.Tell(Close.Instance);
        pair.A.Handler.ExpectMsg<Closed>();
        Assert.False(pair.B.Handler.HasMessages);
        pair.B.Tell(ResumeReading.Instance);
        pair.B.ExpectBytes(1_000);
        pair.B.Handler.ExpectMsg<PeerClosed>();
    }

    [Fact]
    public void A_connection_tells_what_it_has_done()
    {
        var pair = OpenPair();
        pair.A.Tell(new Write(Bytes(100_000)) { Ack = "there", AckWhen = AckWhen.Delivered });
        pair.A.Handler.ExpectMsg("there");
        pair.A.Connection.Tell(GetStatistics.Instance, TestActor);
        var statistics = ExpectMsg<ConnectionStatistics>();
        Assert.Equal(pair.Address, statistics.RemoteAddress);
        Assert.Equal(100_000, statistics.Connection.BytesDelivered);
        Assert.Equal("lbe", statistics.Connection.CongestionControl);
        Assert.True(statistics.Connection.SmoothedRttMicros > 0);
    }
}
