namespace Utp.Protocol;

// What a peer can make us keep before it is useful to anybody, and who loses when that is too much (note 0031).
public sealed partial class UtpConnection
{
    // A frame that gains less than this in this time is not being sent, but held: 52 kbit/s.
    private const long UnfinishedFrameMicros = 10_000_000;
    private const long LeastFrameProgress = 64 << 10;

    private MemoryBudget? _reorderMemory;
    private long _frameMark;

    // What is discarded, and a ST_FIN, does not wait for anybody.
    private int CostOf(PacketType type, int payloadBytes, int extension2Bytes, bool hasExtension2) =>
        type != PacketType.Data || _discardsReceived ? payloadBytes : _delivery!.CostOf(payloadBytes, extension2Bytes, hasExtension2);

    private bool MakeRoomForFrame(PacketType type, int payloadBytes, ReadOnlySpan<byte> extension2, bool hasExtension2) =>
        type != PacketType.Data || _discardsReceived || _delivery!.TryReserve(payloadBytes, extension2, hasExtension2);

    private void WatchUnfinishedFrame()
    {
        if (!_delivery!.HasUnfinishedFrame || _timers.IsArmed(TimerKind.UnfinishedFrame))
            return;
        _frameMark = _counters.BytesReceived;
        _timers.Arm(TimerKind.UnfinishedFrame, _now.Plus(UnfinishedFrameMicros));
    }

    // Where memory is short, who holds it and does not use it loses.
    private void OnUnfinishedFrame()
    {
        if (_delivery is not { HasUnfinishedFrame: true })
            return;
        var isHeld = _counters.BytesReceived - _frameMark < LeastFrameProgress;
        if (isHeld && _options.ReorderBudget is { } budget && budget.ShareBytes < _options.MaxFrameBytes)
        {
            Fail(
                new CloseReason(CloseCause.ProtocolError, Detail: "The peer left a frame unfinished for ten seconds while memory for frames was short (utp.reorder-memory)."),
                reset: true);
            return;
        }

        WatchUnfinishedFrame();
    }
}
