namespace Utp.Protocol;

// The tail loss probe (RFC 8985 §7).
public sealed partial class UtpConnection
{
    private TailProbe _tailProbe;
    private bool _probeNewData;

    // RFC 8985 §7.2: while nothing is known to be lost and no probe is out, two round trips from the last send or ack.
    private void ArmTailProbe()
    {
        var deadline = _now.Plus(TailProbe.WaitMicros(_rtt.SmoothedMicros, _packets.Count));
        if (!_options.TailLossProbe || _packets.PacketsInFlight == 0 || _tailProbe.SeqNr is not null || InRecovery || _undecidedTimeout > 0
            || !_rtt.HasSample || !IsAddressConfirmed || _options.Compatibility == PeerCompatibility.NodeUtp
            || deadline >= _timers[TimerKind.Retransmission])
        {
            _timers.Stop(TimerKind.TailProbe);
            return;
        }

        _timers.Arm(TimerKind.TailProbe, deadline);
    }

    private void OnTailProbe()
    {
        if (_blocked || _packets.PacketsInFlight == 0)
            return;
        var last = _packets.NextSeqNr.Previous;
        if (_sendBuffer.HasUnsent && _peerWindow - _packets.BytesOutstanding >= MaxPayload)
        {
            // New data is the best probe; its seq_nr is the next.
            _probeNewData = true;
            _tailProbe.OnSent(last.Next, resent: false);
        }
        else
        {
            // The last packet is never acknowledged selectively while one before it is in flight, but for reordering.
            while (!_packets[last].InFlight && last != _packets.LeftEdge)
                last = last.Previous;
            if (!_packets[last].InFlight || !_peer.Measures)
                return;
            _packets.Queue(last);
            _retransmitNow = true;
            _tailProbe.OnSent(last, resent: true);
        }

        // RFC 8985 §7.3: the time-out counts from the probe.
        _timers.Arm(TimerKind.Retransmission, _now.Plus(_rtt.RtoMicros));
    }
}
