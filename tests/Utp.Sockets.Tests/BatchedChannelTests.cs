using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Utp.Sockets.Linux;

namespace Utp.Sockets.Tests;

/// <summary>What the batched driver does beyond the contract: runs of datagrams, refusals of every kind, a thread that waits.</summary>
[SupportedOSPlatform("linux")]
public sealed class BatchedChannelTests : IDisposable
{
    private const int EIO = 5;
    private const int EAGAIN = 11;
    private const int EINVAL = 22;
    private const int EMSGSIZE = 90;
    private const int ENETUNREACH = 101;
    private const int ENOBUFS = 105;
    private const int ECONNREFUSED = 111;

    private readonly Faults _faults = new();
    private readonly SlabPool _pool = new(64 * 1024, 16 * 1024 * 1024);
    private readonly ChannelProbe _sender;
    private readonly ChannelProbe _receiver;

    public BatchedChannelTests()
    {
        _sender = Open(_faults);
        _receiver = Open(null);
    }

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }

    [Fact]
    public async Task A_run_of_equal_datagrams_arrives_merged_with_its_segment_size()
    {
        Assert.Equal(40, Burst(Numbered(40, 1_400), 1_400, out var status));
        Assert.Equal(SendStatus.Sent, status);
        _receiver.Channel.RequestReadable();
        await _receiver.WhenReadableAsync();
        Assert.Equal(ReceiveStatus.Drained, _receiver.Channel.Receive(_receiver.Batch));
        var merged = Assert.Single(_receiver.Batch.Datagrams.ToArray());
        Assert.Equal(1_400, merged.SegmentSize);
        Assert.Equal(40 * 1_400, merged.Length);
        _receiver.Batch.Clear();
    }

    [Fact]
    public async Task A_run_longer_than_one_call_takes_arrives_in_order()
    {
        Assert.Equal(200, Burst(Numbered(200, 1_000), 1_000, out _));
        await ExpectNumbered(200, 1_000);
    }

    [Fact]
    public async Task The_last_datagram_of_a_run_may_be_shorter()
    {
        var run = Numbered(10, 1_000);
        Assert.Equal(10, Burst(run.AsSpan(0, run.Length - 300), 1_000, out _));
        var arrived = await _receiver.NextAsync(10);
        Assert.All(arrived.Take(9), d => Assert.Equal(1_000, d.Payload.Length));
        Assert.Equal(700, arrived[9].Payload.Length);
    }

    [Theory]
    [InlineData(EINVAL)]
    [InlineData(EIO)]
    [InlineData(EMSGSIZE)]
    public async Task Where_segmentation_is_refused_the_same_datagrams_go_one_by_one_and_none_is_lost(int errno)
    {
        _faults.Send = (_, segments) => segments > 1 && _faults.IsSegmented ? errno : 0;
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(30, Burst(Numbered(30, 1_200), 1_200, out var status));
            Assert.Equal(SendStatus.Sent, status);
            await ExpectNumbered(30, 1_200);
        }
    }

    [Fact]
    public async Task Segmentation_is_tried_again_after_a_while()
    {
        var refused = 0;
        _faults.Send = (_, segments) => segments > 1 && _faults.IsSegmented && refused++ == 0 ? EIO : 0;
        var runs = 0;
        for (; runs < 1_000; runs++)
        {
            Assert.Equal(2, Burst(Numbered(2, 100), 100, out _));
            _receiver.Channel.RequestReadable();
            await _receiver.WhenReadableAsync();
            _receiver.Channel.Receive(_receiver.Batch);
            var isMerged = _receiver.Batch.Datagrams.ToArray().Any(d => d.SegmentSize < d.Length);
            _receiver.Batch.Clear();
            await DrainAsync();
            if (isMerged)
                break;
        }

        Assert.InRange(runs, 1, 999);
    }

    [Theory]
    [InlineData(EAGAIN, SendStatus.WouldBlock)]
    [InlineData(ENOBUFS, SendStatus.NoBuffers)]
    [InlineData(ENETUNREACH, SendStatus.Unreachable)]
    [InlineData(ECONNREFUSED, SendStatus.ConnectionRefused)]
    public async Task A_run_that_is_refused_as_a_whole_was_not_taken_and_goes_later(int errno, SendStatus expected)
    {
        _faults.Send = (_, _) => errno;
        Assert.Equal(0, Burst(Numbered(20, 1_000), 1_000, out var status));
        Assert.Equal(expected, status);

        _faults.Send = null;
        if (status == SendStatus.WouldBlock)
        {
            _sender.Channel.RequestWritable();
            await _sender.WhenWritableAsync();
        }

        Assert.Equal(20, Burst(Numbered(20, 1_000), 1_000, out _));
        await ExpectNumbered(20, 1_000);
    }

    [Fact]
    public async Task After_a_full_queue_datagrams_go_one_by_one_so_that_each_that_is_dropped_is_told()
    {
        _faults.Send = (_, _) => ENOBUFS;
        Assert.Equal(0, Burst(Numbered(20, 1_000), 1_000, out var status));
        Assert.Equal(SendStatus.NoBuffers, status);

        var segmented = 0;
        _faults.Send = (_, _) =>
        {
            segmented += _faults.IsSegmented ? 1 : 0;
            return 0;
        };
        Assert.Equal(20, Burst(Numbered(20, 1_000), 1_000, out _));
        Assert.Equal(0, segmented);
        await ExpectNumbered(20, 1_000);
    }

    [Fact]
    public async Task A_buffer_that_fills_in_the_middle_of_a_run_says_how_many_went()
    {
        // One by one, and full at the eleventh.
        var calls = 0;
        _faults.Send = (_, segments) => segments > 1 ? EIO : ++calls > 10 ? EAGAIN : 0;
        var run = Numbered(20, 1_000);
        Assert.Equal(10, Burst(run, 1_000, out var status));
        Assert.Equal(SendStatus.WouldBlock, status);

        _faults.Send = null;
        Assert.Equal(10, Burst(run.AsSpan(10_000), 1_000, out _));
        await ExpectNumbered(20, 1_000);
    }

    [Fact]
    public async Task A_datagram_too_large_for_the_path_stops_the_run_before_it()
    {
        _faults.Send = (bytes, segments) => segments > 1 || bytes > 500 ? EMSGSIZE : 0;
        Assert.Equal(0, Burst(Numbered(4, 1_000), 1_000, out var status));
        Assert.Equal(SendStatus.MessageTooLarge, status);
        Assert.Equal(4, Burst(Numbered(4, 400), 400, out _));
        await ExpectNumbered(4, 400);
    }

    [Fact]
    public async Task A_refusal_of_an_earlier_datagram_to_another_peer_does_not_stop_a_run()
    {
        var refusals = 1;
        _faults.Send = (_, _) => refusals-- > 0 ? ECONNREFUSED : 0;
        Assert.Equal(20, Burst(Numbered(20, 1_000), 1_000, out var status));
        Assert.Equal(SendStatus.Sent, status);
        await ExpectNumbered(20, 1_000);
    }

    [Fact]
    public async Task An_error_on_a_read_is_not_the_end_of_reading()
    {
        var faults = new Faults();
        using var receiver = Open(faults);
        var errors = 3;
        faults.Receive = () => errors-- > 0 ? ECONNREFUSED : 0;
        Assert.Equal(SendStatus.Sent, _sender.SendTo(receiver.Address, "hello"u8));
        Assert.Equal("hello", (await receiver.NextAsync()).Text);
        Assert.Empty(receiver.Failures);
    }

    [Fact]
    public void A_socket_closed_under_us_is_told_once_and_sends_say_closed()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var channel = UdpSocketChannel.FromSocket(socket, ownsSocket: true, batched: true);
        using var probe = new ChannelProbe(channel, UdpEndPoint.From(channel.LocalEndPoint));
        socket.Dispose();
        Assert.Equal(0, channel.SendBurst(new UdpPath(_receiver.Address, default), Numbered(3, 100), 100, true, out var status));
        Assert.Equal(SendStatus.Closed, status);
        Assert.Equal(ReceiveStatus.Closed, channel.Receive(probe.Batch));
        Assert.False(channel.WaitReadable());
        Assert.Single(probe.Failures);
    }

    [Fact]
    public async Task A_thread_that_waits_is_woken_by_a_datagram_and_by_the_end()
    {
        var woken = new SemaphoreSlim(0);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var channel = _receiver.Channel;
        Assert.True(channel.Features.HasFlag(DatagramChannelFeatures.BlockingWait));
        var batch = _receiver.Batch;
        new Thread(() =>
        {
            while (channel.WaitReadable())
            {
                channel.Receive(batch);
                if (batch.Count > 0)
                    woken.Release();
                batch.Clear();
            }

            ended.SetResult();
        }).Start();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(SendStatus.Sent, _sender.SendTo(_receiver.Address, "wake up"u8));
            Assert.True(await woken.WaitAsync(ChannelProbe.Patience));
        }

        channel.Dispose();
        await ended.Task.WaitAsync(ChannelProbe.Patience);
        Assert.Empty(_receiver.Failures);
    }

    [Fact]
    public async Task A_socket_that_somebody_shuts_down_ends_the_wait_and_is_told()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var channel = UdpSocketChannel.FromSocket(socket, ownsSocket: true, batched: true);
        using var probe = new ChannelProbe(channel, UdpEndPoint.From(channel.LocalEndPoint));
        var wait = Task.Factory.StartNew(channel.WaitReadable, TaskCreationOptions.LongRunning);
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.NotConnected)
        {
            // What the kernel says of an unconnected socket, having shut it down.
        }

        Assert.False(await wait.WaitAsync(ChannelProbe.Patience));
        Assert.Single(probe.Failures);
    }

    [Fact]
    public void Sockets_that_share_a_port_get_each_peer_whole()
    {
        var options = new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Loopback, 0), Batched = true, ReusePort = true };
        using var one = UdpSocketChannel.Bind(options);
        using var other = UdpSocketChannel.Bind(options with { Bind = one.LocalEndPoint });
        Assert.True(one.IsPortShared);
        var batch = new ReceiveBatch(16, _pool);
        for (var i = 0; i < 10; i++)
        {
            using var sender = Open(null);
            for (byte n = 0; n < 3; n++)
                Assert.Equal(SendStatus.Sent, sender.SendTo(UdpEndPoint.From(one.LocalEndPoint), [n]));
            var counts = (One: 0, Other: 0);
            Assert.True(SpinWait.SpinUntil(() => (counts = (counts.One + Read(one), counts.Other + Read(other))) is (3, 0) or (0, 3), ChannelProbe.Patience));
        }

        int Read(UdpSocketChannel channel)
        {
            channel.Receive(batch);
            var count = batch.Count;
            batch.Clear();
            return count;
        }
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", 1)]
    [InlineData("0.0.0.0", "127.0.0.1", 3)]
    [InlineData("::1", "::1", 3)]
    [InlineData("::", "127.0.0.1", 2)]
    public void Syns_arrive_at_the_socket_that_takes_them_and_each_peer_s_other_packets_at_one_of_the_others(string bind, string to, int others)
    {
        var options = new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Parse(bind), 0), Batched = true };
        var channels = new List<UdpSocketChannel> { UdpSocketChannel.Bind(options) };
        try
        {
            Assert.True(channels[0].TryShare());
            var more = options with { Bind = channels[0].LocalEndPoint, ReusePort = true };
            while (channels.Count < others + 1)
                channels.Add(UdpSocketChannel.Bind(more));
            Assert.True(channels[^1].TryTakeSyns(others));
            var batch = new ReceiveBatch(16, _pool);
            var target = UdpEndPoint.From(new IPEndPoint(IPAddress.Parse(to), channels[0].LocalEndPoint.Port));
            var seen = new HashSet<int>();
            for (var i = 0; i < 40; i++)
            {
                using var sender = UdpSocketChannel.Bind(new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Parse(to), 0) });
                byte[][] packets = [[0x41], [0x01], [0x21, 5], [0x31], [0x11], [0x42, 9], [], [0xFF]];
                foreach (var packet in packets)
                    Assert.Equal(SendStatus.Sent, sender.Send(new UdpPath(target, default), packet, Math.Max(packet.Length, 1), dontFragment: true));
                var counts = new int[channels.Count];
                Assert.True(SpinWait.SpinUntil(() => Count(counts) == packets.Length, ChannelProbe.Patience));
                Assert.Equal(2, counts[^1]);
                // Alone an empty datagram has no type, and goes to the first.
                Assert.Contains(counts[..^1], static count => count >= 5);
                Assert.Equal(6, counts[..^1].Sum());
                seen.Add(Array.FindIndex(counts, static count => count >= 5));
            }

            Assert.Equal(others, seen.Count);

            int Count(int[] counts)
            {
                for (var i = 0; i < channels.Count; i++)
                {
                    channels[i].Receive(batch);
                    counts[i] += batch.Count;
                    batch.Clear();
                }

                return counts.Sum();
            }
        }
        finally
        {
            foreach (var channel in channels)
                channel.Dispose();
        }
    }

    [Fact]
    public void A_port_that_is_shared_is_refused_to_whoever_binds_it_alone_and_free_when_its_sockets_are_closed()
    {
        var options = new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Loopback, 0), Batched = true };
        IPEndPoint port;
        using (var one = UdpSocketChannel.Bind(options))
        {
            port = one.LocalEndPoint;
            Assert.Throws<InvalidOperationException>(() => one.TryTakeSyns(1));
            Assert.True(one.TryShare());
            using var syns = UdpSocketChannel.Bind(options with { Bind = port, ReusePort = true });
            var taken = Assert.Throws<SocketException>(() => UdpSocketChannel.Bind(options with { Bind = port }));
            Assert.Equal(SocketError.AddressAlreadyInUse, taken.SocketErrorCode);
        }

        using var again = UdpSocketChannel.Bind(options with { Bind = port });
        Assert.Equal(port, again.LocalEndPoint);
    }

    [Fact]
    public void A_socket_that_a_user_opened_shares_its_port_with_nobody()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var channel = UdpSocketChannel.FromSocket(socket, ownsSocket: true, batched: true);
        Assert.False(channel.TryShare());
        Assert.False(channel.IsPortShared);
    }

    [Fact]
    public async Task Small_datagrams_of_one_read_share_a_slab_and_keep_their_bytes()
    {
        for (var i = 0; i < 16; i++)
            Assert.Equal(SendStatus.Sent, _sender.SendTo(_receiver.Address, BitConverter.GetBytes(i)));
        _receiver.Channel.RequestReadable();
        await _receiver.WhenReadableAsync();
        _receiver.Channel.Receive(_receiver.Batch);
        Assert.Equal(Enumerable.Range(0, 16), _receiver.Batch.Datagrams.ToArray().Select(d => BitConverter.ToInt32(d.Span)));
        Assert.Equal(_pool.SlabBytes, _pool.PinnedBytes);
        _receiver.Batch.Clear();
        Assert.Equal(0, _pool.PinnedBytes);
    }

    [Fact]
    public async Task Large_and_small_datagrams_keep_their_order_and_their_bytes()
    {
        int[] sizes = [10, 60_000, 20, 30_000, 30_000, 5, 1_400, 1_400, 65_000, 1];
        for (var i = 0; i < sizes.Length; i++)
            Assert.Equal(SendStatus.Sent, _sender.SendTo(_receiver.Address, Filled((byte)i, sizes[i])));
        var arrived = await _receiver.NextAsync(sizes.Length);
        Assert.Equal(sizes, arrived.Select(d => d.Payload.Length));
        for (var i = 0; i < sizes.Length; i++)
            Assert.False(arrived[i].Payload.AsSpan().ContainsAnyExcept((byte)i), $"Datagram {i} was written over.");
        Assert.Equal(0, _pool.PinnedBytes);
    }

    [Fact]
    public void Sending_and_receiving_runs_allocates_nothing()
    {
        var to = new UdpPath(_receiver.Address, default);
        var run = Numbered(40, 1_000);
        var batch = new ReceiveBatch(64, _pool);
        for (var i = 0; i < 100; i++)
            RunOnce();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            RunOnce();
        var perDatagram = (GC.GetAllocatedBytesForCurrentThread() - before) / 4_000.0;
        Assert.True(perDatagram < 1, $"{perDatagram} bytes per datagram.");

        void RunOnce()
        {
            _sender.Channel.SendBurst(to, run, 1_000, dontFragment: true, out _);
            _receiver.Channel.Receive(batch);
            batch.Clear();
        }
    }

    private int Burst(ReadOnlySpan<byte> run, int segmentSize, out SendStatus status) =>
        _sender.Channel.SendBurst(new UdpPath(_receiver.Address, default), run, segmentSize, dontFragment: true, out status);

    private async Task ExpectNumbered(int count, int size)
    {
        var arrived = await _receiver.NextAsync(count);
        Assert.All(arrived, d => Assert.Equal(size, d.Payload.Length));
        Assert.Equal(Enumerable.Range(0, count), arrived.Select(d => BitConverter.ToInt32(d.Payload)));
    }

    // Whatever else of a run is there or on its way: a last word comes behind it.
    private async Task DrainAsync()
    {
        Assert.Equal(SendStatus.Sent, _sender.SendTo(_receiver.Address, "end"u8));
        while ((await _receiver.NextAsync()).Text != "end")
        {
        }
    }

    private ChannelProbe Open(Faults? faults)
    {
        var channel = UdpSocketChannel.Bind(new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Loopback, 0), Batched = true }, portable: false, faults);
        return new ChannelProbe(channel, UdpEndPoint.From(channel.LocalEndPoint), _pool);
    }

    private static byte[] Numbered(int count, int size)
    {
        var run = new byte[count * size];
        for (var i = 0; i < count; i++)
            BitConverter.TryWriteBytes(run.AsSpan(i * size), i);
        return run;
    }

    private static byte[] Filled(byte value, int length)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    private sealed class Faults : ISystemCallFaults
    {
        public Func<int, int, int>? Send { get; set; }

        public Func<int>? Receive { get; set; }

        /// <summary>Whether the call under way is one segmented send, rather than several datagrams.</summary>
        public bool IsSegmented { get; private set; }

        public int OnSend(int bytes, int segments, bool segmented)
        {
            IsSegmented = segmented;
            return Send?.Invoke(bytes, segments) ?? 0;
        }

        public int OnReceive() => Receive?.Invoke() ?? 0;
    }
}
