using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace Utp.Cli;

/// <summary><c>utp bench</c>: measures between two processes, on loopback or on two machines, through actors on both ends.</summary>
internal static class BenchCommand
{
    private const string Name = "bench";

    public static Command Create(CommandRunner runner) => new(Name, "Measures: two processes on loopback or on two machines, real sockets, and actors or streams on both ends.")
    {
        Bulk(runner),
        Ping(runner),
        Idle(runner),
        Accept(runner),
        ServeCommand.Create(runner),
        FirstCommand.Create(runner),
        RemoteCommand.Create(runner),
        ObservedCommand.Create(runner),
        PageCommand.Create(runner),
        CompareCommand.Create(runner),
    };

    private static Command Bulk(CommandRunner runner)
    {
        var options = new BenchOptions();
        var connections = BenchOptions.Connections(1);
        var ports = BenchOptions.Ports();
        var mtu = BenchOptions.Mtu();
        var bytes = BenchOptions.Bytes();
        var api = BenchOptions.Api(withFlows: true);
        var command = new Command("bulk", "Moves bytes as fast as it can, and checks them.")
        {
            api, connections, ports, mtu, bytes, options.Seconds, options.WarmUp, options.Pin,
        };
        options.Validate(command, bytes);
        options.AddServer(command);
        runner.Attach(command, run =>
        {
            var parsed = run.Parsed;
            var plan = new EndPlan { Work = BenchWork.Bulk, Carrier = parsed.GetValue(api).Carrier, Connections = parsed.GetValue(connections), Ports = parsed.GetValue(ports) };
            return RunAsync(run, options.Job(parsed, plan) with { Bytes = parsed.GetValue(bytes) }, BenchSettings.Of(plan, parsed.GetValue(mtu).Setting));
        });
        return command;
    }

    private static Command Ping(CommandRunner runner)
    {
        var options = new BenchOptions();
        var size = Parsers.Size("--size", "Bytes of the message.", 64, 1 << 20);
        var api = BenchOptions.Api();
        var command = new Command("ping", "A message there and back, then the next: how long it takes.") { api, size, options.Seconds, options.WarmUp, options.Pin };
        size.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<SizeArgument>().Bytes is > 0 and < sizeof(long))
                result.AddError("--size is at least 8 bytes: a number that shows which message came back");
        });
        options.AddServer(command);
        runner.Attach(command, run =>
        {
            var plan = new EndPlan { Work = BenchWork.Ping, Carrier = run.Parsed.GetValue(api).Carrier, MessageBytes = (int)run.Parsed.GetValue(size).Bytes };
            return RunAsync(run, options.Job(run.Parsed, plan), BenchSettings.Of(plan, null));
        });
        return command;
    }

    private static Command Idle(CommandRunner runner)
    {
        var options = new BenchOptions(seconds: 30, warmUp: 12);
        var connections = BenchOptions.Connections(10_000);
        var ports = BenchOptions.Ports();
        var command = new Command("idle", "Opens connections and leaves them alone: what each of them costs.") { connections, ports, options.Seconds, options.WarmUp };
        options.AddServer(command);
        runner.Attach(command, run =>
        {
            var count = run.Parsed.GetValue(connections);
            var plan = new EndPlan { Work = BenchWork.Idle, Carrier = BenchCarrier.Utp, Connections = count, Ports = BenchSettings.PortsFor(count, run.Parsed.GetValue(ports)) };
            return RunAsync(run, options.Job(run.Parsed, plan), BenchSettings.Of(plan, null));
        });
        return command;
    }

    private static Command Accept(CommandRunner runner)
    {
        var options = new BenchOptions();
        var connections = BenchOptions.Connections(100);
        var ports = BenchOptions.Ports();
        ports.DefaultValueFactory = static _ => BenchSettings.PortsOfAccept;
        var size = Parsers.Size("--size", "Bytes of the message that goes each way.", 64, 1 << 20);
        var api = BenchOptions.Api();
        var command = new Command("accept", "Sets up connections, moves one message each way, closes them properly: how many a second.")
        {
            api, connections, ports, size, options.Seconds, options.WarmUp, options.Pin,
        };
        connections.Description = "How many are going on at the same time.";
        options.AddServer(command);
        runner.Attach(command, run =>
        {
            var plan = new EndPlan
            {
                Work = BenchWork.Accept,
                Carrier = run.Parsed.GetValue(api).Carrier,
                Connections = run.Parsed.GetValue(connections),
                Ports = run.Parsed.GetValue(ports),
                MessageBytes = (int)run.Parsed.GetValue(size).Bytes,
            };
            return RunAsync(run, options.Job(run.Parsed, plan), BenchSettings.Of(plan, null));
        });
        return command;
    }

    private static async Task<Outcome> RunAsync(CommandRun run, BenchJob job, IReadOnlyList<string> settings)
    {
        var name = $"{Name} {job.Plan.Work.ToString().ToLowerInvariant()}";
        // What is wrong with the configuration is said here, and not by an end.
        var arguments = (string[])[EndCommand.Name, .. run.Forward(settings)];
        try
        {
            var result = await BenchRun.RunAsync(job, _ => SelfStart.Of(arguments), run.Terminal.Say, run.Interrupt, () => UtpNode.StartAsync(run.Configuration, run.Terminal)).ConfigureAwait(false);
            var figures = BenchFigures.Of(job, result);
            if (!run.Json)
                Show(run.Terminal.People, job, figures);
            var outcome = new Outcome(name)
                .With("connections", (long)job.Plan.Connections)
                .With("ports", (long)job.Plan.Ports)
                .With("pinned", job.Pin)
                .With("coresOfAnEnd", (long)result.ClientEnd.Cores);
            foreach (var figure in figures)
                outcome.With(figure.Name, figure.Value);
            return outcome;
        }
        catch (OperationCanceledException)
        {
            return new Outcome(name, Sentences.Interrupted);
        }
        catch (CliException e)
        {
            return new Outcome(name, e.Message, e.ExitCode);
        }
    }

    private static void Show(IAnsiConsole console, BenchJob job, IReadOnlyList<Figure> figures)
    {
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumns(new TableColumn(""), new TableColumn("").RightAligned());
        foreach (var figure in figures.Where(static f => f.Value is not null))
            table.AddRow(figure.Title, figure.Text);
        console.Write(table);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{job.Plan.Work} over {job.Plan.Connections} connection(s), {(job.Server is { } server ? $"the server at {Addresses.Text(server)}" : $"two processes{(job.Pin ? " on one core" : "")}")}, {Environment.ProcessorCount} cores{(job.Server is null ? "" : " here")}."));
    }
}
