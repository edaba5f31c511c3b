using System.Text;
using System.Text.RegularExpressions;

namespace Utp.Cli.Tests;

/// <summary>Collects lines from any thread, and tells who waits for one.</summary>
internal sealed class LineWriter : TextWriter
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<(Regex Pattern, TaskCompletionSource<string> Found)> _waiting = [];

    public override Encoding Encoding => Encoding.UTF8;

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
                return [.. _lines];
        }
    }

    public override void WriteLine(string? value)
    {
        lock (_lock)
        {
            _lines.Add(value ?? "");
            foreach (var (pattern, found) in _waiting)
                if (pattern.IsMatch(value ?? ""))
                    found.TrySetResult(value!);
        }
    }

    public Task<string> FindAsync(Regex pattern)
    {
        lock (_lock)
        {
            var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_lines.Find(pattern.IsMatch) is { } line)
                found.SetResult(line);
            else
                _waiting.Add((pattern, found));
            return found.Task;
        }
    }
}
