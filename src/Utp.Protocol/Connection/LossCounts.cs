namespace Utp.Protocol;

/// <summary>Packets found lost, by what showed it (<see cref="LossCause"/>).</summary>
/// <param name="SelectiveAck">Three later packets were selectively acknowledged.</param>
/// <param name="DuplicateAcks">Three duplicate ST_STATE.</param>
/// <param name="Timeout">The retransmission timer.</param>
/// <param name="Rack">A packet sent later was acknowledged long enough ago (RFC 8985).</param>
/// <param name="TooLarge">A router said that they do not pass.</param>
public readonly record struct LossCounts(long SelectiveAck, long DuplicateAcks, long Timeout, long Rack, long TooLarge)
{
    /// <summary>All of them.</summary>
    public long All => SelectiveAck + DuplicateAcks + Timeout + Rack + TooLarge;

    /// <summary>With one more.</summary>
    internal LossCounts With(LossCause cause) => cause switch
    {
        LossCause.SelectiveAck => this with { SelectiveAck = SelectiveAck + 1 },
        LossCause.DuplicateAcks => this with { DuplicateAcks = DuplicateAcks + 1 },
        LossCause.Timeout => this with { Timeout = Timeout + 1 },
        LossCause.Rack => this with { Rack = Rack + 1 },
        _ => this with { TooLarge = TooLarge + 1 },
    };
}
