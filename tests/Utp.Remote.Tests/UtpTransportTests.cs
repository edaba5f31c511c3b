using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using Akka.Remote.Transport;
using Google.Protobuf;
using Utp.Actors;
using Utp.Messages;
using Utp.Remote.Tests.Contract;

namespace Utp.Remote.Tests;

/// <summary>What this transport promises beyond the contract: limits, back-pressure, and peers that do not keep to the protocol.</summary>
public sealed class UtpTransportTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_largest_message_that_Akka_lets_through_arrives()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.Utp);
        await using var b = await TransportNode.StartAsync(TransportKind.Utp);
        var (here, _, _, thereHears) = await a.AssociateAsync(b);
        var pdu = Pdus.Field(1, ByteString.CopyFrom(new byte[128_000]));

        Assert.True(here.Write(pdu));

        Assert.Equal(pdu, await thereHears.PayloadAsync());
    }

    [Fact]
    public async Task A_frame_over_the_receivers_limit_is_dropped_and_logged_once_and_the_association_stays()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.Utp);
        await using var b = await TransportNode.StartAsync(TransportKind.Utp, "maximum-frame-size = 32000b");
        var (here, _, _, thereHears) = await a.AssociateAsync(b);
        var small = ByteString.CopyFrom(new byte[50]);

        here.Write(ByteString.CopyFrom(new byte[100_000]));
        here.Write(ByteString.CopyFrom(new byte[90_000]));
        here.Write(small);

        Assert.Equal(small, await thereHears.PayloadAsync());
        Assert.Equal(1, b.Log.Count("maximum-frame-size"));
    }

    [Fact]
    public async Task Ordinary_messages_are_refused_above_the_high_water_mark_and_system_messages_never()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.UtpOneLane, "write-buffer-high-water-mark = 1000000b\nsend-buffer-size = 200000b");
        await using var b = await TransportNode.StartAsync(TransportKind.Utp, "receive-buffer-size = 100000b");
        var here = await a.Transport.Associate(b.Address);
        var there = await b.Accepted.NextAsync();
        here.ReadHandlerSource.SetResult(new Collected());
        var ordinary = Pdus.Message("akka.utp://node@host:1/user/a", new byte[10_000]);
        var numbered = Pdus.Message("akka.utp://node@host:1/user/a", new byte[100], seq: 3);

        // Nobody reads at the other end.
        var taken = 0;
        while (here.Write(ordinary))
            Assert.InRange(++taken, 0, 300);
        Assert.InRange(taken, 90, 140);
        Assert.True(here.Write(numbered));
        Assert.True(here.Write(Pdus.Instruction(3)));
        Assert.True(here.Write(Pdus.PureAck(8)));

        var hears = new Collected();
        there.ReadHandlerSource.SetResult(hears);
        for (var i = 0; i < taken; i++)
            Assert.Equal(ordinary, await hears.PayloadAsync());
        Assert.Equal(numbered, await hears.PayloadAsync());
        Assert.Equal(Pdus.Instruction(3), await hears.PayloadAsync());
        Assert.Equal(Pdus.PureAck(8), await hears.PayloadAsync());

        // All is read, so Akka's next try is taken.
        var until = Environment.TickCount64 + 60_000;
        while (!here.Write(ordinary))
            Assert.True(Environment.TickCount64 < until);
        Assert.Equal(ordinary, await hears.PayloadAsync());
    }

    [Fact]
    public async Task Garbage_on_the_port_disturbs_nobody()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.Utp);
        await using var b = await TransportNode.StartAsync(TransportKind.Utp);
        var (here, _, _, thereHears) = await a.AssociateAsync(b);
        using var stranger = new UdpClient();
        var random = new Random(4);
        for (var i = 0; i < 2_000; i++)
        {
            var bytes = new byte[random.Next(0, 1_400)];
            random.NextBytes(bytes);
            if (i % 2 == 0 && bytes.Length > 0)
                bytes[0] = (byte)((i % 5 << 4) | 1);
            await stranger.SendAsync(bytes, "127.0.0.1", b.Address.Port!.Value);
        }

        var pdu = ByteString.CopyFrom(new byte[500]);
        Assert.True(here.Write(pdu));
        Assert.Equal(pdu, await thereHears.PayloadAsync());
    }

    [Fact]
    public async Task A_uTP_peer_of_another_protocol_is_closed_and_the_node_lives_on()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.Utp);
        await using var b = await TransportNode.StartAsync(TransportKind.Utp);
        var peer = new RawPeer(a.System);

        var connection = await peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, b.Address.Port!.Value));
        connection.Tell(new Write(new byte[100]), peer);

        Assert.IsAssignableFrom<ConnectionClosed>(await peer.ClosedAsync());
        var (here, _, _, thereHears) = await a.AssociateAsync(b);
        here.Write(ByteString.CopyFrom(new byte[9]));
        Assert.Equal(9, (await thereHears.PayloadAsync()).Length);
    }

    [Fact]
    public async Task A_peer_that_says_nothing_is_closed_after_the_connection_timeout()
    {
        await using var b = await TransportNode.StartAsync(TransportKind.Utp, "connection-timeout = 300ms");
        var peer = new RawPeer(b.System);

        await peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, b.Address.Port!.Value));

        Assert.IsType<ErrorClosed>(await peer.ClosedAsync());
    }

    [Fact]
    public async Task An_initiator_of_another_version_is_told_ours_and_logged()
    {
        await using var b = await TransportNode.StartAsync(TransportKind.Utp);
        var peer = new RawPeer(b.System);

        var connection = await peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, b.Address.Port!.Value));
        connection.Tell(new Write((Hello.Open(0, LaneLayout.Single, Guid.NewGuid()) with { Version = 9 }).ToBytes()), peer);

        Assert.True(Hello.TryParse((await peer.ReceivedAsync()).Span, out var answer));
        Assert.Equal(HelloRefusal.Version, answer.Refusal);
        Assert.Equal(Hello.CurrentVersion, answer.Version);
        Assert.Equal(1, b.Log.Count("speaks version 9"));
        Assert.Equal(0, b.Accepted.Waiting);
    }

    [Fact]
    public async Task An_acceptor_of_another_version_fails_the_association_with_both_versions()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.Utp);
        var peer = new RawPeer(a.System) { Answer = (Hello.Refuse(HelloRefusal.Version, Guid.Empty) with { Version = 9 }).ToBytes() };
        var port = await peer.BindAsync();

        var failure = await Assert.ThrowsAsync<InvalidAssociationException>(() => a.Transport.Associate(new Address("utp", "node", "127.0.0.1", port)).WaitAsync(Patience));

        Assert.Contains("version 9", failure.Message, StringComparison.Ordinal);
        Assert.Contains("version 1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_acceptor_that_never_answers_fails_the_association_in_time()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.Utp, "connection-timeout = 500ms");
        var peer = new RawPeer(a.System);
        var port = await peer.BindAsync();

        var failure = await Assert.ThrowsAsync<InvalidAssociationException>(() => a.Transport.Associate(new Address("utp", "node", "127.0.0.1", port)).WaitAsync(Patience));

        Assert.Contains("connection-timeout", failure.Message, StringComparison.Ordinal);
        SpinWait.SpinUntil(() => ((UtpTransport)a.Transport).Associations == 0, Patience);
        Assert.Equal(0, ((UtpTransport)a.Transport).Associations);
    }

    [Fact]
    public async Task A_shutdown_does_not_wait_for_an_association_that_opens()
    {
        var a = await TransportNode.StartAsync(TransportKind.Utp);
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var opening = a.Transport.Associate(new Address("utp", "node", "127.0.0.1", ((IPEndPoint)silent.Client.LocalEndPoint!).Port));

        Assert.True(await a.Transport.Shutdown());

        await Assert.ThrowsAsync<InvalidAssociationException>(() => opening.WaitAsync(Patience));
        await a.DisposeAsync();
    }

    [Fact]
    public async Task An_association_before_listening_is_a_faulted_task_and_no_exception()
    {
        await using var a = TransportNode.Create(TransportKind.Utp);

        var task = a.Transport.Associate(new Address("utp", "node", "127.0.0.1", 1));

        await Assert.ThrowsAsync<InvalidAssociationException>(() => task);
    }

    [Fact]
    public async Task A_handle_that_Akka_does_not_register_on_is_closed()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.Utp);
        await using var b = await TransportNode.StartAsync(TransportKind.Utp, "connection-timeout = 300ms");

        var here = await a.Transport.Associate(b.Address);
        var hereHears = new Collected();
        here.ReadHandlerSource.SetResult(hereHears);
        await b.Accepted.NextAsync();

        await hereHears.DisassociatedAsync();
    }

    [Fact]
    public async Task A_shutdown_leaves_no_association()
    {
        var a = await TransportNode.StartAsync(TransportKind.Utp);
        await using var b = await TransportNode.StartAsync(TransportKind.Utp);
        for (var i = 0; i < 5; i++)
            await a.AssociateAsync(b);

        Assert.True(await a.Transport.Shutdown());

        Assert.Equal(0, ((UtpTransport)a.Transport).Associations);
        await a.DisposeAsync();
    }

    [Theory]
    [InlineData("maximum-frame-size = 1000b", "maximum-frame-size")]
    [InlineData("port = 70000", "port")]
    [InlineData("connection-timeout = soon", "connection-timeout")]
    [InlineData("hostnam = x", "hostnam")]
    [InlineData("utp { send-bufer = 1MiB }", "utp.send-buffer")]
    [InlineData("utp { congestion-control = quick }", "utp.congestion-control")]
    [InlineData("scheme = \"a b\"", "scheme")]
    [InlineData("write-buffer-high-water-mark = 100000b\nwrite-buffer-low-water-mark = 200000b", "write-buffer-low-water-mark")]
    public void A_wrong_setting_is_named(string section, string key)
    {
        using var system = ActorSystem.Create("settings", "akka { loglevel = OFF, stdout-loglevel = OFF }");

        var failure = Assert.Throws<ConfigurationException>(() => new UtpTransport(system, ConfigurationFactory.ParseString(section)));

        Assert.Contains(key, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_of_Akkas_own_transport_that_mean_nothing_are_accepted_with_one_warning()
    {
        await using var node = TransportNode.Create(TransportKind.Utp, "tcp-nodelay = on\nbatching { enabled = true }\nbyte-order = little-endian");

        Assert.Equal(1, node.Log.Count("tcp-nodelay"));
        Assert.Equal(1, node.Log.Count("batching.enabled"));
    }

    [Fact]
    public async Task A_host_name_without_address_cannot_be_listened_on()
    {
        await using var node = TransportNode.Create(TransportKind.Utp with { Section = "hostname = \"no-such-host.invalid\"" });

        var failure = await Assert.ThrowsAsync<RemoteTransportException>(node.ListenAsync);

        Assert.Contains("no-such-host.invalid", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_is_foreground_unless_the_section_says_otherwise()
    {
        await using var plain = TransportNode.Create(TransportKind.Utp);
        await using var yielding = TransportNode.Create(TransportKind.Utp, "utp { congestion-control = lbe }");

        Assert.Equal("cubic", UtpSettings.Parse(((UtpTransport)plain.Transport).Settings.Utp).CongestionControl);
        Assert.Equal("lbe", UtpSettings.Parse(((UtpTransport)yielding.Transport).Settings.Utp).CongestionControl);
    }
}
