using System.Net;
using System.Net.Sockets;
using Akka;
using Akka.IO;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.TestKit;
using Utp.Actors;
using Utp.Messages;
using Utp.Protocol;
using Utp.Streams.Dsl;
using Xunit.Abstractions;

namespace Utp.Streams.Tests.Dsl;

/// <summary>How the two directions of a flow end, seen from both sides; the other side is often a plain actor, which hears what really happened.</summary>
public sealed class EndTests(ITestOutputHelper output) : FlowSpec(output)
{
    [Fact]
    public async Task The_end_of_the_input_closes_our_direction_and_reading_goes_on()
    {
        var peer = await ActorPeer();
        var back = Source.Single(ByteString.FromString("question")).Via(Utp.OutgoingConnection(peer.Address)).RunWith(Collect(), Materializer);

        await peer.ExpectAsync("question");
        await peer.Probe.ExpectMsgAsync<PeerClosed>();
        peer.Connection.Tell(new Write("answer"u8.ToArray()), peer.Probe.Ref);
        peer.Connection.Tell(Close.Instance, peer.Probe.Ref);

        Assert.Equal("answer"u8.ToArray(), await back.WaitAsync(Patience));
        await peer.Probe.ExpectMsgAsync<Closed>();
    }

    [Fact]
    public async Task An_empty_input_still_reads()
    {
        var binding = await Serve(Flow.FromSinkAndSource(Sink.Ignore<ByteString>(), Source.Single(ByteString.FromString("greeting")), Keep.Left)).WaitAsync(Patience);

        var back = await Source.Empty<ByteString>().Via(Utp.OutgoingConnection(binding.LocalAddress)).RunWith(Collect(), Materializer).WaitAsync(Patience);

        Assert.Equal("greeting"u8.ToArray(), back);
    }

    [Fact]
    public async Task Without_half_close_the_end_of_the_input_ends_both_directions()
    {
        var peer = await ActorPeer();
        var back = Source.Single(ByteString.FromString("bye")).Via(Utp.OutgoingConnection(peer.Address, halfClose: false)).RunWith(Collect(), Materializer);

        await peer.ExpectAsync("bye");
        await peer.Probe.ExpectMsgAsync<PeerClosed>();

        Assert.Empty(await back.WaitAsync(Patience));
    }

    [Fact]
    public async Task The_peers_end_completes_the_output_and_writing_goes_on()
    {
        var peer = await ActorPeer();
        var (input, back) = Source.Queue<ByteString>(8, OverflowStrategy.Fail).Via(Utp.OutgoingConnection(peer.Address)).ToMaterialized(Collect(), Keep.Both).Run(Materializer);
        await peer.AcceptAsync();
        peer.Connection.Tell(ConfirmedClose.Instance, peer.Probe.Ref);

        Assert.Empty(await back.WaitAsync(Patience));
        await input.OfferAsync(ByteString.FromString("still here"));
        await peer.ExpectAsync("still here");
        input.Complete();
        await peer.Probe.ExpectMsgAsync<PeerClosed>();
        await peer.Probe.ExpectMsgAsync<ConfirmedClosed>();
    }

    [Fact]
    public async Task A_failure_of_the_input_resets_the_connection()
    {
        var peer = await ActorPeer();
        var input = new TaskCompletionSource<ByteString>();
        var (opened, back) = Source.FromTask(input.Task).ViaMaterialized(Utp.OutgoingConnection(peer.Address), Keep.Right)
            .ToMaterialized(Collect(), Keep.Both).Run(Materializer);
        await opened.WaitAsync(Patience);
        await peer.AcceptAsync();
        input.SetException(new InvalidDataException("no more"));

        await Assert.ThrowsAnyAsync<Exception>(() => back.WaitAsync(Patience));
        Assert.Equal(CloseCause.Reset, (await peer.Probe.ExpectMsgAsync<ErrorClosed>()).Reason.Cause);
    }

    [Fact]
    public async Task A_reset_by_the_peer_fails_the_flow_behind_what_was_received()
    {
        var peer = await ActorPeer();
        var seen = new List<byte>();
        var back = Source.Maybe<ByteString>().Via(Utp.OutgoingConnection(peer.Address)).RunForeach(element => seen.AddRange(element.ToArray()), Materializer);
        await peer.AcceptAsync();
        peer.Connection.Tell(new Write("last words"u8.ToArray()) { Ack = "read", AckWhen = AckWhen.Delivered }, peer.Probe.Ref);
        await peer.Probe.ExpectMsgAsync("read");
        peer.Connection.Tell(Abort.Instance, peer.Probe.Ref);

        var failure = await Assert.ThrowsAsync<UtpException>(() => back.WaitAsync(Patience));
        Assert.Equal(CloseCause.Reset, failure.CloseReason?.Cause);
        Assert.Null(failure.FailureCause);
        Assert.Equal("last words"u8.ToArray(), seen);
    }

    [Fact]
    public async Task A_consumer_that_cancels_leaves_writing_open()
    {
        var peer = await ActorPeer();
        var (input, firstTask) = Source.Queue<ByteString>(8, OverflowStrategy.Fail)
            .Via(Utp.OutgoingConnection(peer.Address)).ToMaterialized(Sink.First<ByteString>(), Keep.Both).Run(Materializer);
        await peer.AcceptAsync();

        // A byte is not cut: of more, the rest might be read by nobody.
        peer.Connection.Tell(new Write("1"u8.ToArray()) { Ack = 1, AckWhen = AckWhen.Delivered }, peer.Probe.Ref);
        await firstTask.WaitAsync(Patience);
        await peer.Probe.ExpectMsgAsync(1);

        // Nobody reads it, and its writer hears so.
        peer.Connection.Tell(new Write(Bytes(1 << 20)), peer.Probe.Ref);
        Assert.Equal(FailureCause.NotRead, (await peer.Probe.ExpectMsgAsync<CommandFailed>()).Cause);

        await input.OfferAsync(ByteString.FromString("and on"));
        await peer.ExpectAsync("and on");
        input.Complete();
        var closed = (ErrorClosed)await peer.Probe.FishForMessageAsync(static m => m is ErrorClosed);
        Assert.Equal(new CloseReason(CloseCause.Reset, CloseCodes.NotRead), closed.Reason);
    }

    [Fact]
    public async Task A_flow_whose_peer_does_not_read_cancels_its_input_and_reads_on()
    {
        var peer = await ActorPeer();
        var (written, back) = Source.Repeat(ByteString.FromBytes(Bytes(10_000))).WatchTermination(Keep.Right)
            .Via(Utp.OutgoingConnection(peer.Address)).ToMaterialized(Sink.First<ByteString>(), Keep.Both).Run(Materializer);
        await peer.AcceptAsync();
        peer.Connection.Tell(StopReading.Instance, peer.Probe.Ref);

        var error = await Assert.ThrowsAsync<UtpException>(() => written).WaitAsync(Patience);
        Assert.Equal(CloseCodes.NotRead, error.CloseReason!.Value.PeerCode);
        peer.Connection.Tell(new Write("answer"u8.ToArray()), peer.Probe.Ref);
        Assert.Equal("answer", (await back.WaitAsync(Patience)).ToString());
    }

    [Fact]
    public async Task A_consumer_that_fails_resets_the_connection()
    {
        var peer = await ActorPeer();
        var back = Source.Maybe<ByteString>().Via(Utp.OutgoingConnection(peer.Address))
            .RunForeach(static _ => throw new InvalidDataException("cannot eat that"), Materializer);
        await peer.AcceptAsync();
        peer.Connection.Tell(new Write("x"u8.ToArray()), peer.Probe.Ref);

        await Assert.ThrowsAnyAsync<Exception>(() => back.WaitAsync(Patience));

        // The write fails before, if its acknowledgement still waited for an answer to carry it.
        Assert.Equal(CloseCause.Reset, ((ErrorClosed)await peer.Probe.FishForMessageAsync(static m => m is ErrorClosed)).Reason.Cause);
    }

    [Fact]
    public async Task All_that_was_written_arrives_though_the_flow_ends_at_once()
    {
        for (var round = 0; round < 10; round++)
        {
            var sent = Bytes(1_000_000 + round, round);
            var peer = new TaskCompletionSource<Task<byte[]>>();
            var binding = await Serve(Flow.FromSinkAndSource(Collect(), Source.Maybe<ByteString>(), Keep.Left).MapMaterializedValue(task =>
            {
                peer.SetResult(task);
                return NotUsed.Instance;
            })).WaitAsync(Patience);

            Elements(sent, 10_000).Via(Utp.OutgoingConnection(binding.LocalAddress, halfClose: false)).RunWith(Sink.Cancelled<ByteString>(), Materializer);

            Assert.Equal(sent, await (await peer.Task.WaitAsync(Patience)).WaitAsync(Patience));
            await binding.Unbind().WaitAsync(Patience);
        }
    }

    [Fact]
    public async Task A_materializer_that_shuts_down_resets_its_connections()
    {
        var peer = await ActorPeer();
        var own = Sys.Materializer(namePrefix: "own");
        var (opened, back) = Source.Maybe<ByteString>().ViaMaterialized(Utp.OutgoingConnection(peer.Address), Keep.Right)
            .ToMaterialized(Collect(), Keep.Both).Run(own);
        await opened.WaitAsync(Patience);
        await peer.AcceptAsync();

        own.Shutdown();

        await Assert.ThrowsAnyAsync<AbruptTerminationException>(async () =>
        {
            try
            {
                await back.WaitAsync(Patience);
            }
            catch (AggregateException e)
            {
                throw e.Flatten().InnerExceptions[0];
            }
        });
        Assert.Equal(CloseCause.Reset, (await peer.Probe.ExpectMsgAsync<ErrorClosed>()).Reason.Cause);
    }

    [Fact]
    public async Task An_idle_flow_fails_with_its_own_exception()
    {
        var peer = await ActorPeer();

        var failure = await Assert.ThrowsAsync<UtpIdleTimeoutException>(() => Source.Maybe<ByteString>()
            .Via(Utp.OutgoingConnection(peer.Address, idleTimeout: TimeSpan.FromMilliseconds(300))).RunForeach(static _ => { }, Materializer).WaitAsync(Patience));

        Assert.Equal(TimeSpan.FromMilliseconds(300), failure.Duration);
        Assert.Contains(peer.Address.ToString(), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_at_the_address_fails_the_flow_and_its_task_as_refused()
    {
        var port = UnusedPort();
        var (opened, back) = Source.Maybe<ByteString>().ViaMaterialized(Utp.OutgoingConnection(new IPEndPoint(IPAddress.Loopback, port)), Keep.Right)
            .ToMaterialized(Sink.ForEach<ByteString>(static _ => { }), Keep.Both).Run(Materializer);

        Assert.Equal(FailureCause.Refused, (await Assert.ThrowsAsync<UtpException>(() => opened.WaitAsync(Patience))).FailureCause);
        Assert.Equal(FailureCause.Refused, (await Assert.ThrowsAsync<UtpException>(() => back.WaitAsync(Patience))).FailureCause);
    }

    [Fact]
    public async Task A_peer_that_stays_silent_fails_the_flow_after_the_connect_timeout()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(Loopback);

        var opened = Source.Maybe<ByteString>()
            .ViaMaterialized(Utp.OutgoingConnection(silent.LocalEndPoint!, connectTimeout: TimeSpan.FromMilliseconds(200)), Keep.Right)
            .To(Sink.Ignore<ByteString>()).Run(Materializer);

        Assert.Equal(FailureCause.ConnectTimeout, (await Assert.ThrowsAsync<UtpException>(() => opened.WaitAsync(Patience))).FailureCause);
    }

    [Fact]
    public async Task The_task_of_a_flow_tells_both_addresses()
    {
        var binding = await Serve(Echo).WaitAsync(Patience);

        var opened = await Source.Empty<ByteString>().ViaMaterialized(Utp.OutgoingConnection(binding.LocalAddress), Keep.Right)
            .To(Sink.Ignore<ByteString>()).Run(Materializer).WaitAsync(Patience);

        Assert.Equal(binding.LocalAddress, opened.RemoteAddress);
        Assert.Equal(IPAddress.Loopback, opened.LocalAddress.Address);
        Assert.NotEqual(0, opened.LocalAddress.Port);
    }

    private static int UnusedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(Loopback);
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task<Peer> ActorPeer()
    {
        var probe = CreateTestProbe();
        Sys.Utp().Tell(new Bind(probe.Ref, Loopback), probe.Ref);
        return new Peer(probe, (await probe.ExpectMsgAsync<Bound>()).LocalAddress);
    }

    /// <summary>A plain acceptor of one connection.</summary>
    private sealed class Peer(TestProbe probe, IPEndPoint address)
    {
        private readonly List<byte> _received = [];

        public TestProbe Probe { get; } = probe;

        public IPEndPoint Address { get; } = address;

        public Akka.Actor.IActorRef Connection { get; private set; } = Akka.Actor.ActorRefs.Nobody;

        public async Task AcceptAsync()
        {
            await Probe.ExpectMsgAsync<Connected>();
            Connection = Probe.LastSender;
            Connection.Tell(new Register(Probe.Ref, KeepOpenOnPeerClosed: true), Probe.Ref);
        }

        public async Task ExpectAsync(string text)
        {
            if (Connection.Equals(Akka.Actor.ActorRefs.Nobody))
                await AcceptAsync();
            while (_received.Count < text.Length)
                _received.AddRange((await Probe.ExpectMsgAsync<Received>()).Data.ToArray());
            Assert.Equal(text, System.Text.Encoding.ASCII.GetString([.. _received]));
            _received.Clear();
        }
    }
}
