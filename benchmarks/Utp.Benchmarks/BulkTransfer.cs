using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Configuration;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Benchmarks;

/// <summary>
/// What does a byte cost, through actors on both ends, in two processes? The writer hands over 64 kB writes and keeps 4 MB under way; the reader's handler adds
/// up every word it receives. Printed are the rate, the CPU of both ends per GB, what both allocate per packet, and datagrams per second.
/// </summary>
internal static class BulkTransfer
{
    private const int WriteBytes = 64 << 10;
    private const int OutstandingBytes = 4 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The parent: starts the reader's process, writes, and prints.</summary>
    /// <param name="args">Name=value: mb, connections, ports, mtu, set (HOCON, may be repeated).</param>
    public static async Task<int> RunAsync(string[] args)
    {
        var options = Options.Parse(args);
        string[] command = [typeof(BulkTransfer).Assembly.Location, "bulk-read", .. args];
        using var reader = Process.Start(new ProcessStartInfo("dotnet", command) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        var port = int.Parse((await reader.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        var system = ActorSystem.Create("writer", options.Config);
        var remote = new IPEndPoint(IPAddress.Loopback, port);

        // Once to warm up, then what counts.
        foreach (var bytes in new[] { options.Bytes / 4, options.Bytes })
        {
            await reader.StandardInput.WriteLineAsync("start");
            await reader.StandardOutput.ReadLineAsync();
            var before = Usage.Now();
            var watch = Stopwatch.StartNew();
            var each = bytes / options.Connections;
            var shared = options.Ports ? null : await ListenAsync(system);
            var writers = Enumerable.Range(0, options.Connections).Select(_ => WriteAsync(system, remote, shared, each)).ToArray();
            var packets = (await Task.WhenAll(writers).WaitAsync(Patience)).ToArray();
            var seconds = watch.Elapsed.TotalSeconds;
            var mine = Usage.Now().Since(before);
            await reader.StandardInput.WriteLineAsync("stop");
            var theirs = Usage.Parse((await reader.StandardOutput.ReadLineAsync())!);
            if (theirs.Bytes != each * options.Connections)
                throw new InvalidOperationException($"{theirs.Bytes} bytes arrived of {each * options.Connections}.");
            if (bytes != options.Bytes)
                continue;
            var sent = packets.Sum(p => p.Sent);
            var rates = packets.Select(p => each / p.Seconds).ToArray();
            var gigabytes = each * options.Connections / 1e9;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{gigabytes / seconds * 1e3:F0} MB/s; CPU s/GB: write {mine.Cpu / gigabytes:F2} + read {theirs.Cpu / gigabytes:F2} = {(mine.Cpu + theirs.Cpu) / gigabytes:F2}; allocated per packet: write {mine.Allocated / (double)sent:F0} read {theirs.Allocated / (double)sent:F0} B; {sent / seconds:F0} packets/s of {each * options.Connections / (double)sent:F0} B; resent {packets.Sum(p => p.Resent)}; acks {packets.Sum(p => p.Acks)}; GC {mine.Collections}+{theirs.Collections}; Jain {rates.Sum() * rates.Sum() / (rates.Length * rates.Sum(r => r * r)):F3}"));
        }

        reader.StandardInput.Close();
        await reader.WaitForExitAsync();
        await system.Terminate();
        return 0;
    }

    /// <summary>The child: listens, and reports between "start" and "stop".</summary>
    public static async Task<int> ReadAsync(string[] args)
    {
        var options = Options.Parse(args);
        var system = ActorSystem.Create("reader", options.Config);
        var total = new Total();
        var acceptor = system.ActorOf(Props.Create(() => new Acceptor(total)));
        var bound = await system.Utp().Ask<Bound>(new Bind(acceptor, new IPEndPoint(IPAddress.Loopback, 0)));
        Console.WriteLine(bound.LocalAddress.Port.ToString(CultureInfo.InvariantCulture));
        while (await Console.In.ReadLineAsync() is not null)
        {
            Interlocked.Exchange(ref total.Bytes, 0);
            var before = Usage.Now();
            Console.WriteLine("ready");
            await Console.In.ReadLineAsync();
            Console.WriteLine((Usage.Now().Since(before) with { Bytes = Interlocked.Read(ref total.Bytes) }).ToString());
        }

        await system.Terminate();
        return 0;
    }

    private static async Task<IActorRef?> ListenAsync(ActorSystem system)
    {
        var ready = new TaskCompletionSource<IActorRef>(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(Props.Create(() => new PortOpener(ready)));
        return await ready.Task;
    }

    private static Task<Written> WriteAsync(ActorSystem system, IPEndPoint remote, IActorRef? listener, long bytes)
    {
        var done = new TaskCompletionSource<Written>(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(Props.Create(() => new Writer(remote, listener, bytes, done)));
        return done.Task;
    }

    private sealed record Written(double Seconds, long Sent, long Resent, long Acks);

    private sealed class Total
    {
        public long Bytes;
        public ulong Sum;
    }

    private sealed class PortOpener : UntypedActor
    {
        private readonly TaskCompletionSource<IActorRef> _ready;

        public PortOpener(TaskCompletionSource<IActorRef> ready)
        {
            _ready = ready;
            Context.System.Utp().Tell(new Bind(null, new IPEndPoint(IPAddress.Loopback, 0)));
        }

        protected override void OnReceive(object message)
        {
            if (message is Bound)
                _ready.SetResult(Sender);
        }
    }

    private sealed class Acceptor(Total total) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Connected)
                Sender.Tell(new Register(Context.ActorOf(Props.Create(() => new Reader(total)))));
        }
    }

    private sealed class Reader(Total total) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Received received:
                    var sum = Vector<ulong>.Zero;
                    foreach (var words in MemoryMarshal.Cast<byte, Vector<ulong>>(received.Data.Span))
                        sum += words;
                    Interlocked.Add(ref total.Sum, Vector.Sum(sum));
                    Interlocked.Add(ref total.Bytes, received.Data.Length);
                    received.Release();
                    break;
                case ConnectionClosed:
                    Context.Stop(Self);
                    break;
            }
        }
    }

    private sealed class Writer : UntypedActor
    {
        private static readonly byte[] Pattern = GC.AllocateUninitializedArray<byte>(WriteBytes);
        private static readonly object Token = new();
        private readonly long _bytes;
        private readonly TaskCompletionSource<Written> _done;
        private readonly Stopwatch _watch = new();
        private IActorRef _connection = ActorRefs.Nobody;
        private long _written;
        private long _delivered;

        public Writer(IPEndPoint remote, IActorRef? listener, long bytes, TaskCompletionSource<Written> done)
        {
            (_bytes, _done) = (bytes, done);
            Context.System.Utp().Tell(new Connect(remote) { Listener = listener, Timeout = TimeSpan.FromSeconds(30) });
        }

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Connected:
                    _connection = Sender;
                    _connection.Tell(new Register(Self));
                    _watch.Start();
                    WriteMore();
                    break;
                case var ack when ReferenceEquals(ack, Token):
                    _delivered = Math.Min(_bytes, _delivered + WriteBytes);
                    if (_delivered == _bytes)
                        _connection.Tell(ConfirmedClose.Instance);
                    else
                        WriteMore();
                    break;
                case ConnectionClosed closed:
                    var statistics = closed.Statistics!;
                    if (closed is ErrorClosed error)
                        _done.TrySetException(new InvalidOperationException(error.Message));
                    _done.TrySetResult(new Written(_watch.Elapsed.TotalSeconds, statistics.PacketsSent, statistics.Retransmissions, statistics.PacketsReceived));
                    Context.Stop(Self);
                    break;
                case CommandFailed failed:
                    _done.TrySetException(new InvalidOperationException(failed.Message));
                    break;
            }
        }

        private void WriteMore()
        {
            while (_written < _bytes && _written - _delivered < OutstandingBytes)
            {
                var length = (int)Math.Min(WriteBytes, _bytes - _written);
                _connection.Tell(new Write(Pattern.AsMemory(0, length)) { Ack = Token, AckWhen = AckWhen.Delivered });
                _written += length;
            }
        }
    }

    private sealed record Options(long Bytes, int Connections, bool Ports, Config Config)
    {
        public static Options Parse(string[] args)
        {
            long megabytes = 1_000;
            var connections = 1;
            var ports = false;
            var mtu = 1_400;
            var config = "akka.loglevel = WARNING\nutp.limits { connections-per-address = 1000000, half-open = 100000, half-open-per-address = 100000 }";
            foreach (var arg in args)
            {
                var (name, value) = (arg[..arg.IndexOf('=')], arg[(arg.IndexOf('=') + 1)..]);
                switch (name)
                {
                    case "mb":
                        megabytes = long.Parse(value, CultureInfo.InvariantCulture);
                        break;
                    case "connections":
                        connections = int.Parse(value, CultureInfo.InvariantCulture);
                        break;
                    case "ports":
                        ports = value == "many";
                        break;
                    case "mtu":
                        mtu = value == "path" ? 0 : int.Parse(value, CultureInfo.InvariantCulture);
                        break;
                    case "set":
                        config += "\n" + value;
                        break;
                    default:
                        throw new ArgumentException($"{name} is none of mb, connections, ports, mtu, set.");
                }
            }

            if (mtu > 0)
                config += $"\nutp.max-datagram-size = {mtu}";
            return new Options(megabytes * 1_000_000, connections, ports, ConfigurationFactory.ParseString(config));
        }
    }

    private sealed record Usage(double Cpu, long Allocated, int Collections, long Bytes)
    {
        public static Usage Now() =>
            new(Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds, GC.GetTotalAllocatedBytes(), GC.CollectionCount(0), 0);

        public static Usage Parse(string line)
        {
            var parts = line.Split(' ');
            return new(
                double.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture),
                int.Parse(parts[2], CultureInfo.InvariantCulture), long.Parse(parts[3], CultureInfo.InvariantCulture));
        }

        public Usage Since(Usage before) => new(Cpu - before.Cpu, Allocated - before.Allocated, Collections - before.Collections, Bytes);

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Cpu} {Allocated} {Collections} {Bytes}");
    }
}
