using System.Globalization;
using Utp.Links.Agents;
using Utp.Links.Router;
using Utp.Simulation;

namespace Utp.Links;

/// <summary>What a profile gave on a real link, in the units of its simulated figures but as fractions.</summary>
/// <param name="Megabits">IP bits of new data per second, all flows of ours.</param>
/// <param name="QueueP50Millis">The bottleneck's queue.</param>
/// <param name="QueueP95Millis">The same.</param>
/// <param name="Retransmissions">Packets that ours sent again in the measured time.</param>
/// <param name="TcpMegabits">IP bits per second of the TCP beside ours; null: there is none.</param>
/// <param name="Jain">Of our flows; null: there is one.</param>
/// <param name="OwnDrops">What the bench itself lost: with any, the figures say nothing.</param>
/// <param name="Fault">What went wrong; null: nothing.</param>
public sealed record RealFigures(
    double Megabits, double QueueP50Millis, double QueueP95Millis, long Retransmissions, double? TcpMegabits, double? Jain, long OwnDrops, string? Fault);

/// <summary>
/// Runs a profile of the simulator on a real link, with real time: the same links, flows, starts and measured time. What needs a second clock, more than the router carries,
/// or traffic of another kind is not run (<see cref="WhyNot"/>).
/// </summary>
public static class ProfileOnLink
{
    private const int IPAndTcpHeader = 52;
    private const int MaxSegment = 1_448;
    private const int UtpHeaders = 48;
    private const long MostBytesPerSecond = 50_000_000;

    /// <summary>Why a profile cannot be run on a real link; null: it can.</summary>
    public static string? WhyNot(Profile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return profile.ReceiverDriftPpm != 0 ? "both hosts have one clock"
            : profile.OnOff is not null ? "the bench has no such traffic"
            : profile.Forth.RateBytesPerSecond > MostBytesPerSecond ? "more than the router carries"
            : null;
    }

    /// <summary>The same with all its times by this factor; a transfer of a size, and what happens during it, stays.</summary>
    public static Profile Shorten(Profile profile, double factor)
    {
        ArgumentNullException.ThrowIfNull(profile);
        if (profile.Bytes > 0)
            return profile;
        return profile with
        {
            Starts = [.. profile.Starts.Select(By)],
            FromMicros = By(profile.FromMicros),
            UntilMicros = By(profile.UntilMicros),
            Tcp = profile.Tcp is { } tcp ? tcp with { StartMicros = By(tcp.StartMicros) } : null,
            RouteChange = profile.RouteChange is { } change ? change with { AtMicros = By(change.AtMicros) } : null,
        };

        long By(long micros) => (long)(micros * factor);
    }

    /// <summary>Runs it.</summary>
    /// <param name="hosts">Between which nothing is under way.</param>
    /// <param name="profile">What.</param>
    /// <param name="law">Ours; null: no flow of ours, the TCP alone.</param>
    /// <param name="seed">Of the link's chances.</param>
    /// <param name="tcpLaw">Of the TCP beside; null: the profile's.</param>
    public static async Task<RealFigures> RunAsync(LinkedHosts hosts, Profile profile, string? law, ulong seed, string? tcpLaw = null)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        ArgumentNullException.ThrowIfNull(profile);
        await hosts.Link.ResetAsync(new LinkShape(profile.Forth), new LinkShape(profile.Back), seed).ConfigureAwait(false);
        var plan = new FlowPlan
        {
            Law = law,
            Address = RealLink.RightAddress.ToString(),
            Bytes = profile.Bytes,
            Settings =
            [
                string.Create(CultureInfo.InvariantCulture, $"utp.send-buffer = {profile.WindowBytes}"),
                string.Create(CultureInfo.InvariantCulture, $"utp.receive-window.max = {profile.WindowBytes}"),
            ],
        };
        return profile.Bytes > 0
            ? await SizedAsync(hosts, profile, plan).ConfigureAwait(false)
            : await WindowAsync(hosts, profile, plan, law is not null, tcpLaw ?? profile.Tcp?.Law.ToString().ToLowerInvariant()).ConfigureAwait(false);
    }

    private static async Task<RealFigures> SizedAsync(LinkedHosts hosts, Profile profile, FlowPlan plan)
    {
        using var over = new CancellationTokenSource();
        var change = profile.PathMtuChange is { } mtu
            ? AtAsync(mtu.AtMicros, () => hosts.Link.ReshapeAsync(new LinkShape(profile.Forth with { MtuBytes = mtu.Bytes })), over.Token)
            : Task.CompletedTask;
        var result = await hosts.TransferAsync(plan, Micros(profile.UntilMicros)).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await change.ConfigureAwait(false);
        var (forth, _) = await hosts.Link.ReadAsync().ConfigureAwait(false);
        return Figures(forth, result.Received.Bytes, result.Seconds, result.Sent.Retransmissions) with
        {
            OwnDrops = await hosts.Link.OwnDropsAsync().ConfigureAwait(false),
            Fault = result.IsComplete ? null : $"{result.Received.Bytes:N0} bytes came; {result.Sent.Cause} {result.Sent.Error}",
        };
    }

    private static async Task<RealFigures> WindowAsync(LinkedHosts hosts, Profile profile, FlowPlan plan, bool ours, string? tcpLaw)
    {
        var (receiving, port) = await hosts.Right.ListenAsync(plan).ConfigureAwait(false);
        var tcpPlan = plan with { Carrier = Carrier.Tcp, Law = tcpLaw };
        var (receivingTcp, tcpPort) = tcpLaw is null ? (0, 0) : await hosts.Right.ListenAsync(tcpPlan).ConfigureAwait(false);
        var jobs = new List<(long Job, bool IsTcp)>();
        var steps = new List<(long At, Func<Task> Do)>();
        foreach (var start in ours ? profile.Starts : [])
            steps.Add((start, () => Start(plan with { Port = port }, isTcp: false)));
        if (profile.Tcp is { } tcp)
            steps.Add((tcp.StartMicros, () => Start(tcpPlan with { Port = tcpPort }, isTcp: true)));
        if (profile.RouteChange is { } route)
            steps.Add((route.AtMicros, () => hosts.Link.ReshapeAsync(Longer(profile.Forth, route), Longer(profile.Back, route))));
        Reading before = default!;
        steps.Add((profile.FromMicros, async () =>
        {
            before = await ReadAsync().ConfigureAwait(false);
            await hosts.Link.ReadAsync(clear: true).ConfigureAwait(false);
        }
        ));
        var begin = Flow.NowNanos;
        foreach (var (at, step) in steps.OrderBy(static step => step.At))
        {
            await WaitUntilAsync(begin, at).ConfigureAwait(false);
            await step().ConfigureAwait(false);
        }

        await WaitUntilAsync(begin, profile.UntilMicros).ConfigureAwait(false);
        var after = await ReadAsync().ConfigureAwait(false);
        var (forth, _) = await hosts.Link.ReadAsync().ConfigureAwait(false);
        foreach (var (job, _) in jobs)
            await hosts.Left.StopAsync(job).ConfigureAwait(false);
        await hosts.Right.StopAsync(receiving).ConfigureAwait(false);
        if (tcpLaw is not null)
            await hosts.Right.StopAsync(receivingTcp).ConfigureAwait(false);

        var seconds = (after.AtNanos - before.AtNanos) / 1e9;
        long[] rates = [.. after.Received.Select((bytes, i) => bytes - (i < before.Received.Count ? before.Received[i] : 0))];
        var figures = Figures(forth, rates.Sum(), seconds, after.Retransmissions - before.Retransmissions);
        return figures with
        {
            TcpMegabits = tcpLaw is null ? null : (after.Tcp - before.Tcp) * (double)(MaxSegment + IPAndTcpHeader) / MaxSegment * 8 / 1e6 / seconds,
            Jain = rates.Length > 1 ? Math.Pow(rates.Sum(), 2) / (rates.Length * rates.Sum(static rate => (double)rate * rate)) : null,
            OwnDrops = await hosts.Link.OwnDropsAsync().ConfigureAwait(false),
            Fault = ours && rates.Length < profile.Starts.Length ? $"{rates.Length} of {profile.Starts.Length} flows connected" : null,
        };

        Task Start(FlowPlan what, bool isTcp)
        {
            jobs.Add((hosts.Left.Send(what).Job, isTcp));
            return Task.CompletedTask;
        }

        async Task<Reading> ReadAsync()
        {
            var received = await hosts.Right.ReadAsync(receiving).ConfigureAwait(false);
            var tcpBytes = tcpLaw is null ? 0 : (await hosts.Right.ReadAsync(receivingTcp).ConfigureAwait(false)).Sum(static flow => flow.Bytes);
            long again = 0;
            foreach (var (job, _) in jobs.Where(static job => !job.IsTcp))
                again += (await hosts.Left.ReadAsync(job).ConfigureAwait(false)).Sum(static flow => flow.Retransmissions);
            return new Reading(Flow.NowNanos, [.. received.Select(static flow => flow.Bytes)], tcpBytes, again);
        }
    }

    private static RealFigures Figures(RoutedLinkStatistics forth, long payload, double seconds, long retransmissions)
    {
        // New data with its headers, as the simulator counts: by the mean size of the packets that passed.
        var udp = forth.Of(FlowKey.Udp);
        var payloadOnTheWire = Math.Max(1, udp.Bytes - (udp.Packets * UtpHeaders));
        return new RealFigures(
            payload * ((double)udp.Bytes / payloadOnTheWire) * 8 / 1e6 / seconds, forth.Queue.Percentile(50) / 1e3, forth.Queue.Percentile(95) / 1e3, retransmissions, null, null, 0, null);
    }

    private static LinkShape Longer(LinkOptions options, RouteChange route) => new(options with { LatencyMicros = route.LatencyMicros });

    private static async Task AtAsync(long micros, Func<Task> what, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(Micros(micros), cancellation).ConfigureAwait(false);
            await what().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The transfer was over before.
        }
    }

    private static async Task WaitUntilAsync(long beginNanos, long atMicros)
    {
        var left = (beginNanos / 1_000) + atMicros - (Flow.NowNanos / 1_000);
        if (left > 0)
            await Task.Delay(Micros(left)).ConfigureAwait(false);
    }

    private static TimeSpan Micros(long micros) => TimeSpan.FromMicroseconds(micros);

    private sealed record Reading(long AtNanos, IReadOnlyList<long> Received, long Tcp, long Retransmissions);
}
