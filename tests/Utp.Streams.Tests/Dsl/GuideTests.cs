using System.Net;
using System.Text;
using Akka.IO;
using Akka.Streams;
using Akka.Streams.Dsl;
using Utp.Messages;
using Utp.Streams.Dsl;
using Xunit.Abstractions;

namespace Utp.Streams.Tests.Dsl;

/// <summary>The code that docs/guide-akka-streams.md shows.</summary>
public sealed class GuideTests(ITestOutputHelper output) : FlowSpec(output)
{
    [Fact]
    public async Task An_echo_of_lines()
    {
        #region echo
        var upper = Flow.Create<ByteString>()
            .Via(Framing.Delimiter(ByteString.FromString("\n"), maximumFrameLength: 8_192, allowTruncation: true))
            .Select(static line => ByteString.FromString(line.ToString(Encoding.UTF8).ToUpperInvariant() + "\n"));
        var binding = await Sys.UtpStream().BindAndHandle(upper, Sys.Materializer(), "127.0.0.1", 0);

        var answers = await Source.From(["one\n", "two\n"])
            .Select(ByteString.FromString)
            .Via(Sys.UtpStream().OutgoingConnection(binding.LocalAddress))
            .RunAggregate("", static (all, bytes) => all + bytes.ToString(Encoding.UTF8), Sys.Materializer());
        #endregion
        Assert.Equal("ONE\nTWO\n", answers);
    }

    [Fact]
    public async Task Connections_as_elements_of_a_source()
    {
        var handler = Flow.Create<ByteString>();
        #region bind
        var bound = Sys.UtpStream()
            .Bind(new IPEndPoint(IPAddress.Loopback, 0), backlog: 64, idleTimeout: TimeSpan.FromMinutes(1))
            .To(Sink.ForEach<IncomingConnection<ByteString>>(connection => connection.HandleWith(handler, Sys.Materializer())))
            .Run(Sys.Materializer());
        var binding = await bound;
        #endregion
        var address = binding.LocalAddress;
        #region connect
        var connection = Sys.UtpStream().OutgoingConnection(
            address, options: new UtpOptions { SendBufferBytes = 256 << 10 }, connectTimeout: TimeSpan.FromSeconds(10));
        var (opened, received) = Source.Single(ByteString.FromString("hello"))
            .ViaMaterialized(connection, Keep.Right)
            .ToMaterialized(Sink.First<ByteString>(), Keep.Both)
            .Run(Sys.Materializer());
        try
        {
            var addresses = await opened;
            Console.WriteLine($"{addresses.LocalAddress} is connected with {addresses.RemoteAddress}");
        }
        catch (UtpException failure) when (failure.FailureCause is FailureCause.Refused or FailureCause.ConnectTimeout)
        {
            Console.WriteLine(failure.Message);
        }
        #endregion
        Assert.Equal("hello", (await received.WaitAsync(Patience)).ToString());
        #region unbind
        await binding.Unbind();
        #endregion
    }

    [Fact]
    public async Task Messages_with_metadata()
    {
        #region messages
        var answer = Flow.Create<StreamMessage>().Select(static message => message with { Metadata = "text/plain; read"u8.ToArray() });
        var binding = await Sys.UtpStream().Frames.BindAndHandle(answer, Sys.Materializer(), "127.0.0.1", 0);

        var back = await Source.Single(new StreamMessage("a message of any size"u8.ToArray(), "text/plain"u8.ToArray()))
            .Via(Sys.UtpStream().Frames.OutgoingConnection(binding.LocalAddress))
            .RunWith(Sink.First<StreamMessage>(), Sys.Materializer());
        #endregion
        Assert.Equal("text/plain; read"u8.ToArray(), back.Metadata.ToArray());
    }
}
