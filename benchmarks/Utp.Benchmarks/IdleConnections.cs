using System.Diagnostics;
using System.Globalization;
using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Benchmarks;

/// <summary>
/// What does an idle connection cost? Many connections between two listeners of one process; printed is what both ends
/// keep per connection end, after a full collection, and what they cost in CPU while nothing happens.
/// </summary>
internal static class IdleConnections
{
    private const int MaxConnecting = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    // The register and half-open deadlines of the start are over by then.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(int connections)
    {
        var config = ConfigurationFactory.ParseString("akka.loglevel = WARNING\nutp.limits { connections-per-address = 1000000, half-open = 100000, half-open-per-address = 100000, connections = 1000000 }");
        var system = ActorSystem.Create("idle", config);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var opener = system.ActorOf(Props.Create(() => new Opener(connections, done)));
        var server = await system.Utp().Ask<Bound>(new Bind(opener, new IPEndPoint(IPAddress.Loopback, 0)));
        var before = Memory();
        var watch = Stopwatch.StartNew();
        opener.Tell(server.LocalAddress);
        system.Utp().Tell(new Bind(opener, new IPEndPoint(IPAddress.Loopback, 0)), opener);
        await done.Task.WaitAsync(Patience);
        var opened = watch.Elapsed;

        var after = Memory();
        await Task.Delay(Settling);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        await Task.Delay(Quiet);
        cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{connections:N0} idle connections: {(after.Managed - before.Managed) / (2.0 * connections):N0} bytes of managed memory and {(after.Resident - before.Resident) / (2.0 * connections):N0} bytes resident per connection end; {connections / opened.TotalSeconds:N0} opened per second; {cpu.TotalSeconds / Quiet.TotalSeconds:P1} of a core while idle"));
        await system.Terminate();
        return 0;
    }

    private static (long Managed, long Resident) Memory()
    {
        var managed = GC.GetTotalMemory(forceFullCollection: true);
        return (managed, Process.GetCurrentProcess().WorkingSet64);
    }

    /// <summary>Opens the connections, a bounded number at a time, and handles both ends of all of them.</summary>
    private sealed class Opener : UntypedActor
    {
        private readonly int _wanted;
        private readonly TaskCompletionSource _done;
        private IActorRef? _listener;
        private IPEndPoint? _server;
        private int _asked;
        private int _connected;

        public Opener(int wanted, TaskCompletionSource done) => (_wanted, _done) = (wanted, done);

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Bound:
                    // The port that all of them leave from.
                    _listener = Sender;
                    for (var i = 0; i < MaxConnecting; i++)
                        OpenOne();
                    break;
                case IPEndPoint server:
                    _server = server;
                    break;
                case Connected connected:
                    Sender.Tell(new Register(Self));
                    if (connected.RemoteAddress.Equals(_server))
                        OpenOne();
                    if (++_connected == 2 * _wanted)
                        _done.TrySetResult();
                    break;
                case CommandFailed failed:
                    _done.TrySetException(new InvalidOperationException(failed.Message));
                    break;
                case ConnectionClosed closed:
                    _done.TrySetException(new InvalidOperationException(closed.ToString()));
                    break;
            }
        }

        private void OpenOne()
        {
            if (_asked == _wanted)
                return;
            _asked++;
            Context.System.Utp().Tell(new Connect(_server!) { Listener = _listener });
        }
    }
}
