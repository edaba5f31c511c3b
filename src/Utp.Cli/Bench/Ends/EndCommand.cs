using System.CommandLine;
using System.Text.Json;

namespace Utp.Cli;

/// <summary><c>utp bench-end</c>, hidden: one end of a benchmark, which the command starts as a process of its own and tells what to do.</summary>
internal static class EndCommand
{
    public const string Name = "bench-end";

    // How often an end looks whether enough is done; it is late by half of it on average.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(1);

    public static Command Create(CommandRunner runner)
    {
        var command = new Command(Name, "One end of a benchmark.") { Hidden = true };
        runner.Attach(command, RunAsync);
        return command;
    }

    private static async Task<Outcome> RunAsync(CommandRun run)
    {
        using var input = new StreamReader(run.Terminal.Input);
        var output = new StreamWriter(run.Terminal.Output) { AutoFlush = true };
        await using var outputEnd = output.ConfigureAwait(false);
        try
        {
            await ServeAsync(run, input, output).ConfigureAwait(false);
            return new Outcome(Name);
        }
        catch (CliException e)
        {
            await AnswerAsync(output, new EndReply { Error = e.Message, ExitCode = e.ExitCode }).ConfigureAwait(false);
            return new Outcome(Name, e.Message, e.ExitCode);
        }
    }

    private static async Task ServeAsync(CommandRun run, StreamReader input, StreamWriter output)
    {
        if (await ReadAsync<EndPlan>(input).ConfigureAwait(false) is not { } plan)
            return;
        using var meter = plan.ListensToMeter ? new MeterCollector() : null;
        var tally = new Tally();
        var end = await EndFactory.CreateAsync(plan, tally, run).ConfigureAwait(false);
        await using var endOfEnd = end.ConfigureAwait(false);
        while (await ReadAsync<EndRequest>(input).ConfigureAwait(false) is { } request)
        {
            var answer = DoAsync(end, tally, request);
            var first = await Task.WhenAny(answer, tally.Failed).ConfigureAwait(false);
            if (first == tally.Failed)
                throw new CliException(await tally.Failed.ConfigureAwait(false));
            await AnswerAsync(output, await answer.ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    private static async Task<EndReply> DoAsync(IBenchEnd end, Tally tally, EndRequest request)
    {
        switch (request.Do)
        {
            case EndProtocol.Open:
                return new EndReply { Ports = await end.OpenAsync(request.Ports).ConfigureAwait(false) };

            case EndProtocol.Go:
                await end.GoAsync(request.Bytes).ConfigureAwait(false);
                return new EndReply();

            case EndProtocol.Finish:
                await end.FinishAsync().ConfigureAwait(false);
                return new EndReply { Mark = tally.Mark(null, request.Collect) };

            case EndProtocol.Mark:
                while (tally.BytesReceived < request.Bytes || tally.Completed < request.Completed)
                    await Task.Delay(LookAgain).ConfigureAwait(false);
                return new EndReply { Mark = tally.Mark(await end.CountPacketsAsync().ConfigureAwait(false), request.Collect) };

            default:
                throw new CliException($"'{request.Do}' is nothing that an end of a benchmark does.");
        }
    }

    private static async Task<T?> ReadAsync<T>(StreamReader input)
        where T : class =>
        await input.ReadLineAsync().ConfigureAwait(false) is { } line ? JsonSerializer.Deserialize(line, EndProtocol.Json<T>()) : null;

    private static async Task AnswerAsync(StreamWriter output, EndReply reply)
    {
        try
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(reply, EndProtocol.Json<EndReply>())).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The command is gone; the end of our input says so, too.
        }
    }
}
