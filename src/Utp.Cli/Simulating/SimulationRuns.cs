using Utp.Simulation;

namespace Utp.Cli;

/// <summary>
/// Runs a plan on all cores: each run is a simulator of its own, so that they do not know of each other. Rows come in the plan's order,
/// each as soon as it and all before it are complete.
/// </summary>
internal sealed class SimulationRuns(SimulationPlan plan, Action<SimulationRow> onRow)
{
    private readonly Lock _lock = new();
    private readonly ProfileResult?[] _results = new ProfileResult?[plan.Profiles.Count * plan.Laws.Count * plan.Repeat];
    private readonly List<SimulationRow> _rows = [];
    private int _done;

    /// <summary>How many runs there are.</summary>
    public int Count => _results.Length;

    /// <summary>How many of them have ended; any thread.</summary>
    public int Done => Volatile.Read(ref _done);

    /// <summary>The run that began last, for people; any thread.</summary>
    public string Latest { get; private set; } = "";

    /// <summary>The rows that are complete. Read it when nothing runs any more.</summary>
    public IReadOnlyList<SimulationRow> Rows => _rows;

    /// <summary>Runs all of them.</summary>
    /// <exception cref="OperationCanceledException">It was interrupted; <see cref="Rows"/> has what was complete.</exception>
    public Task RunAsync(CancellationToken interrupt) => Parallel.ForEachAsync(
        Enumerable.Range(0, Count),
        new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = interrupt },
        (index, cancellation) =>
        {
            Run(index, cancellation);
            return ValueTask.CompletedTask;
        });

    private void Run(int index, CancellationToken cancellation)
    {
        var (profile, law) = RowAt(index / plan.Repeat);
        var offset = index % plan.Repeat;
        var seed = plan.Seed + (ulong)offset;
        Latest = $"{profile.Name}, {law}, seed {seed}";
        var result = ProfileRun.Run(profile, law, seed, records: false, cancellation);
        lock (_lock)
        {
            _results[index] = result;
            _done++;
            while (_rows.Count < Count / plan.Repeat && NextRow() is { } row)
            {
                _rows.Add(row);
                onRow(row);
            }
        }
    }

    private SimulationRow? NextRow()
    {
        var results = _results.AsSpan(_rows.Count * plan.Repeat, plan.Repeat).ToArray().OfType<ProfileResult>().ToList();
        var (profile, law) = RowAt(_rows.Count);
        return results.Count == plan.Repeat ? new SimulationRow(profile, law, ProfileResult.Medians(results)) : null;
    }

    private (Profile Profile, string Law) RowAt(int row) => (plan.Profiles[row / plan.Laws.Count], plan.Laws[row % plan.Laws.Count]);
}

/// <summary>What is to be run.</summary>
/// <param name="Profiles">Which networks.</param>
/// <param name="Laws">With which laws, by name.</param>
/// <param name="Seed">The first seed.</param>
/// <param name="Repeat">How many seeds.</param>
internal sealed record SimulationPlan(IReadOnlyList<Profile> Profiles, IReadOnlyList<string> Laws, ulong Seed, int Repeat);
