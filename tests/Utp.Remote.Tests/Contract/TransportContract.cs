using System.Buffers.Binary;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace Utp.Remote.Tests.Contract;

/// <summary>What Akka.Remote expects of a transport, held against this one and, as the control, against Akka's own.</summary>
public abstract class TransportContract(TransportKind kind)
{
    private protected TransportKind Kind { get; } = kind;

    [Fact]
    public async Task Listening_on_port_zero_gives_the_real_port_and_the_scheme()
    {
        await using var node = await TransportNode.StartAsync(Kind);

        Assert.Equal(Kind.Scheme, node.Address.Protocol);
        Assert.Equal(Kind.Scheme, node.Transport.SchemeIdentifier);
        Assert.Equal("127.0.0.1", node.Address.Host);
        Assert.True(node.Address.Port > 0);
        Assert.True(node.Transport.IsResponsibleFor(node.Address));
        Assert.True(await node.Transport.ManagementCommand(new object()));
    }

    [Fact]
    public async Task Public_host_and_port_are_what_the_node_calls_itself()
    {
        await using var node = await TransportNode.StartAsync(Kind, "public-hostname = example.org\npublic-port = 4711");

        Assert.Equal("example.org", node.Address.Host);
        Assert.Equal(4711, node.Address.Port);
    }

    [Fact]
    public async Task The_initiators_handle_has_the_address_that_was_asked_for()
    {
        await using var a = await TransportNode.StartAsync(Kind);
        await using var b = await TransportNode.StartAsync(Kind);

        var (here, _, there, _) = await a.AssociateAsync(b);

        Assert.Equal(b.Address, here.RemoteAddress);
        Assert.Equal(Kind.Scheme, there.RemoteAddress.Protocol);
        Assert.Contains("127.0.0.1", there.RemoteAddress.Host, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Payloads_of_all_sizes_arrive_in_order_and_once_both_ways()
    {
        await using var a = await TransportNode.StartAsync(Kind);
        await using var b = await TransportNode.StartAsync(Kind);
        var (here, hereHears, there, thereHears) = await a.AssociateAsync(b);
        int[] sizes = [.. Enumerable.Range(4, 300), 1_000, 4_095, 4_096, 8_191, 8_192, 8_193, 65_535, 65_536, 100_000, 120_000, 4, 119_999];

        var sends = Task.WhenAll(Task.Run(() => Send(here, sizes)), Task.Run(() => Send(there, sizes)));

        await Expect(thereHears, sizes);
        await Expect(hereHears, sizes);
        await sends;
        Assert.Equal(0, thereHears.Waiting);
        Assert.Equal(0, hereHears.Waiting);
    }

    [Fact]
    public async Task Many_small_payloads_arrive_in_order()
    {
        await using var a = await TransportNode.StartAsync(Kind);
        await using var b = await TransportNode.StartAsync(Kind);
        var (here, _, _, thereHears) = await a.AssociateAsync(b);
        var sizes = Enumerable.Repeat(100, 50_000).ToArray();

        var send = Task.Run(() => Send(here, sizes));

        await Expect(thereHears, sizes);
        await send;
    }

    [Fact]
    public async Task Writes_of_several_threads_keep_the_order_of_each()
    {
        await using var a = await TransportNode.StartAsync(Kind);
        await using var b = await TransportNode.StartAsync(Kind);
        var (here, _, _, thereHears) = await a.AssociateAsync(b);
        const int threads = 4, each = 2_000;

        var sends = Enumerable.Range(0, threads).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < each; i++)
                WriteUntilTaken(here, Payload(i, 20 + (i % 3_000), (byte)thread));
        })).ToArray();

        var next = new int[threads];
        for (var i = 0; i < threads * each; i++)
        {
            var payload = (await thereHears.PayloadAsync()).ToByteArray();
            Assert.Equal(next[payload[^1]]++, BinaryPrimitives.ReadInt32LittleEndian(payload));
        }

        await Task.WhenAll(sends);
    }

    [Fact]
    public async Task Nothing_is_delivered_before_the_read_handler_is_registered_and_nothing_is_lost()
    {
        await using var a = await TransportNode.StartAsync(Kind);
        await using var b = await TransportNode.StartAsync(Kind);
        var here = await a.Transport.Associate(b.Address);
        var there = await b.Accepted.NextAsync();
        here.ReadHandlerSource.SetResult(new Collected());
        int[] sizes = [.. Enumerable.Repeat(1_000, 500)];
        Send(here, sizes);

        var hears = new Collected();
        Assert.Equal(0, hears.Waiting);
        there.ReadHandlerSource.SetResult(hears);

        await Expect(hears, sizes);
    }

    [Fact]
    public async Task Nothing_is_accepted_before_the_listen_promise_is_kept()
    {
        await using var a = await TransportNode.StartAsync(Kind);
        await using var b = TransportNode.Create(Kind);
        await b.ListenAsync();
        var associating = a.Transport.Associate(b.Address);
        Assert.Equal(0, b.Accepted.Waiting);

        b.ListenPromise.SetResult(b.Accepted);

        await b.Accepted.NextAsync().WaitAsync(TimeSpan.FromSeconds(10));
        await associating.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task An_association_with_a_port_where_nobody_listens_is_invalid()
    {
        await using var a = await TransportNode.StartAsync(Kind);
        await using var gone = await TransportNode.StartAsync(Kind);
        var address = gone.Address;
        await gone.Transport.Shutdown();

        var failure = await Assert.ThrowsAsync<InvalidAssociationException>(() => a.Transport.Associate(address).WaitAsync(TimeSpan.FromSeconds(10)));

        Assert.Contains(address.Port!.Value.ToString(), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_cannot_be_listened_on()
    {
        await using var first = await TransportNode.StartAsync(Kind, "tcp-reuse-addr = off");
        await using var second = TransportNode.Create(Kind, "tcp-reuse-addr = off", first.Address.Port!.Value);

        var failure = await Assert.ThrowsAnyAsync<Exception>(second.ListenAsync);

        Assert.Contains(first.Address.Port!.Value.ToString(), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disassociating_sends_what_was_written_first()
    {
        await using var a = await TransportNode.StartAsync(Kind);
        await using var b = await TransportNode.StartAsync(Kind);
        var (here, _, _, thereHears) = await a.AssociateAsync(b);
        var sizes = Enumerable.Repeat(10_000, 200).ToArray();

        Send(here, sizes);
        Disassociate(here);

        await Expect(thereHears, sizes);
        await thereHears.DisassociatedAsync();
    }

    [Fact]
    public async Task The_acceptor_may_disassociate_too()
    {
        await using var a = await TransportNode.StartAsync(Kind);
        await using var b = await TransportNode.StartAsync(Kind);
        var (_, hereHears, there, _) = await a.AssociateAsync(b);

        Send(there, [500]);
        Disassociate(there);

        await Expect(hereHears, [500]);
        await hereHears.DisassociatedAsync();
    }

    [Fact]
    public async Task Disassociating_again_is_harmless_and_nothing_can_be_written_then()
    {
        await using var a = await TransportNode.StartAsync(Kind);
        await using var b = await TransportNode.StartAsync(Kind);
        var (here, hereHears, _, thereHears) = await a.AssociateAsync(b);

        Disassociate(here);
        Disassociate(here);

        await thereHears.DisassociatedAsync();
        await hereHears.DisassociatedAsync();
        Assert.False(here.Write(Payload(0, 100)));
        Disassociate(here);
    }

    [Fact]
    public async Task A_transport_that_shuts_down_disassociates_its_peers_and_frees_its_port()
    {
        await using var a = await TransportNode.StartAsync(Kind);
        var b = await TransportNode.StartAsync(Kind);
        var (_, hereHears, _, _) = await a.AssociateAsync(b);

        Assert.True(await b.Transport.Shutdown());

        await hereHears.DisassociatedAsync();
        await b.DisposeAsync();
        await using var again = await TransportNode.StartAsync(Kind, port: b.Address.Port!.Value);
        var (here, _, _, thereHears) = await a.AssociateAsync(again);
        Send(here, [100]);
        await Expect(thereHears, [100]);
    }

    [Fact]
    public async Task Nodes_that_associate_with_each_other_at_once_have_two_associations()
    {
        await using var a = await TransportNode.StartAsync(Kind);
        await using var b = await TransportNode.StartAsync(Kind);

        var handles = await Task.WhenAll(a.Transport.Associate(b.Address), b.Transport.Associate(a.Address));
        var accepted = await Task.WhenAll(b.Accepted.NextAsync(), a.Accepted.NextAsync());

        for (var i = 0; i < 2; i++)
        {
            var hears = new Collected();
            handles[i].ReadHandlerSource.SetResult(new Collected());
            accepted[i].ReadHandlerSource.SetResult(hears);
            Send(handles[i], [300]);
            await Expect(hears, [300]);
        }
    }

    [Fact]
    public async Task A_hundred_associations_with_one_node_work_side_by_side()
    {
        await using var a = await TransportNode.StartAsync(Kind);
        await using var b = await TransportNode.StartAsync(Kind);
        var handles = new List<AssociationHandle>();
        for (var i = 0; i < 100; i++)
            handles.Add(await a.Transport.Associate(b.Address));

        for (var i = 0; i < 100; i++)
        {
            handles[i].ReadHandlerSource.SetResult(new Collected());
            Send(handles[i], [200]);
        }

        for (var i = 0; i < 100; i++)
        {
            var hears = new Collected();
            (await b.Accepted.NextAsync()).ReadHandlerSource.SetResult(hears);
            await Expect(hears, [200]);
        }
    }

    private protected static void Send(AssociationHandle handle, int[] sizes)
    {
        for (var i = 0; i < sizes.Length; i++)
            WriteUntilTaken(handle, Payload(i, sizes[i]));
    }

    private protected static async Task Expect(Collected hears, int[] sizes)
    {
        for (var i = 0; i < sizes.Length; i++)
        {
            var payload = await hears.PayloadAsync();
            Assert.Equal(Payload(i, sizes[i]), payload);
        }
    }

    /// <summary>Bytes that tell which they are.</summary>
    private protected static ByteString Payload(int number, int size, byte last = 0)
    {
        var bytes = new byte[size];
        new Random(number).NextBytes(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        bytes[^1] = size > 4 ? last : bytes[^1];
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    private protected static void WriteUntilTaken(AssociationHandle handle, ByteString payload)
    {
        var wait = new SpinWait();
        for (var until = Environment.TickCount64 + 60_000; !handle.Write(payload);)
        {
            Assert.True(Environment.TickCount64 < until, "The handle took nothing for a minute.");
            wait.SpinOnce();
        }
    }

#pragma warning disable CS0618 // The one that Akka's adapters call.
    private protected static void Disassociate(AssociationHandle handle) => handle.Disassociate();
#pragma warning restore CS0618
}

public sealed class AkkaTcpContractTests() : TransportContract(TransportKind.AkkaTcp);

public sealed class UtpContractTests() : TransportContract(TransportKind.Utp);

public sealed class UtpOneLaneContractTests() : TransportContract(TransportKind.UtpOneLane);

public sealed class UtpAllLanesContractTests() : TransportContract(TransportKind.UtpAllLanes);

public sealed class UtpTlsContractTests() : TransportContract(TransportKind.UtpTls);
