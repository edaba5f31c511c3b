using System.Net;

namespace Utp.Sockets.Tests;

/// <summary>What receiving pins and allocates.</summary>
public sealed class ReceiveMemoryTests : IDisposable
{
    private const int SlabBytes = 256 * 1024;

    private readonly SlabPool _pool = new(SlabBytes, 16 * SlabBytes);
    private readonly ChannelProbe _sender = Probe(new SlabPool(SlabBytes, SlabBytes));
    private readonly ChannelProbe _receiver;

    public ReceiveMemoryTests() => _receiver = Probe(_pool);

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }

    [Fact]
    public async Task An_idle_channel_pins_nothing()
    {
        _sender.SendTo(_receiver.Address, "ping"u8);
        await _receiver.NextAsync();
        Assert.Equal(ReceiveStatus.Drained, _receiver.Channel.Receive(_receiver.Batch));
        Assert.Equal(0, _pool.PinnedBytes);
    }

    [Fact]
    public async Task Pings_that_are_held_one_per_batch_share_a_slab_and_keep_their_bytes()
    {
        var held = new List<ReceivedDatagram>();
        for (var i = 0; i < 100; i++)
        {
            _sender.SendTo(_receiver.Address, BitConverter.GetBytes(i));
            held.AddRange(await ReadAndHold());
        }

        Assert.Equal(SlabBytes, _pool.PinnedBytes);
        Assert.Equal(Enumerable.Range(0, 100), held.Select(d => BitConverter.ToInt32(d.Span)));
        foreach (var datagram in held)
            datagram.Slab.Release();
        Assert.Equal(0, _pool.PinnedBytes);
    }

    [Fact]
    public async Task A_batch_that_fills_the_rest_of_a_held_slab_goes_on_in_a_new_one()
    {
        // The first leaves room for three of the four that follow; none may lie over another.
        _sender.SendTo(_receiver.Address, Filled(1, 20_000));
        var held = await ReadAndHold();
        for (byte i = 2; i <= 5; i++)
            _sender.SendTo(_receiver.Address, Filled(i, 60_000));
        while (held.Count < 5)
            held.AddRange(await ReadAndHold());

        Assert.Equal(2 * SlabBytes, _pool.PinnedBytes);
        for (byte i = 1; i <= 5; i++)
            Assert.False(held[i - 1].Span.ContainsAnyExcept(i), $"Datagram {i} was written over.");
        foreach (var datagram in held)
            datagram.Slab.Release();
        Assert.Equal(0, _pool.PinnedBytes);
    }

    [Fact]
    public async Task A_slab_given_back_and_rented_by_another_is_left_alone()
    {
        _sender.SendTo(_receiver.Address, "first"u8);
        await _receiver.NextAsync();
        Assert.True(_pool.TryRent(out var others));
        others.Array.AsSpan().Fill(0xEE);

        _sender.SendTo(_receiver.Address, "second"u8);
        Assert.Equal("second", (await _receiver.NextAsync()).Text);
        Assert.False(others.Array.AsSpan().ContainsAnyExcept((byte)0xEE));
        others.Release();
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("127.0.0.1", true)]
    public void Sending_and_receiving_allocates_nothing_per_datagram(string address, bool portable)
    {
        var bind = new IPEndPoint(IPAddress.Parse(address), 0);
        using var channel = UdpSocketChannel.Bind(new UdpSocketOptions { Bind = bind }, portable);
        var batch = new ReceiveBatch(64, _pool);
        var to = new UdpPath(UdpEndPoint.From(new IPEndPoint(IPAddress.Loopback, channel.LocalEndPoint.Port)), default);
        var payload = new byte[1_000];
        ToItself(channel, batch, to, payload, rounds: 100);

        var before = GC.GetAllocatedBytesForCurrentThread();
        const int Rounds = 100;
        ToItself(channel, batch, to, payload, Rounds);
        var perDatagram = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)(Rounds * 32);
        Assert.True(perDatagram < 1, $"{perDatagram} bytes per datagram.");
    }

    private static void ToItself(UdpSocketChannel channel, ReceiveBatch batch, UdpPath to, byte[] payload, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < 32; i++)
                channel.Send(to, payload, payload.Length, dontFragment: true);
            channel.Receive(batch);
            batch.Clear();
        }
    }

    // One reference per datagram, as connections that keep payloads hold them.
    private async Task<List<ReceivedDatagram>> ReadAndHold()
    {
        while (true)
        {
            var status = _receiver.Channel.Receive(_receiver.Batch);
            var datagrams = _receiver.Batch.Datagrams.ToArray().ToList();
            foreach (var datagram in datagrams)
                datagram.Slab.AddReference();
            _receiver.Batch.Clear();
            if (datagrams.Count > 0)
                return datagrams;
            Assert.Equal(ReceiveStatus.Drained, status);
            _receiver.Channel.RequestReadable();
            await _receiver.WhenReadableAsync();
        }
    }

    private static byte[] Filled(byte value, int length)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    private static ChannelProbe Probe(SlabPool pool)
    {
        var channel = UdpSocketChannel.Bind(new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Loopback, 0) });
        return new ChannelProbe(channel, UdpEndPoint.From(channel.LocalEndPoint), pool);
    }
}
