using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Utp.Actors;
using Utp.Messages;
using Utp.Streams;

namespace Utp.Links.Agents;

/// <summary>
/// A port that accepts, or a connection that sends. Over uTP each job has an actor system of its own: what one has learned of a path the next does not know.
/// </summary>
internal sealed class AgentJob(FlowPlan plan) : IAsyncDisposable
{
    private const int Backlog = 512;
    private const string Quiet = "akka { loglevel = WARNING, loggers = [\"Utp.Links.Agents.LogLines, Utp.Links\"], stdout-loglevel = OFF, log-dead-letters = off, log-dead-letters-during-shutdown = off, coordinated-shutdown.exit-clr = off }\n";

    private static readonly TimeSpan ProbeRest = TimeSpan.FromMilliseconds(500);

    private static int _systems;
    private readonly string _name = $"links{Interlocked.Increment(ref _systems)}";
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Flow> _flows = [];
    private readonly SemaphoreSlim _accepted = new(0);
    private ActorSystem? _system;
    private UtpListener? _listener;
    private Socket? _tcpListener;
    private Probe? _probe;

    /// <summary>Accepts connections from now on.</summary>
    /// <returns>The port.</returns>
    public async Task<int> ListenAsync()
    {
        var local = new IPEndPoint(IPAddress.Parse(plan.Address), plan.Port);
        if (plan.Carrier == Carrier.Probe)
            return (_probe = new Probe(plan)).Receive();
        if (plan.Carrier == Carrier.Tcp)
        {
            _tcpListener = TcpInfo.Create(local.AddressFamily, plan.Law);
            _tcpListener.Bind(local);
            _tcpListener.Listen(Backlog);
            _ = AcceptAsync(async stop => new NetworkStream(await _tcpListener.AcceptAsync(stop).ConfigureAwait(false), ownsSocket: true));
            return ((IPEndPoint)_tcpListener.LocalEndPoint!).Port;
        }

        _listener = await UtpListener.BindAsync(local, new UtpListenerOptions { ActorSystem = System(), Protocol = Options }).ConfigureAwait(false);
        _ = AcceptAsync(async stop => await _listener.AcceptAsync(stop).ConfigureAwait(false));
        return _listener.LocalEndPoint.Port;
    }

    /// <summary>Opens a connection, sends, and waits for its end.</summary>
    public Task SendAsync()
    {
        var remote = new IPEndPoint(IPAddress.Parse(plan.Address), plan.Port);
        if (plan.Carrier == Carrier.Probe)
            return Task.Run(() => (_probe = new Probe(plan)).Send(remote));
        // Started before the connection's clock: a user's program has its actor system long since.
        if (plan.Carrier == Carrier.Utp)
            _ = UtpExtension.Get(System());
        return Add().SendAsync(async stop =>
        {
            if (plan.Carrier == Carrier.Utp)
                return await UtpClient.ConnectAsync(remote, new UtpClientOptions { ActorSystem = System(), Protocol = Options }, stop).ConfigureAwait(false);
            var socket = TcpInfo.Create(remote.AddressFamily, plan.Law);
            await socket.ConnectAsync(remote, stop).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        });
    }

    /// <summary>Warnings of the job's actor system so far.</summary>
    public IReadOnlyList<string> Lines => LogLines.Of(_name);

    public async Task<IReadOnlyList<FlowReport>> ReadAsync()
    {
        if (_probe is not null)
            return [_probe.Read()];
        Flow[] flows;
        lock (_flows)
            flows = [.. _flows];
        return await Task.WhenAll(flows.Select(static flow => flow.ReadAsync())).ConfigureAwait(false);
    }

    /// <summary>Waits until so many connections were there and are over.</summary>
    public async Task<IReadOnlyList<FlowReport>> AwaitAsync(int count)
    {
        if (_probe is not null)
        {
            // Datagrams have no end: what is still under way gets so long.
            await Task.Delay(ProbeRest, _stop.Token).ConfigureAwait(false);
            return [_probe.Read()];
        }

        for (var i = 0; i < count; i++)
        {
            await _accepted.WaitAsync(_stop.Token).ConfigureAwait(false);
            Flow flow;
            lock (_flows)
                flow = _flows[i];
            await flow.Over.ConfigureAwait(false);
        }

        return await ReadAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _tcpListener?.Dispose();
        _probe?.Dispose();
        _listener?.Dispose();
        Task[] ends;
        lock (_flows)
            ends = [.. _flows.Select(static flow => flow.Over)];
        await Task.WhenAll(ends).ConfigureAwait(false);
        if (_system is not null)
            await _system.Terminate().ConfigureAwait(false);
        _stop.Dispose();
    }

    private UtpOptions? Options => plan.Law is null ? null : new UtpOptions { CongestionControl = plan.Law };

    private ActorSystem System() => _system ??= ActorSystem.Create(_name, ConfigurationFactory.ParseString(Quiet + string.Join('\n', plan.Settings)));

    private Flow Add()
    {
        var flow = new Flow(plan, _stop.Token);
        lock (_flows)
            _flows.Add(flow);
        _accepted.Release();
        return flow;
    }

    private async Task AcceptAsync(Func<CancellationToken, Task<Stream>> accept)
    {
        try
        {
            while (true)
            {
                var stream = await accept(_stop.Token).ConfigureAwait(false);
                _ = Add().ReceiveAsync(stream);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException or UtpException)
        {
            // The job is stopped; connections tell for themselves.
        }
    }
}
