using System.Net;
using System.Runtime.Versioning;

namespace Utp.Sockets.Tests;

/// <summary>The longest run that stays one buffer of the kernel, and one datagram for a socket that merges (UDP_GRO), on real sockets.</summary>
[SupportedOSPlatform("linux")]
public sealed class SegmentationLimitTests : IDisposable
{
    private const int Segment = 1_424;

    private readonly SlabPool _pool = new(64 * 1024, 16 * 1024 * 1024);
    private readonly List<ChannelProbe> _probes = [];

    public void Dispose()
    {
        foreach (var probe in _probes)
            probe.Dispose();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task A_run_of_as_many_bytes_as_the_limit_arrives_as_one(string address)
    {
        var (sender, receiver) = (Open(address), Open(address));
        var limit = SegmentationLimit.Usual(receiver.Address.IsIPv4);
        Assert.Equal(limit, SegmentationLimit.For(receiver.Address));

        Assert.Equal(SendStatus.Sent, sender.Channel.Send(new UdpPath(receiver.Address, default), new byte[limit], Segment, dontFragment: true));

        Assert.Equal([limit], await ReceiveAsync(receiver, limit));
    }

    // 46 datagrams in one buffer would be larger, link header included, than a device segments, and arrive one by one.
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task A_longer_run_goes_as_two_that_fit_and_is_no_single_send(string address)
    {
        var (sender, receiver) = (Open(address), Open(address));
        var path = new UdpPath(receiver.Address, default);

        Assert.Equal(SendStatus.Failed, sender.Channel.Send(path, new byte[46 * Segment], Segment, dontFragment: true));
        Assert.Equal(46, sender.Channel.SendBurst(path, new byte[46 * Segment], Segment, dontFragment: true, out _));

        Assert.Equal([45 * Segment, Segment], await ReceiveAsync(receiver, 46 * Segment));
    }

    private static async Task<List<int>> ReceiveAsync(ChannelProbe receiver, int bytes)
    {
        var lengths = new List<int>();
        while (lengths.Sum() < bytes)
        {
            receiver.Channel.RequestReadable();
            await receiver.WhenReadableAsync();
            receiver.Channel.Receive(receiver.Batch);
            foreach (var datagram in receiver.Batch.Datagrams)
                lengths.Add(datagram.Length);
            receiver.Batch.Clear();
        }

        return lengths;
    }

    private ChannelProbe Open(string address)
    {
        var channel = UdpSocketChannel.Bind(new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Parse(address), 0), Batched = true });
        var probe = new ChannelProbe(channel, UdpEndPoint.From(channel.LocalEndPoint), _pool);
        _probes.Add(probe);
        return probe;
    }
}
