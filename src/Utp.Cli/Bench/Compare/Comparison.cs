using System.Globalization;

namespace Utp.Cli;

/// <summary>Runs a comparison: in each round each work by each contender, so that what the machine does meanwhile strikes all alike.</summary>
internal static class Comparison
{
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public static async Task<IReadOnlyList<CompareRow>> RunAsync(CommandRun run, ComparePlan plan)
    {
        var rows = plan.Contests.SelectMany(contest => plan.Contenders.Select(contender => new CompareRow(contest, contender))).ToList();
        var node = plan.Contenders.Any(static c => c.Carrier == BenchCarrier.Libutp) ? NodePeers.Find(plan.Peers) : default;
        foreach (var row in rows.Where(static r => r.Contender.Carrier == BenchCarrier.Libutp))
        {
            if (!row.Contest.HasLibutp)
                row.Miss("has no larger packets");
            else if (node.WhyNot is { } whyNot)
                row.Miss(whyNot);
        }

        foreach (var row in rows.Where(static r => r.Contender.IsFlow && r.Contest.Plan.Work != BenchWork.Bulk))
            row.Miss("flows are measured with bulk");
        for (var round = 1; round <= plan.Rounds; round++)
        {
            foreach (var row in rows.Where(static r => r.Note is null))
            {
                if (run.Terminal.Live is not null)
                    run.Terminal.Say(string.Create(CultureInfo.InvariantCulture, $"Round {round} of {plan.Rounds}: {row.Contest.Name}, {row.Contender.Name}."));
                await RunOneAsync(run, plan, row, node.Start).ConfigureAwait(false);
            }
        }

        return rows;
    }

    private static async Task RunOneAsync(CommandRun run, ComparePlan plan, CompareRow row, StartEnd? node)
    {
        var contender = row.Contender;
        var job = plan.Job with
        {
            Plan = row.Contest.Plan with { Carrier = contender.Carrier, Congestion = contender.Congestion, Host = plan.Place.ClientHost, ServerHost = plan.Place.ServerHost },
            Pin = row.Contest.Pin,
        };
        var settings = contender.IsUtp ? BenchSettings.Of(job.Plan, row.Contest.DatagramSize) : contender.Settings;
        var arguments = (string[])[EndCommand.Name, .. run.Forward(settings)];
        try
        {
            if (contender.Carrier == BenchCarrier.RemoteDirect)
            {
                row.Add(BenchFigures.Of(job, await RemoteDirect.RunAsync(job, run).ConfigureAwait(false)));
                return;
            }

            var start = contender.Carrier == BenchCarrier.Libutp ? node! : end => plan.Place.Start(end, SelfStart.Of(arguments));
            row.Add(BenchFigures.Of(job, await BenchRun.RunAsync(job, start, run.Terminal.Say, run.Interrupt).ConfigureAwait(false)));
        }
        catch (CliException e) when (e.ExitCode != ExitCode.WrongUsage)
        {
            row.Miss(e.Message);
        }
    }
}
