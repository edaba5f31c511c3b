using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Utp.Links.Agents;

namespace Utp.Links;

/// <summary>
/// The process that moves bytes on one host of a link, as its user sees it. Any thread. Disposing ends it: by the end of its input, and by its id when it does not.
/// </summary>
public sealed class Agent : IAsyncDisposable
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);
    private readonly Process _process;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<AgentReply>> _open = [];
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Task<string> _errors;
    private readonly Task _replies;
    private long _id;

    private Agent(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _replies = ReadRepliesAsync();
    }

    /// <summary>Of the machine: /proc tells what the agent holds.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Starts it on a host.</summary>
    /// <param name="start"><see cref="RealLink.OnLeft"/> or <see cref="RealLink.OnRight"/>.</param>
    public static Agent Start(Func<string, IEnumerable<string>, ProcessStartInfo> start)
    {
        ArgumentNullException.ThrowIfNull(start);
        var program = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var info = start(program, [Path.Combine(AppContext.BaseDirectory, "Utp.Links.dll"), "agent"]);
        info.RedirectStandardInput = info.RedirectStandardOutput = info.RedirectStandardError = true;
        return new Agent(Process.Start(info)!);
    }

    /// <summary>Accepts connections and checks what comes.</summary>
    /// <returns>The job, and its port.</returns>
    public async Task<(long Job, int Port)> ListenAsync(FlowPlan plan)
    {
        var (id, reply) = Ask(AgentOperation.Listen, plan);
        return (id, (await reply.ConfigureAwait(false)).Port);
    }

    /// <summary>Opens a connection and sends.</summary>
    /// <returns>The job, and how the connection ended, when it has.</returns>
    public (long Job, Task<FlowReport> End) Send(FlowPlan plan)
    {
        var (id, reply) = Ask(AgentOperation.Send, plan);
        return (id, FirstAsync(reply));
    }

    /// <summary>How the connections of a job stand, in the order in which they came.</summary>
    public async Task<IReadOnlyList<FlowReport>> ReadAsync(long job) => (await Ask(AgentOperation.Read, job: job).Reply.ConfigureAwait(false)).Flows ?? [];

    /// <summary>Which warnings a log would have of a job.</summary>
    public async Task<IReadOnlyList<string>> ReadLinesAsync(long job) => (await Ask(AgentOperation.Lines, job: job).Reply.ConfigureAwait(false)).Lines ?? [];

    /// <summary>Waits until so many connections of a job are over.</summary>
    public async Task<IReadOnlyList<FlowReport>> AwaitAsync(long job, int count = 1) => (await Ask(AgentOperation.Await, job: job, count: count).Reply.ConfigureAwait(false)).Flows ?? [];

    /// <summary>Aborts a job's connections, and closes its port.</summary>
    public Task StopAsync(long job) => Ask(AgentOperation.Stop, job: job).Reply;

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().WaitAsync(EndPatience).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }

        await _replies.ConfigureAwait(false);
        _process.Dispose();
    }

    private static async Task<FlowReport> FirstAsync(Task<AgentReply> reply) => (await reply.ConfigureAwait(false)).Flows![0];

    private (long Id, Task<AgentReply> Reply) Ask(AgentOperation operation, FlowPlan? plan = null, long job = 0, int count = 0)
    {
        var id = Interlocked.Increment(ref _id);
        var reply = new TaskCompletionSource<AgentReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[id] = reply;
        _ = WriteAsync(new AgentRequest(id, operation, plan, job, count));
        return (id, reply.Task);
    }

    private async Task WriteAsync(AgentRequest request)
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request, AgentJson.Options)).ConfigureAwait(false);
            await _process.StandardInput.FlushAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It is dead: the end of its replies tells everybody.
        }

        _gate.Release();
        if (_replies.IsCompleted && _open.TryRemove(request.Id, out var late))
            late.TrySetException(new InvalidOperationException("The agent has ended."));
    }

    private async Task ReadRepliesAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            var reply = JsonSerializer.Deserialize<AgentReply>(line, AgentJson.Options)!;
            if (!_open.TryRemove(reply.Id, out var asked))
                continue;
            if (reply.Error is null)
                asked.TrySetResult(reply);
            else
                asked.TrySetException(new InvalidOperationException(reply.Error));
        }

        var said = (await _errors.ConfigureAwait(false)).Trim();
        foreach (var (_, asked) in _open)
            asked.TrySetException(new InvalidOperationException($"The agent has ended{(said.Length == 0 ? "" : $": {said}")}."));
    }
}
