using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class ReceiveMemoryTests(ITestOutputHelper output) : UtpSpec(output, "utp.socket.receive-memory = 1MiB\nutp.dispatcher = slow\nslow { type = ForkJoinDispatcher, throughput = 1, dedicated-thread-pool { thread-count = 1 } }")
{
    [Fact]
    public void A_listener_at_its_memory_limit_stops_reading_and_goes_on_when_there_is_room()
    {
        // One thread for all actors: the listener reads far ahead of the connections, until the limit stops it.
        const int Each = 1_000_000;
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor);
        var pairs = Enumerable.Range(0, 10).Select(_ => OpenPair(listener, acceptor, address)).ToList();
        for (var i = 0; i < pairs.Count; i++)
            pairs[i].A.Tell(new Write(Bytes(Each, i)));
        for (var i = 0; i < pairs.Count; i++)
            Assert.Equal(Bytes(Each, i), pairs[i].B.ExpectBytes(Each));
        AwaitAssert(() =>
        {
            listener.Tell(GetStatistics.Instance, TestActor);
            Assert.Equal(0, ExpectMsg<ListenerStatistics>().ReceiveMemoryBytes);
        });
    }
}
