using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests.Channels;

public sealed class AkkaIoTransferTests(ITestOutputHelper output) : UtpSpec(output, "utp.channel = akka-io")
{
    [Fact]
    public void Over_akka_io_bytes_arrive_in_both_directions_and_the_close_is_heard()
    {
        var pair = OpenPair();
        pair.A.Tell(new Write(Bytes(1_000_000, 1)));
        pair.B.Tell(new Write(Bytes(500_000, 2)));
        Assert.Equal(Bytes(1_000_000, 1), pair.B.ExpectBytes(1_000_000));
        Assert.Equal(Bytes(500_000, 2), pair.A.ExpectBytes(500_000));
        pair.A.Tell(Close.Instance);
        pair.A.Handler.FishForMessage(message => message is Closed);
        pair.B.Handler.FishForMessage(message => message is PeerClosed);
    }
}
