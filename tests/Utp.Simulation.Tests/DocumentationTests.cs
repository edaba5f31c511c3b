using System.Text.RegularExpressions;
using Utp.Simulation.Tests.Network;
using Utp.Sockets;

namespace Utp.Simulation.Tests;

/// <summary>The example of docs/simulation.md is the one that runs here.</summary>
public partial class DocumentationTests
{
    [Fact]
    public void The_example_of_the_page_runs()
    {
        // begin
        var simulator = new Simulator(seed: 1);
        var network = new SimulatedNetwork(simulator, new LinkOptions
        {
            LatencyMicros = 20_000,
            Loss = Ratio.Percent(3),
            RateBytesPerSecond = 1_250_000,
            QueueBytes = 64_000,
        });
        var client = new SimulatedEndpoint(network, Address(1));
        var server = new SimulatedEndpoint(network, Address(2));

        // Both sides know what is sent, so every byte is checked where it arrives.
        var upload = new TransferPlan { Key = 1, Bytes = 1_000_000 };
        var nothing = new TransferPlan();
        var sender = new TransferUser(simulator, "sender", send: upload, receive: nothing);
        var receiver = new TransferUser(simulator, "receiver", send: nothing, receive: upload);
        server.Listen(_ => receiver);
        client.Connect(server.Address, sender);

        var end = simulator.RunUntil(() => sender.Closed is not null && receiver.Closed is not null);
        // end
        Assert.Equal(RunEnd.Done, end);
        Assert.Equal(1_000_000, receiver.BytesReceived);
    }

    [Fact]
    public void The_page_shows_the_example_as_it_is()
    {
        var source = File.ReadAllText(InTheTree("tests", "Utp.Simulation.Tests", "DocumentationTests.cs"));
        var page = File.ReadAllText(InTheTree("docs", "simulation.md"));
        var example = Between().Match(source).Groups[1].Value;

        Assert.Equal(Indent().Replace(example, ""), Shown().Match(page).Groups[1].Value);
    }

    private static UdpEndPoint Address(int host) => TwoHosts.Address(host);

    private static string InTheTree(params string[] path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Utp.sln")))
            folder = folder.Parent;
        return Path.Combine([folder!.FullName, .. path]);
    }

    [GeneratedRegex(@"// begin\n(.*?) *// end\n", RegexOptions.Singleline)]
    private static partial Regex Between();

    [GeneratedRegex("^        ", RegexOptions.Multiline)]
    private static partial Regex Indent();

    [GeneratedRegex(@"<!-- example -->\s*```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shown();
}
