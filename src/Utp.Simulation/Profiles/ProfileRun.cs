using System.Collections.Immutable;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>Runs a profile once: builds its network, lets it run, and measures.</summary>
public sealed class ProfileRun
{
    private const long Million = 1_000_000;
    private const long MicrosPerSecond = 1_000_000;
    private const long AfterTcpMicros = 5 * MicrosPerSecond;
    private const long AfterChangeMicros = 30 * MicrosPerSecond;
    private const long StepMicros = MicrosPerSecond;
    private const int FirstTcpHost = 1_000;
    private const int FirstOnOffHost = 2_000;

    private static readonly SimulatorLimits Limits = new() { MaxEvents = 4_000_000_000 };
    private readonly Profile _profile;
    private readonly Simulator _simulator;
    private readonly SimulatedNetwork _network;
    private readonly SimulatedLink _forth;
    private readonly SimulatedLink _back;
    private readonly List<ProfileFlow> _flows = [];
    private readonly TcpFlow? _tcp;
    private readonly ProfileSampler _sampler;
    private readonly CancellationToken _cancellation;

    private ProfileRun(Profile profile, Func<ICongestionControl> law, ulong seed, CancellationToken cancellation)
    {
        _profile = profile;
        _cancellation = cancellation;
        _simulator = new Simulator(seed, Limits);
        _network = new SimulatedNetwork(_simulator);
        _forth = _network.CreateLink(profile.Forth);
        _back = _network.CreateLink(profile.Back);
        var random = _simulator.CreateRandom();
        for (var i = 0; i < profile.Starts.Length; i++)
        {
            var (sender, receiver) = Lay(2 * i);
            var flow = new ProfileFlow(profile, _network, sender, receiver, law, profile.ReceiverDriftPpm);
            _flows.Add(flow);
            _simulator.At(new Instant(profile.Starts[i] + random.Between(0, profile.StartSpreadMicros)), flow.Start);
        }

        _sampler = new ProfileSampler(_simulator, _forth, _flows[0]);
        if (profile.OnOff is { } onOff)
        {
            var (onOffSender, onOffReceiver) = Lay(FirstOnOffHost);
            var flow = new OnOffFlow(_network, onOffSender, onOffReceiver, onOff);
            _simulator.At(new Instant(random.Between(0, profile.StartSpreadMicros)), flow.Start);
        }

        if (profile.Tcp is not { } tcp)
            return;
        var (tcpSender, tcpReceiver) = Lay(FirstTcpHost);
        _tcp = new TcpFlow(_network, tcpSender, tcpReceiver, tcp.Law);
        _simulator.At(new Instant(tcp.StartMicros + random.Between(0, profile.StartSpreadMicros)), _tcp.Start);
    }

    /// <summary>Runs <paramref name="profile"/> with a law of <see cref="CongestionLaws"/>.</summary>
    /// <param name="profile">What.</param>
    /// <param name="law">The law's name.</param>
    /// <param name="seed">What decides every choice: the same seed gives the same result.</param>
    /// <param name="records">Whether <see cref="ProfileResult.Series"/> is wanted. It changes nothing else.</param>
    /// <param name="cancellation">Ends the run early, within a second of virtual time.</param>
    /// <exception cref="ArgumentException">There is no such law.</exception>
    /// <exception cref="InvalidOperationException">The simulation ran into one of its limits.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static ProfileResult Run(Profile profile, string law, ulong seed, bool records = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var factory = CongestionLaws.Find(law) ?? throw new ArgumentException($"There is no law '{law}': choose one of {string.Join(", ", CongestionLaws.Names)}.", nameof(law));
        var run = new ProfileRun(profile, factory, seed, cancellation);
        var recorder = records ? new ProfileRecorder(run._simulator, run._forth, run._flows) : null;
        recorder?.Start();
        var values = (profile.Bytes > 0 ? run.RunSized() : run.RunWindow()).ToBuilder();
        if (profile.Tcp is not null)
            values[Metric.TcpShare] = run.TcpBytes * Million / Math.Max(1, LoneTcpBytes(profile, factory, seed, cancellation));
        if (profile.ReceiverDriftPpm != 0)
        {
            var right = new ProfileRun(profile with { ReceiverDriftPpm = 0 }, factory, seed, cancellation).RunWindow();
            values[Metric.QueueVersusNoDrift] = values[Metric.QueueP50] * Million / Math.Max(1, right[Metric.QueueP50]);
        }

        return new ProfileResult(profile, law, seed, values.ToImmutable(), run._network.Fingerprint) { Series = recorder?.Samples ?? [] };
    }

    private long TcpBytes { get; set; }

    // The same network and the same TCP; uTP never starts.
    private static long LoneTcpBytes(Profile profile, Func<ICongestionControl> law, ulong seed, CancellationToken cancellation)
    {
        var run = new ProfileRun(profile with { Starts = [2 * profile.EndMicros] }, law, seed, cancellation);
        run.RunWindow();
        return run.TcpBytes;
    }

    private (UdpEndPoint Sender, UdpEndPoint Receiver) Lay(int host)
    {
        var (sender, receiver) = (Address(host), Address(host + 1));
        _network.SetPath(sender, receiver, _forth);
        _network.SetPath(receiver, sender, _back);
        return (sender, receiver);
    }

    private ImmutableSortedDictionary<Metric, long> RunSized()
    {
        var flow = _flows[0];
        if (_profile.PathMtuChange is { } change)
        {
            _simulator.At(new Instant(change.AtMicros), () =>
            {
                _forth.Options = _forth.Options with { MtuBytes = change.Bytes };
                flow.WatchStalls();
            });
        }

        var start = Read();
        _sampler.Start();
        // A sentinel, so that the clock reaches the limit even when nothing else happens.
        _simulator.At(new Instant(_profile.UntilMicros), static () => { });
        _simulator.RunUntil(() => flow.DeliveredBytes >= _profile.Bytes || _simulator.Now.Micros >= _profile.UntilMicros || _cancellation.IsCancellationRequested);
        _cancellation.ThrowIfCancellationRequested();
        var values = Measure(start with { At = flow.ConnectedAt }, Read());
        values[Metric.Missing] = _profile.Bytes - flow.DeliveredBytes;
        if (_profile.Bars.Any(static b => b.Metric == Metric.SentAgain))
            values[Metric.SentAgain] = flow.Retransmissions * Million / Math.Max(1, flow.PacketsSent);
        if (_profile.PathMtuChange is not null)
            values[Metric.Stall] = flow.LongestStallMicros;
        return values.ToImmutable();
    }

    private ImmutableSortedDictionary<Metric, long> RunWindow()
    {
        long? afterChange = null;
        if (_profile.RouteChange is { } change)
        {
            _simulator.At(new Instant(change.AtMicros), () => ChangeRoute(change.LatencyMicros));
            _simulator.At(new Instant(change.AtMicros + AfterChangeMicros), () =>
            {
                var from = Read();
                _simulator.After(MicrosPerSecond, () => afterChange = ShareOfLink(from, Read()));
            });
        }

        RunTo(_profile.FromMicros);
        var (start, tcpStart) = (Read(), _tcp?.ArrivedIPBytes ?? 0);
        _sampler.Start();
        RunTo(_profile.UntilMicros);
        var values = Measure(start, Read());
        if (afterChange is { } share)
            values[Metric.AfterRouteChange] = share;
        if (_tcp is null)
            return values.ToImmutable();

        TcpBytes = _tcp.ArrivedIPBytes - tcpStart;
        _tcp.Stop();
        RunTo(_profile.UntilMicros + AfterTcpMicros);
        var before = Read();
        RunTo(_profile.EndMicros);
        values[Metric.AfterTcp] = ShareOfLink(before, Read());
        return values.ToImmutable();
    }

    private void ChangeRoute(long latencyMicros)
    {
        _forth.Options = _forth.Options with { LatencyMicros = latencyMicros };
        _back.Options = _back.Options with { LatencyMicros = latencyMicros };
    }

    // In steps, so that it can be cancelled.
    private void RunTo(long micros)
    {
        while (_simulator.Now.Micros < micros)
        {
            _cancellation.ThrowIfCancellationRequested();
            if (_simulator.RunTo(new Instant(Math.Min(_simulator.Now.Micros + StepMicros, micros))) != RunEnd.Done)
                throw new InvalidOperationException($"The profile {_profile.Name} (seed {_simulator.Seed}) ran into a limit of the simulation.");
        }
    }

    // uTP's part of the link's rate between two readings, millionths.
    private long ShareOfLink(in Reading from, in Reading to) =>
        (long)((Int128)(to.IPBytes.Sum() - from.IPBytes.Sum()) * Million * MicrosPerSecond / ((Int128)to.At.Since(from.At) * _profile.Forth.RateBytesPerSecond));

    private ImmutableSortedDictionary<Metric, long>.Builder Measure(in Reading start, in Reading end)
    {
        _sampler.Stop();
        var micros = Math.Max(1, end.At.Since(start.At));
        var rates = new long[_flows.Count];
        for (var i = 0; i < rates.Length; i++)
            rates[i] = (end.IPBytes[i] - start.IPBytes[i]) * 8 * MicrosPerSecond / micros;

        var link = end.Link;
        var entered = link.Entered - start.Link.Entered;
        var values = ImmutableSortedDictionary.CreateBuilder<Metric, long>();
        values[Metric.Goodput] = rates.Sum();
        if (PassingRate > 0)
            values[Metric.Utilisation] = (long)((Int128)(link.BytesSerialised - start.Link.BytesSerialised) * Million * MicrosPerSecond / ((Int128)micros * PassingRate));
        values[Metric.QueueP50] = _sampler.QueueMicros(50);
        values[Metric.QueueP95] = _sampler.QueueMicros(95);
        values[Metric.Retransmissions] = end.Retransmissions - start.Retransmissions;
        values[Metric.OwnLoss] = (Overload(link) - Overload(start.Link)) * Million / Math.Max(1, entered);
        values[Metric.WindowMean] = _sampler.WindowMean;
        values[Metric.WindowEnd] = _flows[0].WindowBytes;
        values[Metric.Duration] = micros;
        if (rates.Length > 1)
        {
            values[Metric.Jain] = Jain(rates);
            values[Metric.Latecomer] = rates[^1] * Million * (rates.Length - 1) / Math.Max(1, rates.SkipLast(1).Sum());
        }

        return values;
    }

    private long PassingRate => _profile.Forth.Policer?.BytesPerSecond ?? _profile.Forth.RateBytesPerSecond;

    private static long Overload(in LinkStatistics link) => link.DroppedByQueue + link.DroppedByCoDel + link.DroppedByPolicer;

    // (Σx)² / (n · Σx²), in integers.
    private static long Jain(long[] rates)
    {
        Int128 sum = 0, squares = 0;
        foreach (var rate in rates)
        {
            sum += rate;
            squares += (Int128)rate * rate;
        }

        return squares == 0 ? 0 : (long)(sum * sum * Million / (squares * rates.Length));
    }

    private Reading Read() => new(_simulator.Now, [.. _flows.Select(static f => f.ArrivedIPBytes)], _flows.Sum(static f => f.Retransmissions), _forth.Statistics);

    private static UdpEndPoint Address(int host) => new(((UInt128)0xFFFF << 32) | (uint)(0x0A000001 + host), 1000);

    private readonly record struct Reading(Instant At, long[] IPBytes, long Retransmissions, LinkStatistics Link);
}
