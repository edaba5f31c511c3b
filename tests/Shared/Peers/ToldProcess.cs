using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;

namespace Utp.Tests.Peers;

/// <summary>
/// A peer of another implementation in a process of its own. It is told what to do by JSON lines and tells what happened the same way; what it tells is kept in order until the
/// test asks for it. Disposing ends the process and nothing else.
/// </summary>
internal sealed class ToldProcess : IAsyncDisposable
{
    // A process that was told to end has this long before it is made to.
    private static readonly TimeSpan TimeToEnd = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly TimeSpan _patience;
    private readonly bool _keepsOthers;
    private readonly Channel<JsonElement> _events = Channel.CreateUnbounded<JsonElement>();
    private readonly List<string> _heard = [];
    private readonly List<JsonElement> _skipped = [];

    /// <summary>Starts it.</summary>
    /// <param name="start">Program and arguments; its input and output are redirected here.</param>
    /// <param name="patience">How long to wait for what must come.</param>
    /// <param name="keepsOthers">Whether events before the one that is asked for are kept for later, not forgotten.</param>
    public ToldProcess(ProcessStartInfo start, TimeSpan patience, bool keepsOthers)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        (_patience, _keepsOthers) = (patience, keepsOthers);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => OnLine(line.Data);
        _process.ErrorDataReceived += (_, line) => Note("stderr: " + line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Everything that the process said, for a failing test's message.</summary>
    public string Transcript
    {
        get
        {
            lock (_heard)
                return string.Join(Environment.NewLine, _heard);
        }
    }

    public async Task TellAsync<T>(T command)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command));
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>The next event of that name.</summary>
    /// <exception cref="InvalidOperationException">It did not come in time, or the process ended; the message has the transcript.</exception>
    public async Task<JsonElement> ExpectAsync(string name)
    {
        var kept = _skipped.FindIndex(e => e.GetProperty("event").GetString() == name);
        if (kept >= 0)
        {
            var found = _skipped[kept];
            _skipped.RemoveAt(kept);
            return found;
        }

        using var patience = new CancellationTokenSource(_patience);
        try
        {
            while (true)
            {
                var next = await _events.Reader.ReadAsync(patience.Token);
                if (next.GetProperty("event").GetString() == name)
                    return next;
                if (_keepsOthers)
                    _skipped.Add(next);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            throw new InvalidOperationException(
                $"{_process.StartInfo.FileName} did not tell '{name}' {(e is ChannelClosedException ? "before it ended" : $"within {_patience.TotalSeconds} s")}. It said:{Environment.NewLine}{Transcript}");
        }
    }

    /// <summary>Ends the process at once, as a crash would.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeToEnd);
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            Kill();
        }

        _process.Dispose();
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            _events.Writer.TryComplete();
            return;
        }

        Note(line);
        if (line.StartsWith('{'))
            _events.Writer.TryWrite(JsonDocument.Parse(line).RootElement);
    }

    private void Note(string line)
    {
        lock (_heard)
            _heard.Add(line);
    }
}
