using Utp.Protocol;
using Utp.Simulation.Tests.Network;
using Utp.Sockets;

namespace Utp.Simulation.Tests.Schedules;

/// <summary>
/// Runs one schedule and holds it against what the protocol promises: every byte arrives once and in order, or both sides learn
/// of the failure; nobody is told that something was delivered which was not; and everything ends, and leaves nothing behind.
/// </summary>
internal sealed class ScheduleRun
{
    private const long CheckEveryEvents = 64;

    // No schedule needs more; one that does would run forever.
    private const long MaxMicros = 4L * 3_600 * 1_000_000;
    private const long MaxEventsPerPacket = 800;

    private static readonly UdpEndPoint ClientAddress = TwoHosts.Address(1);
    private static readonly UdpEndPoint ServerAddress = TwoHosts.Address(2);

    private readonly FaultSchedule _schedule;
    private readonly Simulator _simulator;
    private readonly SimulatedNetwork _network;
    private readonly SimulatedLink _forth;
    private readonly SimulatedLink _back;
    private readonly SimulatedEndpoint _client;
    private readonly SimulatedEndpoint _server;
    private readonly TransferUser _clientUser;
    private TransferUser _serverUser;
    private readonly List<TransferUser> _ghosts = [];
    private int _accepted;
    private bool _serverIsDead;

    private ScheduleRun(FaultSchedule schedule, INetworkObserver? observer)
    {
        _schedule = schedule;
        _simulator = new Simulator(
            schedule.Seed, new SimulatorLimits { MaxMicros = MaxMicros, MaxEvents = MaxEventsPerPacket * schedule[Knob.Packets] });
        _network = new SimulatedNetwork(_simulator) { Observer = observer };
        if (observer is PacketLog log)
            log.NowMicros = () => _simulator.Now.Micros;
        _client = new SimulatedEndpoint(_network, ClientAddress, schedule.Endpoint(client: true));
        _server = new SimulatedEndpoint(_network, ServerAddress, schedule.Endpoint(client: false));
        _forth = _network.CreateLink(schedule.Link(forth: true));
        _back = _network.CreateLink(schedule.Link(forth: false));
        _network.SetPath(ClientAddress, ServerAddress, _forth);
        _network.SetPath(ServerAddress, ClientAddress, _back);
        var (request, answer) = (schedule.Plan(ofClient: true), schedule.Plan(ofClient: false));
        _clientUser = new TransferUser(_simulator, "client", request, answer);
        _serverUser = new TransferUser(_simulator, "server", answer, request);
    }

    /// <summary>Runs it.</summary>
    /// <returns>What it came to.</returns>
    /// <exception cref="SimulationViolationException">A promise was broken.</exception>
    public static ScheduleResult Run(FaultSchedule schedule, INetworkObserver? observer = null)
    {
        var run = new ScheduleRun(schedule, observer);
        try
        {
            return run.Run();
        }
        catch (Exception e) when (e is not SimulationViolationException)
        {
            throw new SimulationViolationException($"{e.GetType().Name} at {run._simulator.Now.Micros} µs: {e.Message}{Environment.NewLine}{e.StackTrace}", e);
        }
    }

    private ScheduleResult Run()
    {
        var options = _schedule.Connection();
        _server.Listen(Accept, options);
        _client.Connect(ServerAddress, _clientUser, options, _clientUser.TakeInitialData());
        if (_schedule.Turned.Contains(Knob.FallenMtuBytes))
            _simulator.At(new Instant(_schedule[Knob.MtuFallsAtMicros]), LowerMtu);
        if (_schedule.Ending == Ending.ServerKilled)
            _simulator.At(new Instant(_schedule[Knob.EndingAt]), KillServer);

        var end = _simulator.RunUntil(IsOver);
        if (end != RunEnd.Done)
            throw Violation($"the run ended by {end} and not everybody has heard the end");
        CheckOutcome();
        var overAt = _simulator.Now;
        end = _simulator.RunToEnd();
        if (end != RunEnd.Idle)
            throw Violation($"after the end something went on until {end}");
        if (_client.ConnectionCount + (_serverIsDead ? 0 : _server.ConnectionCount) + _network.DatagramsInFlight > 0)
            throw Violation("after the end something was left behind");
        foreach (var ghost in _ghosts)
        {
            if (ghost.BytesReceived > _schedule[Knob.SynBytes] || (ghost.Closed is null && !_serverIsDead))
                throw Violation($"a ghost received {ghost.BytesReceived} bytes, closed {ghost.Closed}");
        }

        return new ScheduleResult(
            IsPeaceful(_clientUser) && IsPeaceful(_serverUser),
            _schedule.Ending == Ending.Peaceful && IsPeaceful(_clientUser) != IsPeaceful(_serverUser),
            Math.Min(PacketsSent(_clientUser), PacketsSent(_serverUser)),
            _forth.Statistics.WrapDuplicated + _back.Statistics.WrapDuplicated,
            overAt.Micros,
            _simulator.EventsHandled,
            _network.Fingerprint);
    }

    private static long PacketsSent(TransferUser user) => user.Connection?.Core.GetStatistics().PacketsSent ?? 0;

    // A duplicate ST_SYN that comes when the connection is forgotten begins another: a ghost, of which nobody can know at once.
    // It may repeat what the ST_SYN carried; it must hear nothing else, and end.
    private IConnectionUser Accept(SimulatedConnection connection)
    {
        if (++_accepted == 1)
            return _serverUser;
        if (_serverUser.Closed is null)
            throw Violation("a second connection was accepted beside the first");
        if (_clientUser.ConnectedAt is null && _clientUser.Closed is null)
        {
            // The first one was aborted before the client heard of it, and the next ST_SYN begins again.
            return _serverUser = new TransferUser(
                _simulator, "server", _schedule.Plan(ofClient: false), _schedule.Plan(ofClient: true));
        }

        var ghost = new TransferUser(
            _simulator, "ghost", new TransferPlan { End = TransferEnd.Open }, _schedule.Plan(ofClient: true));
        _ghosts.Add(ghost);
        return ghost;
    }

    private void LowerMtu()
    {
        foreach (var link in new[] { _forth, _back })
            link.Options = link.Options with { MtuBytes = (int)_schedule[Knob.FallenMtuBytes] };
    }

    private void KillServer()
    {
        _serverIsDead = true;
        _server.Kill();
    }

    private bool IsOver()
    {
        if (_simulator.EventsHandled % CheckEveryEvents == 0)
            CheckDeliveries();
        return _clientUser.Closed is not null && (_serverUser.Closed is not null || _serverIsDead || _accepted == 0);
    }

    // What one side counts as delivered, the other has.
    private void CheckDeliveries()
    {
        if (_clientUser.Connection is not { } client || _serverUser.Connection is not { } server)
            return;
        var (c, s) = (client.Core.GetStatistics(), server.Core.GetStatistics());
        if (c.BytesDelivered > s.BytesReceived || s.BytesDelivered > c.BytesReceived)
            throw Violation($"more is reported delivered than arrived: client {c.BytesDelivered}/{s.BytesReceived}, server {s.BytesDelivered}/{c.BytesReceived}");
        var window = _schedule[Knob.MaxReceiveWindowBytes];
        if (_schedule[Knob.Mode] != (long)DeliveryMode.Frames && (c.ReorderBytes > window || s.ReorderBytes > window))
            throw Violation($"more waits out of order than the window of {window} allows: {c.ReorderBytes}, {s.ReorderBytes}");
    }

    private void CheckOutcome()
    {
        CheckDeliveries();
        foreach (var user in new[] { _clientUser, _serverUser })
        {
            if (user.Closed is { Cause: CloseCause.ConfirmedClosed or CloseCause.PeerClosed or CloseCause.Closed } && !user.IsComplete)
                throw Violation($"closed by {user.Closed.Value.Cause} though not everything had arrived");
        }

        if (_schedule.Ending == Ending.Peaceful && !IsPeaceful(_clientUser) && !IsPeaceful(_serverUser))
            throw Violation("the connection failed though the network let enough through");
        if (_schedule.Ending == Ending.Peaceful && !(BytesArrived && (IsPeaceful(_clientUser) || IsPeaceful(_serverUser))))
            throw Violation("one side was told of a failure, and not everything had arrived");
    }

    private bool BytesArrived => _clientUser.BytesReceived == _schedule.Bytes && _serverUser.BytesReceived == _schedule.Bytes;

    private static bool IsPeaceful(TransferUser user) => user.Closed?.Cause == CloseCause.ConfirmedClosed;

    private SimulationViolationException Violation(string what) => new(
        $"at {_simulator.Now.Micros} µs, {_simulator.EventsHandled} events: {what}; "
        + $"client read {_clientUser.BytesReceived}, wrote {_clientUser.BytesWritten}, of {_schedule.Bytes}, closed {_clientUser.Closed}; "
        + $"server read {_serverUser.BytesReceived}, wrote {_serverUser.BytesWritten}, closed {_serverUser.Closed}; "
        + $"client {_clientUser.Connection?.Core.GetStatistics()}; server {_serverUser.Connection?.Core.GetStatistics()}; "
        + $"client port {_client.ConnectionCount} {_client.RouterStatistics}; server port {_server.ConnectionCount} {_server.RouterStatistics}");
}

/// <summary>What a schedule came to.</summary>
/// <param name="Succeeded">Everything arrived, and both closed in peace.</param>
/// <param name="FalseAlarm">
/// Everything arrived, but one side was told of a failure: the last acknowledgements were lost until the other side had forgotten
/// the connection. No protocol can exclude that (the last message is never acknowledged); it must be rare.
/// </param>
/// <param name="PacketsEachWay">Packets that the side which sent fewer has sent.</param>
/// <param name="WrapDuplicates">Packets that came back a whole wrap later.</param>
/// <param name="Micros">When both had heard the end.</param>
/// <param name="Events">Events of the simulation.</param>
/// <param name="Fingerprint">Of all datagrams that were delivered.</param>
internal readonly record struct ScheduleResult(bool Succeeded, bool FalseAlarm, long PacketsEachWay, long WrapDuplicates, long Micros, long Events, ulong Fingerprint);
