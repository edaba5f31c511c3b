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
    private const int FirstTcpHost = 1_000;

    private static readonly SimulatorLimits Limits = new() { MaxEvents = 4_000_000_000 };
    private readonly Profile _profile;
    private readonly Simulator _simulator;
    private readonly SimulatedNetwork _network;
    private readonly SimulatedLink _forth;
    private readonly List<ProfileFlow> _flows = [];
    private readonly TcpFlow? _tcp;
    private readonly ProfileSampler _sampler;

    private ProfileRun(Profile profile, Func<ICongestionControl> law, ulong seed)
    {
        _profile = profile;
        _simulator = new Simulator(seed, Limits);
        _network = new SimulatedNetwork(_simulator);
        _forth = _network.CreateLink(profile.Forth);
        var back = _network.CreateLink(profile.Back);
        var random = _simulator.CreateRandom();
        for (var i = 0; i < profile.Starts.Length; i++)
        {
            var (sender, receiver) = Lay(2 * i, back);
            var flow = new ProfileFlow(profile, _network, sender, receiver, law, profile.ReceiverDriftPpm);
            _flows.Add(flow);
            _simulator.At(new Instant(profile.Starts[i] + random.Between(0, profile.StartSpreadMicros)), flow.Start);
        }

        _sampler = new ProfileSampler(_simulator, _forth, _flows[0]);
        if (profile.Tcp is not { } tcp)
            return;
        var (tcpSender, tcpReceiver) = Lay(FirstTcpHost, back);
        _tcp = new TcpFlow(_network, tcpSender, tcpReceiver, tcp.Law);
        _simulator.At(new Instant(tcp.StartMicros + random.Between(0, profile.StartSpreadMicros)), _tcp.Start);
    }

    /// <summary>Runs <paramref name="profile"/> with a law of <see cref="CongestionLaws"/>.</summary>
    /// <param name="profile">What.</param>
    /// <param name="law">The law's name.</param>
    /// <param name="seed">What decides every choice: the same seed gives the same result.</param>
    /// <exception cref="ArgumentException">There is no such law.</exception>
    /// <exception cref="InvalidOperationException">The simulation ran into one of its limits.</exception>
    public static ProfileResult Run(Profile profile, string law, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var factory = CongestionLaws.Find(law) ?? throw new ArgumentException($"There is no law '{law}': choose one of {string.Join(", ", CongestionLaws.Names)}.", nameof(law));
        var run = new ProfileRun(profile, factory, seed);
        var values = (profile.Bytes > 0 ? run.RunSized() : run.RunWindow()).ToBuilder();
        if (profile.Tcp is not null)
            values[Metric.TcpShare] = run.TcpBytes * Million / Math.Max(1, LoneTcpBytes(profile, factory, seed));
        if (profile.ReceiverDriftPpm != 0)
        {
            var right = new ProfileRun(profile with { ReceiverDriftPpm = 0 }, factory, seed).RunWindow();
            values[Metric.QueueVersusNoDrift] = values[Metric.QueueP50] * Million / Math.Max(1, right[Metric.QueueP50]);
        }

        return new ProfileResult(profile, law, seed, values.ToImmutable(), run._network.Fingerprint);
    }

    private long TcpBytes { get; set; }

    // The same network and the same TCP; uTP never starts.
    private static long LoneTcpBytes(Profile profile, Func<ICongestionControl> law, ulong seed)
    {
        var run = new ProfileRun(profile with { Starts = [2 * profile.EndMicros] }, law, seed);
        run.RunWindow();
        return run.TcpBytes;
    }

    private (UdpEndPoint Sender, UdpEndPoint Receiver) Lay(int host, SimulatedLink back)
    {
        var (sender, receiver) = (Address(host), Address(host + 1));
        _network.SetPath(sender, receiver, _forth);
        _network.SetPath(receiver, sender, back);
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
        _simulator.RunUntil(() => flow.DeliveredBytes >= _profile.Bytes || _simulator.Now.Micros >= _profile.UntilMicros);
        var values = Measure(start with { At = flow.ConnectedAt }, Read());
        values[Metric.Missing] = _profile.Bytes - flow.DeliveredBytes;
        if (_profile.PathMtuChange is not null)
            values[Metric.Stall] = flow.LongestStallMicros;
        return values.ToImmutable();
    }

    private ImmutableSortedDictionary<Metric, long> RunWindow()
    {
        RunTo(_profile.FromMicros);
        var (start, tcpStart) = (Read(), _tcp?.ArrivedIPBytes ?? 0);
        _sampler.Start();
        RunTo(_profile.UntilMicros);
        var values = Measure(start, Read());
        if (_tcp is null)
            return values.ToImmutable();

        TcpBytes = _tcp.ArrivedIPBytes - tcpStart;
        _tcp.Stop();
        RunTo(_profile.UntilMicros + AfterTcpMicros);
        var before = Read();
        RunTo(_profile.EndMicros);
        var second = Read();
        values[Metric.AfterTcp] = (second.IPBytes.Sum() - before.IPBytes.Sum()) * Million * MicrosPerSecond
            / (second.At.Since(before.At) * _profile.Forth.RateBytesPerSecond);
        return values.ToImmutable();
    }

    private void RunTo(long micros)
    {
        if (_simulator.RunTo(new Instant(micros)) != RunEnd.Done)
            throw new InvalidOperationException($"The profile {_profile.Name} (seed {_simulator.Seed}) ran into a limit of the simulation.");
    }

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
