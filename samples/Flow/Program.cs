// A fast source, a slow sink, and a connection between them: the source goes on no faster than the sink, and nobody had to see to it.
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.IO;
using Akka.Streams;
using Akka.Streams.Dsl;
using Utp.Messages;
using Utp.Streams.Dsl;

const int Size = 4 << 20;
const int ElementBytes = 16 << 10;
const int OnTheirWay = 1 << 20;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var system = ActorSystem.Create("flow", "akka.loglevel = WARNING");
var materializer = system.Materializer();
var meter = new Meter();

#region serve
// Reads four megabytes a second, and answers with the hash of all when the peer has finished.
var slow = Flow.Create<ByteString>()
    .Throttle(4 << 20, TimeSpan.FromSeconds(1), ElementBytes, static element => element.Count, ThrottleMode.Shaping)
    .Select(meter.OnRead)
    .Aggregate(IncrementalHash.CreateHash(HashAlgorithmName.SHA256), static (hash, element) =>
    {
        hash.AppendData(element.ToReadOnlySpan());
        return hash;
    })
    .Select(static hash => ByteString.FromBytes(hash.GetHashAndReset()));

// Small buffers, so that it shows.
var options = new UtpOptions { SendBufferBytes = 128 << 10, InitialReceiveWindowBytes = 128 << 10, MaxReceiveWindowBytes = 128 << 10 };
var binding = await system.UtpStream().BindAndHandle(slow, materializer, new IPEndPoint(IPAddress.Loopback, 0), options: options);
#endregion

var content = RandomNumberGenerator.GetBytes(Size);

#region connect
// As fast as it is let: the end of the source closes our direction, and the answer is still read.
var answer = await Source.From(content.Chunk(ElementBytes))
    .Select(static chunk => ByteString.FromBytes(chunk))
    .Select(meter.OnWritten)
    .Via(system.UtpStream().OutgoingConnection(binding.LocalAddress, options: options))
    .RunWith(Sink.First<ByteString>(), materializer);
#endregion

await binding.Unbind();
var isUnchanged = answer.ToReadOnlySpan().SequenceEqual(SHA256.HashData(content));
var isBounded = meter.Most <= OnTheirWay;
Console.WriteLine($"{meter.Read:N0} bytes arrived {(isUnchanged ? "unchanged" : "damaged")}; {(isBounded ? "never" : "once")} more than {OnTheirWay >> 20} MiB was on its way.");
await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance);
return isUnchanged && isBounded ? 0 : 1;

/// <summary>Counts what passes at both ends.</summary>
class Meter
{
    private long _written;
    private long _read;

    public long Most { get; private set; }

    public long Read => _read;

    public ByteString OnWritten(ByteString element)
    {
        Interlocked.Add(ref _written, element.Count);
        return element;
    }

    public ByteString OnRead(ByteString element)
    {
        var before = _read;
        _read += element.Count;
        var ahead = Interlocked.Read(ref _written) - _read;
        Most = Math.Max(Most, ahead);
        if (before >> 19 != _read >> 19)
            Console.WriteLine($"read {_read >> 10:N0} KiB; {ahead >> 10:N0} KiB are on their way");
        return element;
    }
}
