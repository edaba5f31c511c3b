using Utp.Protocol;
using Utp.Simulation.Tests.Network;
using Utp.Sockets;

namespace Utp.Simulation.Tests.Scenarios;

/// <summary>
/// Two end points, one connection between them, and a planned stream in each direction: what a scenario needs. The scenario says
/// what the network does, then runs, then asks.
/// </summary>
internal sealed class Transfer
{
    public static readonly UdpEndPoint ClientAddress = TwoHosts.Address(1);
    public static readonly UdpEndPoint ServerAddress = TwoHosts.Address(2);

    private readonly TransferPlan _request;
    private readonly TransferPlan _answer;
    private bool _started;

    /// <param name="link">Both directions of the link.</param>
    /// <param name="request">What the client sends; default nothing but its end.</param>
    /// <param name="answer">What the server sends; default nothing but its end.</param>
    /// <param name="options">Of both connections.</param>
    /// <param name="client">The client's machine.</param>
    /// <param name="server">The server's machine.</param>
    /// <param name="seed">Of the simulation.</param>
    /// <param name="limits">Of the simulation.</param>
    public Transfer(
        LinkOptions? link = null,
        TransferPlan? request = null,
        TransferPlan? answer = null,
        ConnectionOptions? options = null,
        EndpointOptions? client = null,
        EndpointOptions? server = null,
        ulong seed = 1,
        SimulatorLimits? limits = null)
    {
        _request = (request ?? new TransferPlan()) with { Key = 0xC11E };
        _answer = (answer ?? new TransferPlan()) with { Key = 0x5E12 };
        ClientOptions = ServerOptions = options ?? ConnectionOptions.Default;
        Simulator = new Simulator(seed, limits);
        Network = new SimulatedNetwork(Simulator);
        Client = new SimulatedEndpoint(Network, ClientAddress, client);
        Server = new SimulatedEndpoint(Network, ServerAddress, server);
        (Forth, Back) = Network.Connect(ClientAddress, ServerAddress, link ?? new LinkOptions { LatencyMicros = 10_000 });
        ClientUser = new TransferUser(Simulator, "client", _request, _answer);
        ServerUser = new TransferUser(Simulator, "server", _answer, _request);
    }

    public Simulator Simulator { get; }
    public SimulatedNetwork Network { get; }
    public SimulatedEndpoint Client { get; }
    public SimulatedEndpoint Server { get; }

    /// <summary>Client to server.</summary>
    public SimulatedLink Forth { get; }

    /// <summary>Server to client.</summary>
    public SimulatedLink Back { get; }

    public TransferUser ClientUser { get; }
    public TransferUser ServerUser { get; }
    public ConnectionOptions ClientOptions { get; set; }
    public ConnectionOptions ServerOptions { get; set; }

    /// <summary>How many connections the server accepted.</summary>
    public int Accepted { get; private set; }

    /// <summary>Both connections are over for their users.</summary>
    public bool IsOver => ClientUser.Closed is not null && (ServerUser.Closed is not null || Accepted == 0);

    public ConnectionStats ClientStats => ClientUser.Connection!.Core.GetStatistics();

    public ConnectionStats ServerStats => ServerUser.Connection!.Core.GetStatistics();

    /// <summary>The server listens, the client connects. A second connection at the server is a failure.</summary>
    public SimulatedConnection Start()
    {
        Server.Listen(_ => ++Accepted == 1 ? ServerUser : throw new SimulationViolationException("a second connection was accepted"), ServerOptions);
        return Connect();
    }

    /// <summary>The client connects; the server does what the scenario made it do.</summary>
    public SimulatedConnection Connect()
    {
        _started = true;
        return Client.Connect(ServerAddress, ClientUser, ClientOptions, ClientUser.TakeInitialData());
    }

    /// <summary>Starts if nobody has, and runs until both users have heard the end.</summary>
    public Transfer Run()
    {
        if (!_started)
            Start();
        RunUntil(() => IsOver);
        return this;
    }

    public void RunUntil(Func<bool> done)
    {
        var end = Simulator.RunUntil(done);
        Assert.True(end == RunEnd.Done, $"The run ended by {end} at {Simulator.Now.Micros} µs: {Describe()}");
    }

    /// <summary>Runs to the end, and everything that was planned has arrived, and both have closed in peace.</summary>
    public Transfer RunToSuccess()
    {
        Run();
        Assert.True(ClientUser.IsComplete, $"the client: {Describe()}");
        Assert.True(ServerUser.IsComplete, $"the server: {Describe()}");
        Assert.Equal(CloseCause.ConfirmedClosed, ClientUser.Closed!.Value.Cause);
        Assert.Equal(CloseCause.ConfirmedClosed, ServerUser.Closed!.Value.Cause);
        return this;
    }

    /// <summary>Lets everything end that is on its way; afterwards nothing is left anywhere.</summary>
    public void RunOut()
    {
        Assert.Equal(RunEnd.Idle, Simulator.RunToEnd());
        Assert.Equal(0, Client.ConnectionCount + Server.ConnectionCount);
        Assert.Equal(0, Network.DatagramsInFlight);
    }

    private string Describe() =>
        $"client {ClientUser.BytesReceived}/{_answer.Bytes} read, {ClientUser.BytesWritten}/{_request.Bytes} written, closed {ClientUser.Closed}; "
        + $"server {ServerUser.BytesReceived}/{_request.Bytes} read, {ServerUser.BytesWritten}/{_answer.Bytes} written, closed {ServerUser.Closed}; "
        + $"client core {ClientUser.Connection?.Core.GetStatistics()}; server core {ServerUser.Connection?.Core.GetStatistics()}";
}
