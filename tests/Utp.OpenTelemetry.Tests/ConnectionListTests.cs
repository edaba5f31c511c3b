using Akka.Actor;
using Utp.Actors;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.OpenTelemetry.Tests;

/// <summary>What <see cref="ListConnections"/> tells of single connections.</summary>
public sealed class ConnectionListTests
{
    [Fact]
    public async Task Both_ends_of_a_connection_are_listed_with_what_they_have_done()
    {
        await using var pair = await Pair.StartAsync();
        await pair.WriteAsync(70_000);

        var list = await UntilAsync(pair, static list => list.Live.Count == 2 && list.Live.All(static one => one.Statistics.BytesSent + one.Statistics.BytesReceived == 70_000));

        var accepted = Assert.Single(list.Live, static one => one.IsAcceptor);
        var opened = Assert.Single(list.Live, static one => !one.IsAcceptor);
        Assert.Equal(pair.Address, opened.RemoteAddress);
        Assert.Equal(pair.Address, accepted.LocalAddress);
        Assert.Equal(opened.LocalAddress, accepted.RemoteAddress);
        Assert.NotEqual(opened.Id, accepted.Id);
        Assert.Equal(ConnectionState.Connected, opened.Statistics.State);
        Assert.NotNull(opened.Sampled);
        Assert.Empty(list.Ended);
        Assert.Equal(70_000, (await opened.Connection.Ask<ConnectionStatistics>(GetStatistics.Instance, Pair.Patience)).Connection.BytesDelivered);
    }

    [Fact]
    public async Task A_connection_that_moves_is_listed_with_its_rate()
    {
        await using var pair = await Pair.StartAsync();
        await ListAsync(pair);
        await pair.WriteAsync(70_000);

        // Its first second: all that it has sent, in that time.
        var list = await UntilAsync(pair, static list => list.Live.Any(static one => one.SentPerSecond > 0));

        Assert.InRange(list.Live.Single(static one => !one.IsAcceptor).SentPerSecond, 1, 70_000);
    }

    [Fact]
    public async Task What_has_ended_is_listed_with_the_reason_and_no_more_among_the_live()
    {
        await using var pair = await Pair.StartAsync();
        await Pair.CloseAsync(await pair.WriteAsync(1_000));

        var list = await UntilAsync(pair, static list => list.Ended.Count == 2);

        Assert.Empty(list.Live);
        var (closed, followed) = (list.Ended.Single(static end => !end.Summary.IsAcceptor), list.Ended.Single(static end => end.Summary.IsAcceptor));
        Assert.Equal((CloseCause.Closed, "it was closed."), (closed.Reason.Cause, closed.Message));
        Assert.Equal((CloseCause.PeerClosed, "the peer closed it."), (followed.Reason.Cause, followed.Message));
        Assert.Equal(1_000, closed.Summary.Statistics.BytesDelivered);
        Assert.True(closed.Ended >= closed.Summary.Began);
    }

    [Fact]
    public void Of_those_that_ended_the_last_256_are_kept_in_their_order()
    {
        var directory = new ConnectionDirectory();
        for (var i = 0; i < 1_000; i++)
        {
            var connection = Connection(directory);
            connection.OnEnded(new CloseReason(CloseCause.Closed), default);
            connection.Leave();
        }

        var list = directory.List();

        Assert.Empty(list.Live);
        Assert.Equal(Enumerable.Range(745, 256).Select(static id => (long)id), list.Ended.Select(static end => end.Summary.Id));
    }

    [Fact]
    public void Connections_leave_the_list_in_any_order_and_twice_is_as_good_as_once()
    {
        var directory = new ConnectionDirectory();
        var connections = Enumerable.Range(1, 7).Select(_ => Connection(directory)).ToArray();
        foreach (var i in (int[])[3, 0, 6, 3, 5])
            connections[i].Leave();

        Assert.Equal([2, 3, 5], directory.List().Live.Select(static one => one.Id));

        foreach (var connection in connections)
            connection.Leave();
        Assert.Empty(directory.List().Live);
    }

    private static LiveConnection Connection(ConnectionDirectory directory)
    {
        var connection = new LiveConnection(
            directory, ActorRefs.Nobody, Sockets.UdpEndPoint.From(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1)), static () => new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 2), isAcceptor: false);
        connection.Enter();
        return connection;
    }

    private static Task<ConnectionList> ListAsync(Pair pair) => pair.System.Utp().Ask<ConnectionList>(ListConnections.Instance, Pair.Patience);

    private static Task<ConnectionList> UntilAsync(Pair pair, Func<ConnectionList, bool> isThere) => Pair.UntilAsync(() => ListAsync(pair), isThere);
}
