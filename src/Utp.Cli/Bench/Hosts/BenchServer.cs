using System.Text.Json;
using Utp.Streams;

namespace Utp.Cli;

/// <summary>
/// The server's part of benchmarks that others run: for each a process that is the server's end, which hears what its client asks for. One at a time, since two would measure
/// each other. A client may be anybody, so its plan is checked, and it ends with its connection.
/// </summary>
/// <param name="run">The command that serves.</param>
/// <param name="dataPort">The port of the work; 0: any free one.</param>
internal sealed class BenchServer(CommandRun run, int dataPort) : IDisposable
{
    private const int MaxRequestBytes = 4 << 10;
    private const int MaxConnections = 10_000;
    private const int MaxMessageBytes = 1 << 20;
    private const int MaxWriteBytes = 1 << 20;

    private readonly SemaphoreSlim _free = new(1, 1);

    /// <summary>Benchmarks that came to their end.</summary>
    public long Done { get; private set; }

    /// <summary>Benchmarks that did not.</summary>
    public long Failed { get; private set; }

    /// <summary>Serves one client, to its end. Does not fail.</summary>
    public async Task ServeAsync(UtpStream stream)
    {
        await using var endOfStream = stream.ConfigureAwait(false);
        var peer = Addresses.Text(stream.RemoteEndPoint);
        try
        {
            var lines = new JsonLines(stream, MaxRequestBytes);
            if (await lines.ReadAsync<BenchHello>(run.Interrupt).ConfigureAwait(false) is not { } hello)
                return;
            if (Problem(hello) is { } problem)
            {
                await lines.WriteAsync(new EndReply { Error = problem }, run.Interrupt).ConfigureAwait(false);
                return;
            }

            if (!await _free.WaitAsync(TimeSpan.Zero, run.Interrupt).ConfigureAwait(false))
            {
                await lines.WriteAsync(new EndReply { Error = "It serves another benchmark: try again when that is over." }, run.Interrupt).ConfigureAwait(false);
                return;
            }

            try
            {
                run.Terminal.Say($"{peer}: {hello.Plan.Work} over {hello.Plan.Connections} connection(s).");
                await RelayAsync(lines, hello.Plan with { IsServer = true, Host = HostOf(stream), Port = dataPort }).ConfigureAwait(false);
                Done++;
            }
            finally
            {
                _free.Release();
            }
        }
        catch (Exception e) when (e is IOException or CliException or JsonException or OperationCanceledException)
        {
            Failed++;
            run.Terminal.Say($"{peer}: {(e is OperationCanceledException ? "interrupted." : Sentences.OneLine(e.Message))}");
        }
    }

    /// <summary>When nothing is served.</summary>
    public async Task WhenIdleAsync()
    {
        await _free.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _free.Release();
    }

    /// <summary>Call when nothing is served.</summary>
    public void Dispose() => _free.Dispose();

    private async Task RelayAsync(JsonLines lines, EndPlan plan)
    {
        var arguments = (string[])[EndCommand.Name, .. run.Forward(BenchSettings.Of(plan, null))];
        var end = await EndProcess.StartAsync("server", SelfStart.Of(arguments), plan, core: null, run.Terminal.Say).ConfigureAwait(false);
        await using var endOfEnd = end.ConfigureAwait(false);
        await lines.WriteAsync(new EndReply(), run.Interrupt).ConfigureAwait(false);
        while (await lines.ReadAsync<EndRequest>(run.Interrupt).ConfigureAwait(false) is { } request)
        {
            EndReply reply;
            try
            {
                reply = await end.AskAsync(request, run.Interrupt).ConfigureAwait(false);
            }
            catch (CliException e)
            {
                await lines.WriteAsync(new EndReply { Error = e.Message, ExitCode = e.ExitCode }, run.Interrupt).ConfigureAwait(false);
                throw;
            }

            await lines.WriteAsync(reply, run.Interrupt).ConfigureAwait(false);
        }
    }

    private static string? Problem(BenchHello hello) => hello switch
    {
        { Version: not BenchHello.CurrentVersion } => $"It speaks version {BenchHello.CurrentVersion} of the benchmark's lines, and was asked for {hello.Version}: use the same utp at both ends.",
        { Plan: null } => "No plan was given.",
        { Plan.Work: not (BenchWork.Bulk or BenchWork.Ping or BenchWork.Idle or BenchWork.Accept) } => $"It does not serve {hello.Plan.Work}.",
        { Plan.Carrier: not (BenchCarrier.Utp or BenchCarrier.UtpStream or BenchCarrier.UtpFlow) } => $"It does not serve {hello.Plan.Carrier}.",
        { Plan.Connections: < 1 or > MaxConnections } => $"It serves 1 to {MaxConnections} connections.",
        { Plan.MessageBytes: < sizeof(long) or > MaxMessageBytes } or { Plan.WriteBytes: < 1 or > MaxWriteBytes } => $"It serves messages of {sizeof(long)} to {MaxMessageBytes} bytes.",
        _ => null,
    };

    // The address that the client has reached is one that it can reach again.
    private static string HostOf(UtpStream stream)
    {
        var address = stream.LocalEndPoint.Address;
        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }
}
