using System.Net;
using System.Security.Cryptography;
using Akka;
using Akka.Configuration;
using Akka.IO;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.TestKit.Xunit2;
using Utp.Streams.Dsl;
using Xunit.Abstractions;

namespace Utp.Streams.Tests.Dsl;

/// <summary>An actor system with uTP on loopback sockets, and streams. Waits are bounded.</summary>
public abstract class FlowSpec : TestKit
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string Base =
        """
        akka.loglevel = WARNING
        akka.stdout-loglevel = OFF
        akka.test.single-expect-default = 60s
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        utp.shutdown-flush-timeout = 500ms
        utp.time-wait = 20ms
        """;

    protected FlowSpec(ITestOutputHelper output, string config = "")
        : base(ConfigurationFactory.ParseString(config).WithFallback(ConfigurationFactory.ParseString(Base)), output: output) => Materializer = Sys.Materializer();

    protected ActorMaterializer Materializer { get; }

    protected static IPEndPoint Loopback => new(IPAddress.Loopback, 0);

    protected UtpStreamExt Utp => Sys.UtpStream();

    protected static byte[] Bytes(int count, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The bytes, cut into elements of at most <paramref name="elementBytes"/> bytes.</summary>
    protected static Source<ByteString, NotUsed> Elements(byte[] bytes, int elementBytes) =>
        Source.From(bytes.Chunk(elementBytes)).Select(static chunk => ByteString.FromBytes(chunk));

    /// <summary>All bytes that come, once they have ended.</summary>
    protected static Sink<ByteString, Task<byte[]>> Collect() =>
        Sink.Aggregate<ByteString, List<byte>>([], static (all, element) =>
            {
                all.AddRange(element.ToArray());
                return all;
            })
            .MapMaterializedValue(static task => task.ContinueWith(static done => done.GetAwaiter().GetResult().ToArray(), TaskScheduler.Default));

    /// <summary>The SHA-256 of all bytes that come, and their count.</summary>
    protected static Sink<ByteString, Task<(string Hash, long Bytes)>> Hash()
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        return Sink.Aggregate<ByteString, long>(0L, (bytes, element) =>
            {
                hash.AppendData(element.ToArray());
                return bytes + element.Count;
            })
            .MapMaterializedValue(task => task.ContinueWith(
                done => (Convert.ToHexString(hash.GetHashAndReset()), done.GetAwaiter().GetResult()), TaskScheduler.Default));
    }

    /// <summary>Bytes of a pattern that no two places of a megabyte share, in elements of 64 kB.</summary>
    protected static Source<ByteString, NotUsed> Pattern(long count) =>
        Source.From(Enumerable.Range(0, (int)((count + 65_535) / 65_536)))
            .Select(i => ByteString.FromBytes(Bytes((int)Math.Min(65_536, count - ((long)i * 65_536)), i)));

    protected Task<ServerBinding> Serve<TMat>(Flow<ByteString, ByteString, TMat> handler, bool halfClose = false) =>
        Utp.BindAndHandle(handler, Materializer, Loopback, halfClose: halfClose);

    protected static Flow<ByteString, ByteString, NotUsed> Echo => Flow.Create<ByteString>();
}
