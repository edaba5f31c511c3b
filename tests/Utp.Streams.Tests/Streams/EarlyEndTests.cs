using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams.Tests;

/// <summary>A connection can end before its actor hears that a stream has registered for it. Its end is then told to the port.</summary>
public sealed class EarlyEndTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_ends_before_it_was_registered_for_ends_its_stream(bool isTakenFirst)
    {
        var port = await ListenerRef.BindAsync(StreamPair.Loopback, new UtpListenerOptions(), DeliveryMode.Bytes, CancellationToken.None).Soon();
        var actor = Inbox.Create(port.System).Receiver;
        port.Tell(new Connected(StreamPair.Loopback, port.LocalEndPoint), actor);
        var end = new ErrorClosed(new CloseReason(CloseCause.Reset), "The peer reset the connection.") { Statistics = new ConnectionStats { PacketsReceived = 2 } };
        ConnectionRef connection;
        if (isTakenFirst)
        {
            connection = await port.AcceptAsync(CancellationToken.None).Soon();
            port.Tell(end, actor);
        }
        else
        {
            port.Tell(end, actor);
            connection = await port.AcceptAsync(CancellationToken.None).Soon();
        }

        Assert.Equal(CloseCause.Reset, (await connection.WhenOver.Soon()).Cause);
        Assert.Equal(2, (await connection.GetStatisticsAsync(CancellationToken.None).Soon()).PacketsReceived);
        await port.DisposeAsync().Soon();
    }
}
