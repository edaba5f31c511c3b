namespace Utp.Protocol;

/// <summary>LEDBAT (RFC 6817).</summary>
public sealed class Ledbat : ICongestionControl
{
    /// <inheritdoc/>
    public string Name => "ledbat";
    /// <inheritdoc/>
    public long WindowBytes => throw new NotImplementedException();
    /// <inheritdoc/>
    public long PacingBytesPerSecond => throw new NotImplementedException();
    /// <inheritdoc/>
    public bool InSlowStart => throw new NotImplementedException();
    /// <inheritdoc/>
    public void OnMaxPayload(int bytes) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void OnAck(in AckSample sample) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void OnLoss(in LossSample sample) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void OnTimeout(Instant now) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void OnSpuriousTimeout(Instant now) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void OnIdleRestart(long idleMicros, Instant now) => throw new NotImplementedException();
}
