using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Akka.Configuration;
using Spectre.Console;
using Utp.Actors;

namespace Utp.Cli;

/// <summary><c>utp doctor</c>: what on this machine, and on the way to a peer, holds uTP back, what that costs, and what mends it. Changes nothing.</summary>
internal static class DoctorCommand
{
    private const string Name = "doctor";
    private const int MaxServers = 2;

    public static Command Create(CommandRunner runner)
    {
        var peer = Parsers.Peer(ArgumentArity.ZeroOrOne);
        var stun = new Option<string[]>("--stun") { Description = "A STUN server, to find out about a NAT; a second one tells its kind.", HelpName = "HOST:PORT", AllowMultipleArgumentsPerToken = false };
        stun.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (!Addresses.TryParsePeer(token.Value, out _, out var problem))
                    result.AddError(problem);
            }

            if (result.Tokens.Count > MaxServers)
                result.AddError($"--stun may stand {MaxServers} times at most");
        });
        var command = new Command(Name, "Says what holds uTP back here, what it costs, and what mends it.") { peer, stun };
        runner.Attach(command, run => RunAsync(run, run.Parsed.GetValue(peer), run.Parsed.GetValue(stun) ?? []));
        return command;
    }

    private static async Task<Outcome> RunAsync(CommandRun run, EndPoint? peer, string[] stun)
    {
        try
        {
            var findings = new List<Finding>(MachineChecks.Run(Settings(run)));
            if (peer is not null)
                findings.AddRange(await PathChecks.RunAsync((await AddressAsync(peer, AddressFamily.Unspecified, run.Interrupt).ConfigureAwait(false)).Address, run.Interrupt).ConfigureAwait(false));
            if (stun.Length > 0)
                findings.Add(await StunCheck.RunAsync(await ServersAsync(stun, run.Interrupt).ConfigureAwait(false), run.Interrupt).ConfigureAwait(false));
            return Report(run, findings);
        }
        catch (OperationCanceledException)
        {
            return new Outcome(Name, Sentences.Interrupted);
        }
        catch (SocketException e)
        {
            return new Outcome(Name, $"No UDP socket can be had on loopback ({Sentences.OneLine(e.Message)}): nothing of uTP works here until that does.");
        }
    }

    private static UtpSettings Settings(CommandRun run)
    {
        try
        {
            return UtpSettings.Parse(run.Configuration.WithFallback(ConfigurationFactory.Default()));
        }
        catch (ConfigurationException e)
        {
            throw CliException.WrongUsage(Sentences.OneLine(e.Message), e);
        }
    }

    private static async Task<IReadOnlyList<IPEndPoint>> ServersAsync(string[] stun, CancellationToken cancellation)
    {
        var servers = new List<IPEndPoint>();
        foreach (var text in stun)
        {
            if (!Addresses.TryParsePeer(text, out var server, out var problem))
                throw CliException.WrongUsage(problem);
            servers.Add(await AddressAsync(server!, servers.Count > 0 ? servers[0].AddressFamily : AddressFamily.Unspecified, cancellation).ConfigureAwait(false));
        }

        return servers;
    }

    private static async Task<IPEndPoint> AddressAsync(EndPoint endPoint, AddressFamily family, CancellationToken cancellation)
    {
        if (endPoint is IPEndPoint address)
            return address;
        var name = (DnsEndPoint)endPoint;
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(name.Host, family, cancellation).ConfigureAwait(false);
            return new IPEndPoint(addresses[0], name.Port);
        }
        catch (SocketException e)
        {
            throw new CliException($"{name.Host} is not known ({Sentences.OneLine(e.Message)}): check the name, or give an address.", inner: e);
        }
    }

    private static Outcome Report(CommandRun run, IReadOnlyList<Finding> findings)
    {
        var costs = findings.Count(static finding => finding.Health == Health.Costs);
        if (!run.Json)
            Show(run.Terminal.People, findings);
        var outcome = new Outcome(Name).With("problems", (long)costs);
        foreach (var finding in findings)
        {
            outcome.With(finding.Name, finding.Health.ToString().ToLowerInvariant());
            if (finding.Mend is not null)
                outcome.With(finding.Name + "-mend", finding.Mend);
        }

        return outcome;
    }

    private static void Show(IAnsiConsole console, IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
        {
            var mark = finding.Health switch { Health.Good => "good", Health.Costs => "costs", _ => "unknown" };
            console.WriteLine($"{finding.Title}: {mark}. {finding.Found}.");
            if (finding.Cost is not null)
                console.WriteLine($"  {finding.Cost}");
            if (finding.Mend is not null)
                console.WriteLine($"  Mend it: {finding.Mend}");
        }
    }
}
