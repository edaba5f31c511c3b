using System.Diagnostics;
using System.Globalization;

namespace Utp.Cluster.Tests;

/// <summary>A <see cref="NodeProgram"/> in a process of its own. What is waited for must come within a generous time.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private NodeProcess(string name, int port, string? seed, NodePlace place)
    {
        Name = name;
        string[] arguments = ["exec", typeof(NodeProcess).Assembly.Location, "node", name, place.Host, port.ToString(CultureInfo.InvariantCulture), .. seed is null ? Array.Empty<string>() : [seed]];
        var start = place.Start("dotnet", arguments);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public string Name { get; }

    /// <summary>As others reach it.</summary>
    public string Address { get; private set; } = "";

    public int Port => int.Parse(Address[(Address.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);

    /// <summary>Starts a node, and waits until it has joined.</summary>
    /// <param name="name">Its name, for sentences.</param>
    /// <param name="seed">A node of the cluster; null: it makes one.</param>
    /// <param name="port">Its port; 0: any.</param>
    /// <param name="place">Where it runs; null: here, on loopback.</param>
    public static async Task<NodeProcess> StartAsync(string name, string? seed = null, int port = 0, NodePlace? place = null)
    {
        var node = new NodeProcess(name, port, seed, place ?? NodePlace.Here);
        node.Address = await node.ReadAsync();
        return node;
    }

    /// <summary>What it answers.</summary>
    public async Task<string> AskAsync(string question)
    {
        await _process.StandardInput.WriteLineAsync(question);
        return await ReadAsync();
    }

    /// <summary>Asks until the answer is the right one.</summary>
    public async Task<string> UntilAsync(string question, Func<string, bool> isRight)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var answer = await AskAsync(question);
            if (isRight(answer))
                return answer;
            Assert.True(watch.Elapsed < Patience, $"{Name}, asked \"{question}\" for {Patience.TotalSeconds} s, answers \"{answer}\".");
            await Task.Delay(LookAgain);
        }
    }

    public Task UntilAsync(string question, string answer) => UntilAsync(question, given => given == answer);

    /// <summary>kill -9.</summary>
    public void Kill() => _process.Kill();

    /// <summary>SIGSTOP: it is there, and does nothing.</summary>
    public Task StopAsync() => SignalAsync("STOP");

    /// <summary>SIGCONT.</summary>
    public Task ContinueAsync() => SignalAsync("CONT");

    /// <summary>Leaves the cluster in order, and ends.</summary>
    public async Task LeaveAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(_process.ExitCode == 0, await _errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
    }

    private async Task<string> ReadAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException($"{Name} has ended: {await _errors}");

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}

/// <summary>Where a node runs.</summary>
/// <param name="Host">Its address.</param>
/// <param name="Start">How a program is started there.</param>
internal sealed record NodePlace(string Host, Func<string, string[], ProcessStartInfo> Start)
{
    public static readonly NodePlace Here = new("127.0.0.1", static (program, arguments) => new ProcessStartInfo(program, arguments));
}
