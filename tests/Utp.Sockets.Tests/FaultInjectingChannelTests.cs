using System.Net;

namespace Utp.Sockets.Tests;

/// <summary>Without faults it is a channel like any other.</summary>
public class A_fault_injecting_channel_without_faults : DatagramChannelContract
{
    protected override IDatagramChannel OpenChannel(int port, int? sendBufferBytes) => FaultInjectingChannelTests.Open(port);
}

public sealed class FaultInjectingChannelTests : IDisposable
{
    private readonly FaultInjectingChannel _faulty = Open(0);
    private readonly ChannelProbe _sender;
    private readonly ChannelProbe _receiver;

    public FaultInjectingChannelTests()
    {
        _sender = new ChannelProbe(_faulty, UdpEndPoint.From(_faulty.LocalEndPoint));
        var receiver = UdpSocketChannel.Bind(new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Loopback, 0) });
        _receiver = new ChannelProbe(receiver, UdpEndPoint.From(receiver.LocalEndPoint));
    }

    public static FaultInjectingChannel Open(int port) =>
        new(UdpSocketChannel.Bind(new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Loopback, port) }));

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }

    [Fact]
    public async Task The_next_sends_fail_as_told_and_none_of_them_leaves()
    {
        _faulty.FailNextSends(2, SendStatus.WouldBlock);
        _faulty.FailNextSends(1, SendStatus.Denied);
        Assert.Equal(SendStatus.WouldBlock, Send("1"u8));
        _faulty.RequestWritable();
        await _sender.WhenWritableAsync();
        Assert.Equal(SendStatus.WouldBlock, Send("2"u8));
        Assert.Equal(SendStatus.Denied, Send("3"u8));
        Assert.Equal(SendStatus.Sent, Send("4"u8));
        Assert.Equal("4", (await _receiver.NextAsync()).Text);
        Assert.Equal((4, 1), (_faulty.Attempts, _faulty.Sent));
    }

    [Fact]
    public async Task A_blocked_channel_is_writable_only_when_it_is_unblocked()
    {
        _faulty.Block();
        Assert.Equal(SendStatus.WouldBlock, Send("early"u8));
        _faulty.RequestWritable();
        _faulty.RequestWritable();
        Assert.Equal(0, _sender.WritableCount);
        _faulty.Unblock();
        Assert.Equal(1, _sender.WritableCount);
        Assert.Equal(SendStatus.Sent, Send("late"u8));
        Assert.Equal("late", (await _receiver.NextAsync()).Text);
    }

    [Fact]
    public void A_payload_above_the_limit_is_too_large()
    {
        _faulty.LimitPayload(1_200);
        Assert.Equal(SendStatus.Sent, Send(new byte[1_200]));
        Assert.Equal(SendStatus.MessageTooLarge, Send(new byte[1_201]));
    }

    [Fact]
    public void One_peer_may_be_unreachable_while_the_others_are_not()
    {
        var other = new UdpEndPoint(_receiver.Address.Address, 9);
        _faulty.FailSendsTo(other, SendStatus.Unreachable);
        Assert.Equal(SendStatus.Unreachable, _sender.SendTo(other, "1"u8));
        Assert.Equal(SendStatus.Sent, Send("2"u8));
        _faulty.FailSendsTo(other, SendStatus.Sent);
        Assert.Equal(SendStatus.Sent, _sender.SendTo(other, "3"u8));
    }

    [Fact]
    public void A_channel_closed_underneath_says_so_once()
    {
        var cause = new IOException("the descriptor is gone");
        _faulty.CloseUnderneath(cause);
        _faulty.CloseUnderneath(new IOException("again"));
        Assert.Same(cause, Assert.Single(_sender.Failures));
        Assert.Equal(SendStatus.Closed, Send("late"u8));
        Assert.Equal(ReceiveStatus.Closed, _faulty.Receive(_sender.Batch));
    }

    [Fact]
    public void A_path_error_is_reported_as_told()
    {
        var path = new UdpPath(_receiver.Address, default);
        _faulty.ReportPathError(path, SendStatus.MessageTooLarge, 1_280);
        Assert.Equal((path, SendStatus.MessageTooLarge, 1_280), Assert.Single(_sender.PathErrors));
    }

    private SendStatus Send(ReadOnlySpan<byte> payload) => _sender.SendTo(_receiver.Address, payload);
}
