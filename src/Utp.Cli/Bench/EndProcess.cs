using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Utp.Cli;

/// <summary>
/// A process that is one end of a benchmark. Disposing ends it: it is asked to first, by the end of its input, and killed by its id when it does not.
/// </summary>
internal sealed class EndProcess : IEndLink
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly string _name;
    private readonly Process _process;
    private readonly Task _errors;
    private readonly List<string> _said = [];

    private EndProcess(string name, Process process, Action<string> say)
    {
        _name = name;
        _process = process;
        _errors = ReadErrorsAsync(say);
    }

    /// <summary>Starts the process, on one core if that is asked, and gives it its plan.</summary>
    /// <exception cref="CliException">It cannot be started, or not be held to the core.</exception>
    public static async Task<EndProcess> StartAsync(string name, ProcessStartInfo start, EndPlan plan, int? core, Action<string> say)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        Process process;
        try
        {
            process = core is { } number ? CoreAffinity.Start(start, number) : Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new CliException($"The {name} cannot be started ({start.FileName}: {Sentences.OneLine(e.Message)}).", inner: e);
        }

        var end = new EndProcess(name, process, say);
        try
        {
            await end.WriteAsync(plan, CancellationToken.None).ConfigureAwait(false);
            return end;
        }
        catch
        {
            await end.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Has the end do something, and waits until it has.</summary>
    /// <exception cref="CliException">It could not, or it died.</exception>
    public async Task<EndReply> AskAsync(EndRequest request, CancellationToken cancellation)
    {
        await WriteAsync(request, cancellation).ConfigureAwait(false);
        if (await _process.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false) is not { } line)
            throw await DiedAsync().ConfigureAwait(false);
        var reply = JsonSerializer.Deserialize(line, EndProtocol.Json<EndReply>())!;
        return reply.Error is null ? reply : throw new CliException(reply.Error, reply.ExitCode == ExitCode.Done ? ExitCode.Failed : reply.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().WaitAsync(EndPatience).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            _process.Kill();
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }

        _process.Dispose();
    }

    private async Task WriteAsync<T>(T message, CancellationToken cancellation)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(message, EndProtocol.Json<T>()).AsMemory(), cancellation).ConfigureAwait(false);
            await _process.StandardInput.FlushAsync(cancellation).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It is dead: what it said last is read instead of an answer.
        }
    }

    private async Task<CliException> DiedAsync()
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        await _errors.ConfigureAwait(false);
        string said;
        lock (_said)
            said = string.Join(' ', _said.TakeLast(3));
        return new CliException(string.Create(
            CultureInfo.InvariantCulture, $"The {_name} ended early, with exit code {_process.ExitCode}{(said.Length == 0 ? "" : $" ({said})")}."));
    }

    private async Task ReadErrorsAsync(Action<string> say)
    {
        while (await _process.StandardError.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            lock (_said)
                _said.Add(line);
            // The sentence that ends it comes with its answer, too.
            if (!line.StartsWith("utp: ", StringComparison.Ordinal))
                say($"{_name}: {line}");
        }
    }
}
