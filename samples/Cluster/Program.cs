// Three processes form a cluster over uTP, share thirty accounts, lose a process, and recover. One process: "node NAME [ADDRESS]", ADDRESS as the first one prints it.
using System.Diagnostics;

if (args is ["node", var name, .. var seed])
{
    await Node.RunAsync(name, seed.FirstOrDefault());
    return 0;
}

if (args.Length > 0)
{
    Console.Error.WriteLine("Usage: Cluster [node NAME [ADDRESS-OF-ANOTHER]]");
    return 2;
}

const int Accounts = 30;
using var first = new NodeProcess("node-1", null);
var address = (await first.SeesAsync("listens at "))["listens at ".Length..];
using var second = new NodeProcess("node-2", address);
using var third = new NodeProcess("node-3", address);
await first.SeesAsync("sees 3 node(s) up");
await first.DepositUntilAsync(Accounts, nodes: 3);

Console.WriteLine("node-3 is killed.");
third.Kill();
await first.SeesAsync("does not hear from");
await first.SeesAsync("sees 2 node(s) up");
await first.DepositUntilAsync(Accounts, nodes: 2);

Console.WriteLine("node-4 takes its place.");
using var fourth = new NodeProcess("node-4", address);
await first.SeesAsync("sees 3 node(s) up");
await first.DepositUntilAsync(Accounts, nodes: 3);

foreach (var node in new[] { fourth, second, first })
    await node.LeaveAsync();
Console.WriteLine($"A node was lost, and another took its place: all {Accounts} accounts answered.");
return 0;

/// <summary>A node in a process of its own: what it prints is shown behind its name.</summary>
sealed class NodeProcess : IDisposable
{
    private readonly string _name;
    private readonly Process _process;

    public NodeProcess(string name, string? seed)
    {
        _name = name;
        string[] arguments = [typeof(Node).Assembly.Location, "node", name, .. seed is null ? Array.Empty<string>() : [seed]];
        _process = Process.Start(new ProcessStartInfo("dotnet", ["exec", .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>The next line that begins so; those before are shown, too.</summary>
    public async Task<string> SeesAsync(string beginning)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            Console.WriteLine($"{_name} {line}");
            if (line.StartsWith(beginning, StringComparison.Ordinal))
                return line;
        }

        throw new EndOfStreamException($"{_name} ended before it said \"{beginning}\".");
    }

    /// <summary>Has it pay into all accounts, again and again until they live on so many nodes: shards move to where there are fewest.</summary>
    public async Task DepositUntilAsync(int accounts, int nodes)
    {
        while (true)
        {
            await _process.StandardInput.WriteLineAsync($"{accounts}");
            if ((await SeesAsync($"{accounts} accounts")).Split(" on ").Length - 1 == nodes)
                return;
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    public void Kill() => _process.Kill();

    /// <summary>Ends its input, and waits until it has left the cluster.</summary>
    public async Task LeaveAsync()
    {
        _process.StandardInput.Close();
        await _process.StandardOutput.ReadToEndAsync();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
