using System.Globalization;
using CsCheck;
using Xunit.Abstractions;

namespace Utp.Simulation.Tests.Schedules;

/// <summary>
/// Random faults against the whole protocol. Environment:
/// <c>UTP_SIM_SCHEDULES=n</c> runs n schedules instead of 2,000; <c>UTP_SIM_SEED=n</c> starts elsewhere (the n of the normal run is
/// 1, so that it is the same run every time; every 250th schedule has a companion of a whole wrap); <c>UTP_SIM_REPLAY="…"</c> runs the one schedule of a failure's line, and
/// <c>UTP_SIM_TRACE=file</c> writes its packets down.
/// </summary>
public class FaultScheduleTests(ITestOutputHelper output)
{
    private const int DefaultSchedules = 2_000;
    private const int SchedulesPerWholeWrap = 250;

    [Fact]
    public void Every_byte_arrives_once_and_in_order_or_both_sides_learn_of_the_failure()
    {
        var count = (int)Setting("UTP_SIM_SCHEDULES", DefaultSchedules);
        var seed = (ulong)Setting("UTP_SIM_SEED", 1);
        var (succeeded, alarms, wrapped, events) = (0, 0, 0, 0L);
        for (var index = 0; index < count; index++)
        {
            var schedule = Generate(seed, index);
            if (Failure(schedule, out var result) is { } failure)
                Assert.Fail(Report(schedule, failure));
            Assert.True(!result.Succeeded || result.PacketsEachWay >= 500, $"only {result.PacketsEachWay} packets each way: {schedule}");
            succeeded += result.Succeeded ? 1 : 0;
            alarms += result.FalseAlarm ? 1 : 0;
            wrapped += schedule.Wraps ? 1 : 0;
            events += result.Events;
        }

        output.WriteLine($"{count} schedules, {succeeded} to their peaceful end, {alarms} with a false alarm at it, {wrapped} across the wrap of seq_nr, {events} events");
        Assert.True(wrapped >= count / 3, $"only {wrapped} of {count} schedules crossed the wrap");
        Assert.True(alarms <= 1 + (count / 50), $"{alarms} of {count} schedules told one side of a failure though everything had arrived");
        Assert.True(succeeded >= count / 2, $"only {succeeded} of {count} schedules came to a peaceful end");
    }

    [Fact]
    public void Packets_that_come_back_a_whole_wrap_later_are_not_taken_for_new_ones()
    {
        var count = Math.Max(1, (int)Setting("UTP_SIM_SCHEDULES", DefaultSchedules) / SchedulesPerWholeWrap);
        var seed = (ulong)Setting("UTP_SIM_SEED", 1);
        long copies = 0;
        for (var index = 0; index < count; index++)
        {
            var schedule = FaultScheduleGen.WholeWraps.Generate(new PCG((uint)index, seed), null, out _);
            if (Failure(schedule, out var result) is { } failure)
                Assert.Fail(Report(schedule, failure));
            Assert.InRange(result.PacketsEachWay, 65_537, long.MaxValue);
            output.WriteLine($"{result.Micros / 1_000_000} s, {result.Events} events, {result.WrapDuplicates} from a wrap ago: {schedule}");
            copies += result.WrapDuplicates;
        }

        // Chance may spare one schedule, which copies a packet in two hundred of its first few hundred.
        Assert.InRange(copies, count, long.MaxValue);
    }

    [Fact]
    public void A_failing_schedule_is_replayed_from_its_line()
    {
        var line = Environment.GetEnvironmentVariable("UTP_SIM_REPLAY") ?? Generate(seed: 1, index: 0).ToString();
        output.WriteLine(line);

        using var log = PacketLog.ToFile(Environment.GetEnvironmentVariable("UTP_SIM_TRACE"));
        if (Failure(FaultSchedule.Parse(line), out _, log) is { } failure)
            Assert.Fail(failure);
    }

    [Fact]
    public void A_seed_replays_a_run_to_the_byte()
    {
        for (var index = 0; index < 12; index++)
        {
            var schedule = Generate(seed: 7, index);

            Assert.Equal(ScheduleRun.Run(schedule), ScheduleRun.Run(FaultSchedule.Parse(schedule.ToString())));
        }
    }

    [Fact]
    public void A_line_with_an_unknown_knob_is_refused_with_those_that_are_known()
    {
        var error = Assert.Throws<FormatException>(() => FaultSchedule.Parse("Seed=1 Losss=3"));

        Assert.Contains("Losss=3", error.Message);
        Assert.Contains("ForthLoss", error.Message);
    }

    [Fact]
    public void A_failure_is_reported_with_a_line_that_replays_something_simpler()
    {
        var schedule = FaultSchedule.Plain(9).With(Knob.ForthLoss, 1_000).With(Knob.Packets, 600).With(Knob.JitterMicros, 400);

        var (simple, failure) = ScheduleShrinker.Shrink(
            schedule, "too long", s => s[Knob.JitterMicros] >= 100 ? $"jitter {s[Knob.JitterMicros]}" : null);

        Assert.Equal("Seed=9 JitterMicros=100", simple.ToString());
        Assert.Equal("jitter 100", failure);
    }

    private static FaultSchedule Generate(ulong seed, int index) =>
        FaultScheduleGen.Schedules(wraps: index % 3 == 0).Generate(new PCG((uint)index, seed), null, out _);

    private static string? Failure(FaultSchedule schedule, out ScheduleResult result, INetworkObserver? observer = null)
    {
        try
        {
            result = ScheduleRun.Run(schedule, observer);
            return null;
        }
        catch (SimulationViolationException e)
        {
            result = default;
            return e.Message;
        }
    }

    private static string Report(FaultSchedule schedule, string failure)
    {
        var kind = KindOf(failure);
        var (simple, simpleFailure) = ScheduleShrinker.Shrink(
            schedule, failure, s => Failure(s, out _) is { } other && KindOf(other) == kind ? other : null);
        return $"""
            {failure}
            the whole schedule: {schedule}
            a simpler one: {simpleFailure}
            replay it with: UTP_SIM_REPLAY="{simple}" dotnet test tests/Utp.Simulation.Tests --filter A_failing_schedule_is_replayed_from_its_line
            """;
    }

    // What failed, without when and how much.
    private static string KindOf(string failure) => string.Concat(failure.Split(';')[0].Where(c => !char.IsDigit(c)));

    private static long Setting(string name, long otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? long.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
