namespace Utp.Simulation.Tests.Schedules;

/// <summary>Makes a failing schedule smaller as long as it still fails: knobs go back to rest, then numbers are halved.</summary>
internal static class ScheduleShrinker
{
    private const int MaxRuns = 300;

    public static (FaultSchedule Schedule, string Failure) Shrink(FaultSchedule failing, string failure, Func<FaultSchedule, string?> run)
    {
        var runs = 0;
        bool smaller;
        do
        {
            smaller = false;
            foreach (var knob in failing.Turned.ToArray())
            {
                // Half of what it is beyond its rest: nothing becomes harsher than it was or than it is at rest.
                var rest = FaultSchedule.Default(knob);
                foreach (var value in new[] { rest, rest + ((failing[knob] - rest) / 2) })
                {
                    if (value == failing[knob] || runs++ >= MaxRuns)
                        continue;
                    var candidate = failing.With(knob, value);
                    if (run(candidate) is not { } stillFails)
                        continue;
                    (failing, failure, smaller) = (candidate, stillFails, true);
                    break;
                }
            }
        }
        while (smaller && runs < MaxRuns);

        return (failing, failure);
    }
}
