using System.Collections.Concurrent;
using System.Text.Json;

namespace Utp.Links.Agents;

/// <summary>A process on one host of a link: does what its standard input says, until that ends.</summary>
internal static class AgentProgram
{
    public static async Task<int> RunAsync(TextReader input, TextWriter output)
    {
        var jobs = new ConcurrentDictionary<long, AgentJob>();
        var gate = new SemaphoreSlim(1);
        while (await input.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            var request = JsonSerializer.Deserialize<AgentRequest>(line, AgentJson.Options)!;
            _ = Task.Run(async () =>
            {
                AgentReply reply;
                try
                {
                    reply = await DoAsync(request, jobs).ConfigureAwait(false);
                }
                catch (Exception e)
                {
                    // Whoever asked must hear of it, whatever it is.
                    reply = new AgentReply(request.Id, $"{e.GetType().Name}: {e.Message}");
                }

                await gate.WaitAsync().ConfigureAwait(false);
                await output.WriteLineAsync(JsonSerializer.Serialize(reply, AgentJson.Options)).ConfigureAwait(false);
                await output.FlushAsync().ConfigureAwait(false);
                gate.Release();
            });
        }

        return 0;
    }

    private static async Task<AgentReply> DoAsync(AgentRequest request, ConcurrentDictionary<long, AgentJob> jobs)
    {
        switch (request.Operation)
        {
            case AgentOperation.Listen:
                return new AgentReply(request.Id, Port: await Add().ListenAsync().ConfigureAwait(false));
            case AgentOperation.Send:
                var job = Add();
                await job.SendAsync().ConfigureAwait(false);
                return new AgentReply(request.Id, Flows: await job.ReadAsync().ConfigureAwait(false));
            case AgentOperation.Read:
                return new AgentReply(request.Id, Flows: await jobs[request.Job].ReadAsync().ConfigureAwait(false));
            case AgentOperation.Await:
                return new AgentReply(request.Id, Flows: await jobs[request.Job].AwaitAsync(request.Count).ConfigureAwait(false));
            case AgentOperation.Lines:
                return new AgentReply(request.Id, Lines: jobs[request.Job].Lines);
            case AgentOperation.Stop:
                if (jobs.TryRemove(request.Job, out var stopped))
                    await stopped.DisposeAsync().ConfigureAwait(false);
                return new AgentReply(request.Id);
            default:
                return new AgentReply(request.Id, $"There is no operation {request.Operation}.");
        }

        AgentJob Add() => jobs[request.Id] = new AgentJob(request.Plan!);
    }
}
