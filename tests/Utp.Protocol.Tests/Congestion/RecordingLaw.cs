namespace Utp.Protocol.Tests.Congestion;

/// <summary>A law that writes down what it is told, and grants what a test says.</summary>
internal sealed class RecordingLaw : ICongestionControl
{
    public string Name => "recording";

    public long WindowBytes { get; set; } = 1_000_000;

    public long PacingBytesPerSecond { get; set; } = long.MaxValue;

    public bool InSlowStart => false;

    public int MaxPayload { get; private set; }

    public List<AckSample> Acks { get; } = [];

    public List<LossSample> Losses { get; } = [];

    public List<SpuriousLossSample> SpuriousLosses { get; } = [];

    public int Timeouts { get; private set; }

    public int SpuriousTimeouts { get; private set; }

    public List<long> IdleRestarts { get; } = [];

    public void OnMaxPayload(int bytes) => MaxPayload = bytes;

    public void OnAck(in AckSample sample) => Acks.Add(sample);

    public void OnLoss(in LossSample sample) => Losses.Add(sample);

    public void OnSpuriousLoss(in SpuriousLossSample sample) => SpuriousLosses.Add(sample);

    public void OnTimeout(Instant now) => Timeouts++;

    public void OnSpuriousTimeout(Instant now) => SpuriousTimeouts++;

    public void OnIdleRestart(long idleMicros, Instant now) => IdleRestarts.Add(idleMicros);
}
