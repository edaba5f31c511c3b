using Akka.Actor;
using Utp.Messages;

namespace Utp.Remote.Tests.Links;

/// <summary>The stream under TLS.</summary>
public sealed class LinkStreamTests
{
    [Fact]
    public async Task The_last_bytes_are_read_before_the_end_however_close_they_come()
    {
        using var system = ActorSystem.Create("stream", "akka { loglevel = OFF, stdout-loglevel = OFF }");
        var queue = new ByteQueue(new RateMeter(int.MaxValue, 0), 1 << 20);
        var link = new ActorLink(system, null!, queue);
        for (var round = 0; round < 20_000; round++)
        {
            using var stream = new LinkStream(link, queue, 1 << 20);
            var writes = Task.Run(() =>
            {
                stream.Add(new Received(new byte[] { 7 }));
                stream.End(null);
            });

            var buffer = new byte[10];
            Assert.Equal(1, await stream.ReadAsync(buffer));
            Assert.Equal(0, await stream.ReadAsync(buffer));
            await writes;
        }
    }
}
