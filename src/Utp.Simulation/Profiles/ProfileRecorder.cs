using System.Collections.Immutable;
using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>Writes a run down every 10 ms of virtual time, from its start on. It only looks: a run that is recorded is the same run.</summary>
internal sealed class ProfileRecorder(Simulator simulator, SimulatedLink link, IReadOnlyList<ProfileFlow> flows) : IEventHandler
{
    private const long PeriodMicros = 10_000;
    private readonly ImmutableArray<ProfileSample>.Builder _samples = ImmutableArray.CreateBuilder<ProfileSample>();

    public ImmutableArray<ProfileSample> Samples => _samples.ToImmutable();

    public void Start() => simulator.Schedule(Instant.Zero, this, 0);

    void IEventHandler.OnEvent(long tag)
    {
        _samples.Add(new ProfileSample(
            simulator.Now.Micros, flows[0].WindowBytes, ProfileSampler.QueueMicros(link), flows.Sum(static f => f.ArrivedIPBytes)));
        simulator.Schedule(simulator.Now.Plus(PeriodMicros), this, 0);
    }
}
