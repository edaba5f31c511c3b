using System.Net;
using Akka;
using Akka.IO;
using Akka.Streams;
using Akka.Streams.Dsl;
using Utp.Messages;
using Utp.Streams.Dsl;
using Xunit.Abstractions;

namespace Utp.Streams.Tests.Dsl;

public sealed class BindTests(ITestOutputHelper output) : FlowSpec(output, "utp.register-timeout = 2s")
{
    [Fact]
    public async Task A_port_that_is_taken_fails_the_binding_and_the_source()
    {
        var binding = await Serve(Echo).WaitAsync(Patience);

        var (second, done) = Utp.Bind(binding.LocalAddress).ToMaterialized(Sink.Ignore<IncomingConnection<ByteString>>(), Keep.Both).Run(Materializer);

        Assert.Equal(FailureCause.AddressInUse, (await Assert.ThrowsAsync<UtpException>(() => second.WaitAsync(Patience))).FailureCause);
        Assert.Equal(FailureCause.AddressInUse, (await Assert.ThrowsAsync<UtpException>(() => done.WaitAsync(Patience))).FailureCause);
    }

    [Fact]
    public async Task Unbind_completes_the_source_and_refuses_others_while_connections_go_on()
    {
        var (bound, accepted) = Utp.Bind(Loopback)
            .ToMaterialized(Sink.ForEach<IncomingConnection<ByteString>>(connection => connection.HandleWith(Echo, Materializer)), Keep.Both).Run(Materializer);
        var binding = await bound.WaitAsync(Patience);
        var (input, back) = Source.Queue<ByteString>(8, OverflowStrategy.Fail)
            .Via(Utp.OutgoingConnection(binding.LocalAddress)).ToMaterialized(Sink.Queue<ByteString>(), Keep.Both).Run(Materializer);
        await input.OfferAsync(ByteString.FromString("before"));
        Assert.Equal("before", (await back.PullAsync().WaitAsync(Patience)).Value.ToString());

        await binding.Unbind().WaitAsync(Patience);
        await binding.Unbind().WaitAsync(Patience);
        await accepted.WaitAsync(Patience);

        await input.OfferAsync(ByteString.FromString("after"));
        Assert.Equal("after", (await back.PullAsync().WaitAsync(Patience)).Value.ToString());
        var late = Source.Empty<ByteString>().ViaMaterialized(Utp.OutgoingConnection(binding.LocalAddress), Keep.Right).To(Sink.Ignore<ByteString>()).Run(Materializer);
        Assert.Equal(FailureCause.Refused, (await Assert.ThrowsAsync<UtpException>(() => late.WaitAsync(Patience))).FailureCause);
        input.Complete();
        Assert.False((await back.PullAsync().WaitAsync(Patience)).HasValue);
    }

    [Fact]
    public async Task A_connection_that_was_handed_out_survives_an_unbind_before_its_flow_runs()
    {
        var accepted = new TaskCompletionSource<IncomingConnection<ByteString>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var binding = await Utp.Bind(Loopback).To(Sink.ForEach<IncomingConnection<ByteString>>(accepted.SetResult)).Run(Materializer).WaitAsync(Patience);
        var back = Source.Single(ByteString.FromString("hello")).Via(Utp.OutgoingConnection(binding.LocalAddress)).RunWith(Collect(), Materializer);
        var connection = await accepted.Task.WaitAsync(Patience);
        await binding.Unbind().WaitAsync(Patience);

        connection.HandleWith(Echo, Materializer);

        Assert.Equal("hello"u8.ToArray(), await back.WaitAsync(Patience));
    }

    [Fact]
    public async Task The_flow_of_an_accepted_connection_runs_once()
    {
        var accepted = new TaskCompletionSource<IncomingConnection<ByteString>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var binding = await Utp.Bind(Loopback).To(Sink.ForEach<IncomingConnection<ByteString>>(accepted.SetResult)).Run(Materializer).WaitAsync(Patience);
        var back = Source.Single(ByteString.FromString("hello")).Via(Utp.OutgoingConnection(binding.LocalAddress)).RunWith(Collect(), Materializer);
        var connection = await accepted.Task.WaitAsync(Patience);
        connection.HandleWith(Echo, Materializer);

        Assert.ThrowsAny<Exception>(() => connection.HandleWith(Echo, Materializer));
        Assert.Equal("hello"u8.ToArray(), await back.WaitAsync(Patience));
        Assert.Equal(binding.LocalAddress, connection.LocalAddress);
        Assert.Equal(IPAddress.Loopback, connection.RemoteAddress.Address);
    }

    [Fact]
    public async Task Connections_wait_for_demand_up_to_the_backlog_and_others_are_reset()
    {
        var (bound, queue) = Utp.Bind(Loopback, backlog: 2).ToMaterialized(Sink.Queue<IncomingConnection<ByteString>>().WithAttributes(Attributes.CreateInputBuffer(1, 1)), Keep.Both).Run(Materializer);
        var binding = await bound.WaitAsync(Patience);

        // Two wait and one is in the sink's buffer, one after the other: which the fourth finds full.
        var flows = new List<Task<string>>();
        for (var i = 0; i < 4; i++)
        {
            var (opened, back) = Source.Single(ByteString.FromString($"{i}"))
                .ViaMaterialized(Utp.OutgoingConnection(binding.LocalAddress), Keep.Right).ToMaterialized(Collect(), Keep.Both).Run(Materializer);
            await opened.WaitAsync(Patience);
            flows.Add(back.ContinueWith(static done => done.IsFaulted ? "failed" : System.Text.Encoding.ASCII.GetString(done.Result), TaskScheduler.Default));
        }

        Assert.Equal("failed", await flows[3].WaitAsync(Patience));
        for (var i = 0; i < 3; i++)
            (await queue.PullAsync().WaitAsync(Patience)).Value.HandleWith(Echo, Materializer);
        Assert.Equal(["0", "1", "2"], await Task.WhenAll(flows[..3]).WaitAsync(Patience));
    }

    [Fact]
    public async Task A_connection_leaves_from_a_bound_port_when_its_listener_is_named()
    {
        var server = await Serve(Echo).WaitAsync(Patience);
        var own = await Serve(Echo).WaitAsync(Patience);

        var opened = await Source.Empty<ByteString>()
            .ViaMaterialized(Utp.OutgoingConnection(new Connect(server.LocalAddress) { Listener = own.Listener }), Keep.Right)
            .To(Sink.Ignore<ByteString>()).Run(Materializer).WaitAsync(Patience);

        Assert.Equal(own.LocalAddress, opened.LocalAddress);
    }

    [Fact]
    public async Task The_handlers_of_incoming_connections_time_out_when_nothing_passes()
    {
        var ended = new TaskCompletionSource<Task<Done>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = Flow.FromSinkAndSource(Sink.Ignore<ByteString>(), Source.Maybe<ByteString>(), Keep.Left).MapMaterializedValue(task =>
        {
            ended.SetResult(task);
            return NotUsed.Instance;
        });
        var binding = await Utp.BindAndHandle(handler, Materializer, Loopback, idleTimeout: TimeSpan.FromMilliseconds(300)).WaitAsync(Patience);

        var back = Source.Maybe<ByteString>().Via(Utp.OutgoingConnection(binding.LocalAddress)).RunForeach(static _ => { }, Materializer);

        await Assert.ThrowsAsync<UtpIdleTimeoutException>(async () => await (await ended.Task.WaitAsync(Patience)).WaitAsync(Patience));
        await Assert.ThrowsAsync<UtpException>(() => back.WaitAsync(Patience));
    }

    [Fact]
    public void Arguments_that_cannot_be_meant_are_refused_at_once()
    {
        Assert.Throws<ArgumentException>(() => Utp.Bind("no-such-host.invalid", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Utp.Bind(Loopback, idleTimeout: TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => Utp.OutgoingConnection(Loopback, idleTimeout: TimeSpan.FromSeconds(-1)));
        Assert.Throws<ArgumentNullException>(() => Utp.Bind((EndPoint)null!));
        Assert.Throws<ArgumentNullException>(() => Utp.OutgoingConnection((EndPoint)null!));
    }
}
