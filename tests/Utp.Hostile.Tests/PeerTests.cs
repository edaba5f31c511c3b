using System.Buffers.Binary;
using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Utp.Actors;
using Utp.Messages;
using Utp.Protocol;
using Utp.Streams;

namespace Utp.Hostile.Tests;

/// <summary>
/// Peers that connect as they should, from an address that this machine has beside its usual one, and misbehave then: what they take is bounded, and the user, who comes from 127.0.0.1, notices nothing.
/// </summary>
public sealed class PeerTests : IAsyncLifetime
{
    private const Capabilities Own = Capabilities.OwnPeer | Capabilities.LargeWindow | Capabilities.SelectiveAckRanges;
    private const long Limit = 8 << 20;

    private static readonly IPAddress Attacker = IPAddress.Parse("127.0.0.66");

    // Reached only by what hangs, on the busiest machine.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    private readonly List<RawPeer> _peers = [];
    private readonly ActorSystem _system = ActorSystem.Create("hostile", ConfigurationFactory.ParseString($"""
        akka {"{"} loglevel = OFF, stdout-loglevel = OFF, log-dead-letters = off, log-dead-letters-during-shutdown = off, coordinated-shutdown.exit-clr = off {"}"}
        utp {"{"} reorder-memory = {Limit}, unread-memory = {Limit}, max-frame-size = 1MiB, keep-alive = 1s, idle-timeout = 6s {"}"}
        """));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _peers.ForEach(static peer => peer.Dispose());
        await _system.Terminate();
    }

    [LinuxFact]
    public async Task Forty_connections_with_unfinished_frames_leave_a_user_its_own()
    {
        await using var listener = await UtpMessageListener.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Listens(DeliveryMode.Frames));
        var header = new byte[5];
        header[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(1), 1 << 20);
        for (var i = 0; i < 40; i++)
        {
            var peer = await AddAsync(listener.LocalEndPoint, Own | Capabilities.Frames);
            for (ushort n = 0; n < 150; n++)
                peer.Send(PacketType.Data, (ushort)(RawPeer.FirstSeqNr + n), new byte[1_400], n == 0 ? header : []);
        }

        await UntilAsync(async () => (await ReadAsync()).ReorderMemory.UsedBytes > Limit / 3, "frames are unfinished");
        await MoveMessagesAsync(listener, DeliveryMode.Frames, 20, 500_000);
        Assert.InRange((await ReadAsync()).ReorderMemory.UsedBytes, 0, Limit);
    }

    [LinuxFact]
    public async Task Metadata_that_nobody_reads_is_counted_and_leaves_a_user_its_own()
    {
        await using var listener = await UtpMessageListener.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Listens(DeliveryMode.Objects));
        var metadata = new byte[255];
        for (var i = 0; i < 40; i++)
        {
            var peer = await AddAsync(listener.LocalEndPoint, Own | Capabilities.Metadata);

            // Nobody accepts it, so nobody reads. No byte of payload: the window stays as it is.
            for (ushort n = 0; n < 3_000; n++)
                peer.Send(PacketType.Data, (ushort)(RawPeer.FirstSeqNr + n), [], metadata);
        }

        await UntilAsync(async () => (await ReadAsync()).UnreadMemory.UsedBytes > Limit / 8, "metadata waits");
        await MoveMessagesAsync(listener, DeliveryMode.Objects, 100, 1_000);
        Assert.InRange((await ReadAsync()).UnreadMemory.UsedBytes, 0, Limit);
    }

    [LinuxFact]
    public async Task Peers_that_vanish_are_forgotten_and_a_user_who_is_silent_is_not()
    {
        await using var listener = await UtpListener.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Listens(DeliveryMode.Bytes));
        await using var user = await UtpClient.ConnectAsync(listener.LocalEndPoint, new UtpClientOptions { ActorSystem = _system });
        await using var accepted = await listener.AcceptAsync().AsTask().WaitAsync(Patience);

        // Their sockets stay open, as those of a machine that lost its network: nothing answers.
        for (var i = 0; i < 100; i++)
            await AddAsync(listener.LocalEndPoint, Capabilities.None);
        for (var i = 0; i < 100; i++)
        {
            var peer = await listener.AcceptAsync().AsTask().WaitAsync(Patience);
            Assert.Equal(CloseCause.IdleTimeout, (await peer.Closed.WaitAsync(Patience)).Cause);
            await peer.DisposeAsync();
        }

        await user.WriteAsync(new byte[] { 1 });
        Assert.Equal(1, await accepted.ReadAsync(new byte[10]).AsTask().WaitAsync(Patience));
    }

    [LinuxFact]
    public async Task A_peer_whose_process_was_killed_is_noticed_by_what_is_written_to_it()
    {
        await using var listener = await UtpListener.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Listens(DeliveryMode.Bytes));
        var peer = await AddAsync(listener.LocalEndPoint, Capabilities.None);
        await using var accepted = await listener.AcceptAsync().AsTask().WaitAsync(Patience);

        // Its machine lives, and answers what comes to its port.
        peer.Dispose();
        await accepted.WriteAsync(new byte[100]);
        Assert.Equal(CloseCause.Reset, (await accepted.Closed.WaitAsync(Patience)).Cause);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var end = DateTime.UtcNow + Patience; !await condition(); await Task.Delay(20))
            Assert.True(DateTime.UtcNow < end, $"not within {Patience.TotalSeconds} s: {what}");
    }

    private UtpListenerOptions Listens(DeliveryMode mode) => new() { ActorSystem = _system, Protocol = new UtpOptions { Delivery = mode } };

    private async Task<RawPeer> AddAsync(IPEndPoint victim, Capabilities capabilities)
    {
        var peer = await RawPeer.ConnectAsync(Attacker, victim, capabilities);
        _peers.Add(peer);
        return peer;
    }

    private async Task<UtpStatistics> ReadAsync() => await _system.Utp().Ask<UtpStatistics>(GetStatistics.Instance, Patience);

    // A user that comes after the attackers, whom nobody has accepted: they stand before it.
    private async Task MoveMessagesAsync(UtpMessageListener listener, DeliveryMode mode, int count, int bytes)
    {
        await using var user = await UtpClient.ConnectMessagesAsync(listener.LocalEndPoint, new UtpClientOptions { ActorSystem = _system, Protocol = new UtpOptions { Delivery = mode } });
        using var stop = new CancellationTokenSource(Patience);
        var accepted = await listener.AcceptAsync(stop.Token);
        while (accepted.RemoteEndPoint.Address.Equals(Attacker))
            accepted = await listener.AcceptAsync(stop.Token);
        var sent = Task.Run(async () =>
        {
            for (var i = 0; i < count; i++)
                await user.SendAsync(Enumerable.Repeat((byte)i, bytes).ToArray(), cancellationToken: stop.Token);
        }, stop.Token);
        for (var i = 0; i < count; i++)
        {
            var received = await accepted.ReceiveAsync(stop.Token);
            Assert.NotNull(received);
            using var message = received.Value;
            Assert.Equal(bytes, message.Data.Length);
            Assert.Equal((byte)i, message.Data.Span[^1]);
        }

        await sent;
        await accepted.DisposeAsync();
    }
}

/// <summary>A test that needs the loopback network 127/8, all of which Linux has.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null : "Only Linux has all addresses of 127/8.";
}
