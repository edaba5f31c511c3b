using System.Net;

namespace Utp.Sockets.Tests;

/// <summary>
/// What every driver of <see cref="IDatagramChannel"/> keeps. A driver's test class derives from this and
/// says how a channel is opened; link this file and ChannelProbe.cs to run it elsewhere. What a driver does not offer
/// (<see cref="DatagramChannelFeatures"/>) is asserted to do no harm.
/// </summary>
public abstract class DatagramChannelContract : IDisposable
{
    private const int MaxIPv4Payload = 65_507;
    private const int MaxIPv6Payload = 65_527;

    private readonly List<ChannelProbe> _probes = [];

    /// <summary>Opens a channel on <paramref name="port"/> (0: any that is free).</summary>
    /// <param name="port">The port.</param>
    /// <param name="sendBufferBytes">The send buffer to ask for; null: the driver's default.</param>
    protected abstract IDatagramChannel OpenChannel(int port, int? sendBufferBytes);

    /// <summary>Whether an empty datagram arrives. uTP sends none, so a driver may lose them; it must not stumble over them.</summary>
    protected virtual bool DeliversEmptyDatagrams => true;

    /// <summary>The addresses by which others in this process reach a channel: several for one on a wildcard address.</summary>
    protected virtual IEnumerable<IPAddress> ReachableAddresses(IDatagramChannel channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return [channel.LocalEndPoint.Address];
    }

    public void Dispose()
    {
        foreach (var probe in _probes)
            probe.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_datagram_arrives_with_its_path_and_the_answer_finds_its_way_back()
    {
        var client = Open();
        var server = Open();
        Assert.Equal(SendStatus.Sent, client.SendTo(server.Address, "question"u8));

        var question = await server.NextAsync();
        Assert.Equal("question", question.Text);
        Assert.Equal(client.Address, question.Path.Remote);
        if (server.Channel.Features.HasFlag(DatagramChannelFeatures.LocalAddress))
            Assert.Equal(server.Address with { Port = 0 }, question.Path.LocalAddress);

        Assert.Equal(SendStatus.Sent, server.Send(question.Path, "answer"u8));
        var answer = await client.NextAsync();
        Assert.Equal("answer", answer.Text);
        Assert.Equal(server.Address, answer.Path.Remote);
    }

    [Fact]
    public async Task Both_ends_may_speak_at_once()
    {
        var one = Open();
        var other = Open();
        for (byte i = 0; i < 50; i++)
        {
            Assert.Equal(SendStatus.Sent, one.SendTo(other.Address, [i]));
            Assert.Equal(SendStatus.Sent, other.SendTo(one.Address, [(byte)(100 + i)]));
        }

        Assert.Equal(Enumerable.Range(0, 50), (await other.NextAsync(50)).Select(d => (int)d.Payload[0]));
        Assert.Equal(Enumerable.Range(100, 50), (await one.NextAsync(50)).Select(d => (int)d.Payload[0]));
    }

    [Fact]
    public async Task Datagrams_keep_their_order_and_their_arrival_stamps_never_go_back()
    {
        var sender = Open();
        var receiver = Open();
        for (var i = 0; i < 60; i++)
            Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, BitConverter.GetBytes(i)));

        var arrived = await receiver.NextAsync(60);
        Assert.Equal(Enumerable.Range(0, 60), arrived.Select(d => BitConverter.ToInt32(d.Payload)));
        Assert.All(arrived.Zip(arrived.Skip(1)), pair => Assert.True(pair.First.ArrivalMicros <= pair.Second.ArrivalMicros));
    }

    [Fact]
    public async Task An_empty_datagram_is_a_datagram()
    {
        var sender = Open();
        var receiver = Open();
        Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, []));
        Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, "next"u8));

        if (DeliversEmptyDatagrams)
            Assert.Empty((await receiver.NextAsync()).Payload);
        Assert.Equal("next", (await receiver.NextAsync()).Text);
    }

    [Fact]
    public async Task A_waiting_reader_is_woken_by_an_empty_datagram()
    {
        var sender = Open();
        var receiver = Open();
        Assert.Equal(ReceiveStatus.Drained, receiver.Channel.Receive(receiver.Batch));
        receiver.Channel.RequestReadable();
        Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, []));
        if (!DeliversEmptyDatagrams)
            Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, "next"u8));

        await receiver.WhenReadableAsync();
        Assert.Equal(DeliversEmptyDatagrams ? "" : "next", (await receiver.NextAsync()).Text);
    }

    [Fact]
    public async Task The_largest_datagram_arrives_whole()
    {
        var sender = Open();
        var receiver = Open();
        var payload = Pattern(MaxIPv4Payload);

        // May be fragmented: with an IPv6 header it is longer than the loopback's MTU of 65,536.
        var path = new UdpPath(receiver.Address, default);
        Assert.Equal(SendStatus.Sent, sender.Channel.Send(path, payload, payload.Length, dontFragment: false));
        Assert.Equal(payload, (await receiver.NextAsync()).Payload);
    }

    [Fact]
    public async Task A_datagram_beyond_udps_limit_is_refused_and_the_next_one_goes()
    {
        var sender = Open();
        var receiver = Open();
        Assert.Equal(SendStatus.MessageTooLarge, sender.SendTo(receiver.Address, new byte[MaxIPv6Payload + 1]));
        if (receiver.Address.IsIPv4)
            Assert.Equal(SendStatus.MessageTooLarge, sender.SendTo(receiver.Address, new byte[MaxIPv4Payload + 1]));

        Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, "small"u8));
        Assert.Equal("small", (await receiver.NextAsync()).Text);
    }

    [Fact]
    public async Task A_batch_takes_no_more_than_its_capacity_and_the_rest_comes_with_the_next()
    {
        var sender = Open();
        var receiver = Open(batchCapacity: 4);
        for (byte i = 0; i < 10; i++)
            Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, [i]));

        var arrived = new List<byte>();
        while (arrived.Count < 10)
        {
            receiver.Channel.RequestReadable();
            await receiver.WhenReadableAsync();
            ReceiveStatus status;
            do
            {
                status = receiver.Channel.Receive(receiver.Batch);
                Assert.Equal(receiver.Batch.IsFull, status == ReceiveStatus.More);
                foreach (var datagram in receiver.Batch.Datagrams)
                    arrived.AddRange(datagram.Span);
                receiver.Batch.Clear();
            }
            while (status == ReceiveStatus.More);
        }

        Assert.Equal(Enumerable.Range(0, 10), arrived.Select(b => (int)b));
    }

    [Fact]
    public async Task Two_peers_are_told_apart()
    {
        var one = Open();
        var other = Open();
        var server = Open();
        Assert.Equal(SendStatus.Sent, one.SendTo(server.Address, "one"u8));
        Assert.Equal(SendStatus.Sent, other.SendTo(server.Address, "other"u8));

        var arrived = await server.NextAsync(2);
        Assert.Equal(one.Address, Assert.Single(arrived, d => d.Text == "one").Path.Remote);
        Assert.Equal(other.Address, Assert.Single(arrived, d => d.Text == "other").Path.Remote);

        foreach (var datagram in arrived)
            Assert.Equal(SendStatus.Sent, server.Send(datagram.Path, datagram.Payload));
        Assert.Equal("one", (await one.NextAsync()).Text);
        Assert.Equal("other", (await other.NextAsync()).Text);
    }

    [Fact]
    public async Task The_answer_comes_from_the_address_that_was_asked()
    {
        var client = Open();
        var server = Open();
        foreach (var address in ReachableAddresses(server.Channel))
        {
            var asked = UdpEndPoint.From(new IPEndPoint(address, server.Channel.LocalEndPoint.Port));
            Assert.Equal(SendStatus.Sent, client.SendTo(asked, "question"u8));
            var question = await server.NextAsync();
            Assert.Equal("question", question.Text);
            Assert.Equal(SendStatus.Sent, server.Send(question.Path, "answer"u8));

            var answer = await client.NextAsync();
            Assert.Equal("answer", answer.Text);
            if (!server.Channel.Features.HasFlag(DatagramChannelFeatures.LocalAddress))
                continue;
            Assert.Equal(asked with { Port = 0 }, question.Path.LocalAddress);
            Assert.Equal(asked, answer.Path.Remote);
        }
    }

    [Fact]
    public async Task A_datagram_that_may_be_fragmented_arrives()
    {
        var sender = Open();
        var receiver = Open();
        var path = new UdpPath(receiver.Address, default);
        Assert.Equal(SendStatus.Sent, sender.Channel.Send(path, "may be cut"u8, 10, dontFragment: false));
        Assert.Equal(SendStatus.Sent, sender.Channel.Send(path, "must not be"u8, 11, dontFragment: true));
        Assert.Equal("may be cut", (await receiver.NextAsync()).Text);
        Assert.Equal("must not be", (await receiver.NextAsync()).Text);
    }

    [Fact]
    public async Task Several_datagrams_in_one_send_arrive_one_by_one_or_are_refused_as_a_whole()
    {
        var sender = Open();
        var receiver = Open();
        var path = new UdpPath(receiver.Address, default);
        var offered = sender.Channel.Features.HasFlag(DatagramChannelFeatures.Segmentation);
        var status = sender.Channel.Send(path, "aaaabbbbcc"u8, 4, dontFragment: true);
        Assert.Equal(offered ? SendStatus.Sent : SendStatus.Failed, status);
        Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, "end"u8));

        var arrived = await receiver.NextAsync(offered ? 4 : 1);
        string[] expected = offered ? ["aaaa", "bbbb", "cc", "end"] : ["end"];
        Assert.Equal(expected, arrived.Select(d => d.Text));
    }

    [Fact]
    public async Task Readable_is_told_once_per_request()
    {
        var sender = Open();
        var receiver = Open();
        receiver.Channel.RequestReadable();
        receiver.Channel.RequestReadable();
        Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, "first"u8));
        await receiver.WhenReadableAsync();
        Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, "second"u8));
        await RoundTrips(10);
        Assert.Equal(1, receiver.ReadableCount);

        receiver.Channel.RequestReadable();
        await receiver.WhenReadableAsync();
        Assert.Equal(2, receiver.ReadableCount);
        Assert.Equal("first", (await receiver.NextAsync()).Text);
        Assert.Equal("second", (await receiver.NextAsync()).Text);
    }

    [Fact]
    public async Task Writable_is_told_once_per_request()
    {
        var channel = Open();
        channel.Channel.RequestWritable();
        await channel.WhenWritableAsync();
        await RoundTrips(10);
        Assert.Equal(1, channel.WritableCount);

        channel.Channel.RequestWritable();
        await channel.WhenWritableAsync();
        Assert.Equal(2, channel.WritableCount);
    }

    [Fact]
    public async Task With_a_send_buffer_of_5_kB_every_datagram_that_was_taken_arrives_in_order()
    {
        const int Count = 300;
        var sender = Open(sendBufferBytes: 5_000);
        var receiver = Open();
        var payload = Pattern(1_400);
        for (var i = 0; i < Count; i++)
        {
            BitConverter.TryWriteBytes(payload, i);
            SendStatus status;
            while ((status = sender.SendTo(receiver.Address, payload)) == SendStatus.WouldBlock)
            {
                sender.Channel.RequestWritable();
                await sender.WhenWritableAsync();
            }

            Assert.Equal(SendStatus.Sent, status);
            Assert.Equal(i, BitConverter.ToInt32((await receiver.NextAsync()).Payload));
        }
    }

    [Fact]
    public async Task At_the_memory_limit_reading_stops_and_goes_on_when_memory_is_free()
    {
        // Datagrams of which no two fit one slab, and memory for two slabs.
        var pool = new SlabPool(65_536, 2 * 65_536);
        var sender = Open();
        var receiver = Open(pool: pool);
        for (byte i = 0; i < 3; i++)
        {
            var payload = new byte[40_000];
            payload[0] = i;
            Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, payload));
        }

        ReceiveStatus status;
        while ((status = receiver.Channel.Receive(receiver.Batch)) != ReceiveStatus.NoMemory)
        {
            Assert.Equal(ReceiveStatus.Drained, status);
            receiver.Channel.RequestReadable();
            await receiver.WhenReadableAsync();
        }

        Assert.Equal([0, 1], receiver.Batch.Datagrams.ToArray().Select(d => (int)d.Span[0]));
        var available = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pool.NotifyWhenAvailable(() => available.TrySetResult());
        Assert.False(available.Task.IsCompleted);
        receiver.Batch.Clear();
        await available.Task.WaitAsync(ChannelProbe.Patience);

        var last = await receiver.NextAsync();
        Assert.Equal(2, last.Payload[0]);
        Assert.Equal(40_000, last.Payload.Length);
    }

    [Fact]
    public async Task A_reader_at_the_memory_limit_loses_no_slab()
    {
        var pool = new SlabPool(65_536, 65_536);
        var sender = Open();
        var receiver = Open(pool: pool);
        for (byte i = 0; i < 20; i++)
        {
            Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, [i]));
            Assert.Equal(i, (await NextWithinMemory(receiver)).Payload[0]);
        }

        Assert.Equal(ReceiveStatus.Drained, receiver.Channel.Receive(receiver.Batch));
        Assert.Equal(0, pool.PinnedBytes);
    }

    [Fact]
    public async Task A_refused_peer_is_reported_and_the_others_notice_nothing()
    {
        var gone = TestPorts.Open(port => Open(port));
        var closedPort = gone.Address;
        gone.Dispose();
        var sender = Open();
        var receiver = Open();
        if (sender.Channel.Features.HasFlag(DatagramChannelFeatures.PathErrors))
        {
            // Asked twice: what is left over of the first report must not hide the second.
            for (var i = 1; i <= 2; i++)
            {
                Assert.Equal(SendStatus.Sent, sender.SendTo(closedPort, "anybody there?"u8));
                await sender.WhenPathErrorsAsync(i);
            }

            Assert.All(sender.PathErrors, e =>
            {
                Assert.Equal(closedPort, e.Path.Remote);
                Assert.Equal(SendStatus.ConnectionRefused, e.Error);
            });
        }

        for (byte i = 0; i < 20; i++)
        {
            sender.SendTo(closedPort, "anybody there?"u8);
            Assert.Equal(SendStatus.Sent, sender.SendTo(receiver.Address, [i]));
            Assert.Equal(i, (await receiver.NextAsync()).Payload[0]);
        }

        Assert.Equal(SendStatus.Sent, receiver.SendTo(sender.Address, "still with us?"u8));
        Assert.Equal("still with us?", (await sender.NextAsync()).Text);
        Assert.Empty(sender.Failures);
    }

    [Fact]
    public void A_disposed_channel_is_closed_and_says_so()
    {
        var other = Open();
        var probe = Open();
        probe.Channel.Dispose();
        probe.Channel.Dispose();
        Assert.Equal(SendStatus.Closed, probe.SendTo(other.Address, "late"u8));
        Assert.Equal(ReceiveStatus.Closed, probe.Channel.Receive(probe.Batch));
        Assert.Equal(0, probe.Batch.Count);
        probe.Channel.RequestReadable();
        probe.Channel.RequestWritable();
        Assert.Equal(0, probe.ReadableCount + probe.WritableCount);
        Assert.Empty(probe.Failures);
    }

    [Fact]
    public async Task A_pending_wait_ends_quietly_when_the_channel_is_disposed()
    {
        var probe = Open();
        probe.Channel.RequestReadable();
        probe.Channel.Dispose();
        await RoundTrips(10);
        Assert.Equal(0, probe.ReadableCount);
        Assert.Empty(probe.Failures);
    }

    [Fact]
    public void The_port_is_free_when_dispose_returns()
    {
        var first = TestPorts.Open(port => Open(port));
        var port = first.Channel.LocalEndPoint.Port;
        first.Channel.RequestReadable();
        first.Dispose();
        for (var i = 0; i < 20; i++)
        {
            var next = Open(port);
            Assert.Equal(port, next.Channel.LocalEndPoint.Port);
            next.Channel.RequestReadable();
            next.Dispose();
        }
    }

    [Fact]
    public async Task Sends_from_many_threads_while_the_channel_is_disposed_end_with_closed()
    {
        var receiver = Open();
        for (var round = 0; round < 5; round++)
        {
            var sender = TestPorts.Open(port => Open(port));
            var port = sender.Channel.LocalEndPoint.Port;
            using var underWay = new CountdownEvent(3);
            var threads = Enumerable.Range(0, 3).Select(i => Task.Factory.StartNew(
                () => SendUntilClosed(sender, receiver.Address, i, underWay), TaskCreationOptions.LongRunning)).ToArray();
            Assert.True(underWay.Wait(ChannelProbe.Patience));
            sender.Channel.Dispose();
            Open(port).Dispose();
            await Task.WhenAll(threads).WaitAsync(ChannelProbe.Patience);
            Assert.Empty(sender.Failures);
        }
    }

    /// <summary>A channel and its reader, disposed with the test.</summary>
    protected ChannelProbe Open(int port = 0, int? sendBufferBytes = null, SlabPool? pool = null, int batchCapacity = 16)
    {
        var channel = OpenChannel(port, sendBufferBytes);
        var address = new IPEndPoint(ReachableAddresses(channel).First(), channel.LocalEndPoint.Port);
        var probe = new ChannelProbe(channel, UdpEndPoint.From(address), pool, batchCapacity);
        _probes.Add(probe);
        return probe;
    }

    /// <summary>Lets others' events catch up: a false one that is on its way arrives before so many true ones.</summary>
    private async Task RoundTrips(int count)
    {
        var one = Open();
        var other = Open();
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(SendStatus.Sent, one.SendTo(other.Address, "ping"u8));
            Assert.Equal(SendStatus.Sent, other.Send((await other.NextAsync()).Path, "pong"u8));
            await one.NextAsync();
        }
    }

    private static async Task<Arrived> NextWithinMemory(ChannelProbe receiver)
    {
        while (true)
        {
            var status = receiver.Channel.Receive(receiver.Batch);
            if (receiver.Batch.Count > 0)
            {
                var datagram = receiver.Batch.Datagrams[0];
                var arrived = new Arrived(datagram.Path, datagram.Span.ToArray(), datagram.ArrivalMicros);
                receiver.Batch.Clear();
                return arrived;
            }

            Assert.Equal(ReceiveStatus.Drained, status);
            receiver.Channel.RequestReadable();
            await receiver.WhenReadableAsync();
        }
    }

    private static void SendUntilClosed(ChannelProbe sender, UdpEndPoint to, int seed, CountdownEvent underWay)
    {
        var payload = Pattern(100 + seed);
        var path = new UdpPath(to, default);
        for (long sends = 0; ; sends++)
        {
            // Now and then one that needs the socket for itself.
            var status = sender.Channel.Send(path, payload, payload.Length, dontFragment: sends % 7 != 0);
            if (sends == 20)
                underWay.Signal();
            if (status == SendStatus.Closed)
                return;
            Assert.Contains(status, new[] { SendStatus.Sent, SendStatus.WouldBlock });
        }
    }

    private static byte[] Pattern(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
            bytes[i] = (byte)(i * 31 + (i >> 8));
        return bytes;
    }
}
