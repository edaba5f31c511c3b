using System.Net;
using System.Net.Sockets;
using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class OutOfBandTests(ITestOutputHelper output) : UtpSpec(output)
{
    private readonly UdpClient _stranger = new(new IPEndPoint(IPAddress.Loopback, 0));

    private IPEndPoint Stranger => (IPEndPoint)_stranger.Client.LocalEndPoint!;

    protected override void AfterAll()
    {
        _stranger.Dispose();
        base.AfterAll();
    }

    [Theory]
    [InlineData("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe")]
    [InlineData("x")]
    public void A_datagram_that_is_not_uTP_goes_to_the_handler(string text)
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes(text);
        var (_, address) = BindTo(CreateTestProbe(), bind => bind with { OutOfBandHandler = TestActor });
        _stranger.Send(bytes, address);
        var received = ExpectMsg<OutOfBandReceived>();
        Assert.Equal(bytes, received.Data.ToArray());
        Assert.Equal(Stranger, received.RemoteAddress);
    }

    [Fact]
    public void The_handler_answers_from_the_same_port()
    {
        var (listener, address) = BindTo(CreateTestProbe(), bind => bind with { OutOfBandHandler = TestActor });
        _stranger.Send(new byte[] { 1, 2, 3 }, address);
        var received = ExpectMsg<OutOfBandReceived>();
        listener.Tell(new SendOutOfBand(new byte[] { 4, 5 }, received.RemoteAddress, received.LocalAddress), TestActor);
        _stranger.Client.ReceiveTimeout = 20_000;
        var from = new IPEndPoint(IPAddress.Any, 0);
        Assert.Equal([4, 5], _stranger.Receive(ref from!));
        Assert.Equal(address, from);
    }

    [Fact]
    public void Connections_and_other_protocols_share_the_port()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor, bind => bind with { OutOfBandHandler = TestActor });
        var pair = OpenPair(listener, acceptor, address);
        for (var i = 0; i < 10; i++)
        {
            _stranger.Send(new[] { (byte)i }, address);
            pair.A.Tell(new Write(Bytes(1_000, i)));
            Assert.Equal(Bytes(1_000, i), pair.B.ExpectBytes(1_000));
            Assert.Equal(i, ExpectMsg<OutOfBandReceived>().Data.Span[0]);
        }
    }

    [Fact]
    public void Without_a_handler_such_datagrams_are_counted_and_dropped()
    {
        var (listener, address) = BindTo(CreateTestProbe());
        _stranger.Send(new byte[] { 1 }, address);
        AwaitAssert(() =>
        {
            listener.Tell(GetStatistics.Instance, TestActor);
            Assert.Equal(1, ExpectMsg<ListenerStatistics>().Endpoint.NotUtp);
        });
    }

    [Fact]
    public void Random_bytes_of_every_length_trouble_nobody()
    {
        var pair = OpenPair();
        var random = new Random(3);
        for (var length = 1; length < 200; length++)
        {
            var noise = new byte[length];
            random.NextBytes(noise);
            noise[0] = (byte)((random.Next(6) << 4) | random.Next(3));
            _stranger.Send(noise, pair.Address);
        }

        pair.A.Tell(new Write(Bytes(10_000)));
        Assert.Equal(Bytes(10_000), pair.B.ExpectBytes(10_000));
    }

    [Fact]
    public void The_handlers_death_ends_that_and_not_the_listener()
    {
        var acceptor = CreateTestProbe();
        var outOfBand = CreateTestProbe();
        var (_, address) = BindTo(acceptor, bind => bind with { OutOfBandHandler = outOfBand.Ref });
        Watch(outOfBand.Ref);
        Sys.Stop(outOfBand.Ref);
        ExpectTerminated(outOfBand.Ref);
        _stranger.Send(new byte[] { 1 }, address);
        Open(address);
        acceptor.ExpectMsg<Connected>();
    }

    [Fact]
    public void A_datagram_that_is_too_large_is_failed()
    {
        var (listener, _) = BindTo(CreateTestProbe());
        var send = new SendOutOfBand(new byte[70_000], Stranger);
        listener.Tell(send, TestActor);
        var failed = ExpectMsg<CommandFailed>();
        Assert.Same(send, failed.Command);
        Assert.Equal(FailureCause.DatagramTooLarge, failed.Cause);
    }

    [Fact]
    public void A_datagram_without_a_receiver_is_failed_and_the_listener_lives()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor);
        listener.Tell(new SendOutOfBand(new byte[1], null!), TestActor);
        Assert.Equal(FailureCause.InvalidAddress, ExpectMsg<CommandFailed>().Cause);
        listener.Tell(new SendOutOfBand(new byte[1], new IPEndPoint(IPAddress.Loopback, 0)), TestActor);
        Assert.Equal(FailureCause.InvalidAddress, ExpectMsg<CommandFailed>().Cause);
        OpenPair(listener, acceptor, address);
    }
}
