using System.Numerics;
using Akka.Event;
using Akka.Remote.Transport;
using Google.Protobuf;
using Utp.Actors;

namespace Utp.Remote;

// Which lane a PDU takes, and in which order what arrives on several is told (design note 27).
internal sealed partial class UtpAssociationHandle
{
    // As Artery has it: an actor's death is told without the large messages that do not come.
    private static readonly TimeSpan LargePatience = TimeSpan.FromSeconds(3);

    // One writer at a time, so that what a fence counts is what was written before it.
    private readonly object _writing = new();
    private LaneLayout _layout;
    private Lane?[] _lanes = [];

    // Lanes, as bits, whose next frame must not come before what lane 0 holds by now: at first that is Akka's handshake.
    private int _behindFirst;

    // Of what arrives: how many frames of each lane were handed over, and the fences at which lanes wait.
    private uint[] _handedOver = [];
    private Fence?[] _heldAt = [];
    private Fence?[] _expired = [];
    private int _held;

    /// <inheritdoc/>
    public override bool Write(ByteString payload)
    {
        if (_closed)
            return false;
        var isView = PduView.TryParse(payload.Span, out var view);
        var mayRefuse = isView && view.MayWait;
        var choice = isView && _layout.Count > 1 ? LaneChooser.Choose(view, _layout, _transport.Settings.LargeDestinations) : default;
        var isLarge = _layout.HasLarge && choice.Lane == _layout.Large;
        if (payload.Length > (isLarge ? _transport.Settings.MaxLargeFrameBytes : _transport.Settings.MaxFrameBytes) + Lane.FrameSlackBytes)
        {
            LogTooLarge(payload.Length, isLarge);
            return true;
        }

        if (_layout.Count == 1)
            return _lanes[0]!.TryWrite(payload, null, mayRefuse) && LogWrite(payload.Length, 0);
        lock (_writing)
        {
            if (_lanes[choice.Lane] is null)
            {
                // The peer opens it soon: until then lane 0 takes what it may take.
                if (payload.Length > _transport.Settings.MaxFrameBytes + Lane.FrameSlackBytes)
                    return false;
                choice = choice with { Lane = 0 };
            }

            if (choice.Lane != 0 && !view.Ack.IsEmpty)
            {
                (var ack, payload) = AckSplitter.Split(view);
                if (!_lanes[0]!.TryWrite(ack, null, mayRefuse: false))
                    return false;
            }

            return WriteFenced(payload, choice, mayRefuse) && LogWrite(payload.Length, choice.Lane);
        }
    }

    bool ILaneOwner.OnFrame(Lane lane, in Frame frame)
    {
        if (_closed)
            return true;
        if (frame.Fence is { } fence && !fence.IsPassed(_handedOver) && Holds(lane, fence))
            return false;
        if (frame.Pdu is null)
            LogOversize(frame.Bytes);
        else
            _listener!.Notify(new InboundPayload(frame.Pdu));
        if (_transport.Settings.LogTransport)
            _transport.Log.Debug("{Bytes} bytes from {Peer}, lane {Lane} [{UtpEvent}]", frame.Bytes, RemoteAddress, lane.Index, UtpLogEvents.RemoteFrameReceived);
        if (_layout.Count > 1)
            OnHandedOver(lane.Index);
        return true;
    }

    private void SetLayout(LaneLayout layout)
    {
        _layout = layout;
        _lanes = new Lane?[layout.Count];
        _handedOver = new uint[layout.Count];
        _heldAt = new Fence?[layout.Count];
        _expired = new Fence?[layout.Count];
        _behindFirst = layout.AllMask & ~1;
    }

    private bool WriteFenced(ByteString pdu, LaneChoice choice, bool mayRefuse)
    {
        var bit = 1 << choice.Lane;
        var waits = choice.Waits | ((_behindFirst & bit) != 0 ? 1 : 0);
        Fence? fence = null;
        if (waits != 0)
        {
            fence = new Fence((byte)waits, [.. _lanes.Select(static lane => lane?.FramesOut ?? 0)]);

            // Heartbeats wait for Akka's handshake, the first frame, and for no bulk.
            if (_layout.HasControl && choice.Lane == _layout.Control)
                fence.Counts[0] = 1;
        }

        if (!_lanes[choice.Lane]!.TryWrite(pdu, fence, mayRefuse))
            return false;
        _behindFirst &= ~bit;
        if (choice.HoldsBack)
            _behindFirst |= _layout.OrderedMask & ~1;
        return true;
    }

    // Whoever hands over a frame looks at what waits behind it, so this looks again once it can be seen.
    private bool Holds(Lane lane, Fence fence)
    {
        var bit = 1 << lane.Index;
        if (ReferenceEquals(_expired[lane.Index], fence))
            return false;
        if (!ReferenceEquals(_heldAt[lane.Index], fence) && (fence.Mask & _layout.LargeMask) != 0 && (fence.Mask & ~_layout.OrderedMask) == 0)
            _transport.System.Scheduler.Advanced.ScheduleOnce(LargePatience, () => Expire(lane, fence));
        _heldAt[lane.Index] = fence;
        Interlocked.Or(ref _held, bit);
        if (!fence.IsPassed(_handedOver))
            return true;
        Interlocked.And(ref _held, ~bit);
        return false;
    }

    private void OnHandedOver(int index)
    {
        Interlocked.Increment(ref _handedOver[index]);
        for (var left = Volatile.Read(ref _held); left != 0; left &= left - 1)
        {
            var held = BitOperations.TrailingZeroCount(left);
            if (_heldAt[held] is not { } fence || !fence.IsPassed(_handedOver))
                continue;
            Interlocked.And(ref _held, ~(1 << held));

            // Not here: this thread holds its own lane.
            ThreadPool.UnsafeQueueUserWorkItem(static lane => lane.GoOn(), _lanes[held]!, preferLocal: false);
        }
    }

    private void Expire(Lane lane, Fence fence)
    {
        if (!ReferenceEquals(_heldAt[lane.Index], fence) || fence.IsPassed(_handedOver))
            return;
        _transport.Log.Warning("An actor on {Peer} has stopped, and its last large messages have not come within {Seconds} s: its death is told without them. [{UtpEvent}]", RemoteAddress, LargePatience.TotalSeconds, UtpLogEvents.RemoteLastMessagesMissing);
        _expired[lane.Index] = fence;
        ThreadPool.UnsafeQueueUserWorkItem(static lane => lane.GoOn(), lane, preferLocal: false);
    }

    private bool LogWrite(int bytes, int lane)
    {
        if (_transport.Settings.LogTransport)
            _transport.Log.Debug("{Bytes} bytes to {Peer}, lane {Lane} [{UtpEvent}]", bytes, RemoteAddress, lane, UtpLogEvents.RemoteFrameSent);
        return true;
    }

    // Akka checks what it serialises against the largest limit of all lanes, before it wraps it.
    private void LogTooLarge(int bytes, bool isLarge) =>
        _transport.Log.Error(
            "Dropped a message of {Bytes} bytes to {Peer}: raise {Key}, {Limit} bytes now, on both nodes{Otherwise}. The association stays. [{UtpEvent}]",
            bytes, RemoteAddress,
            isLarge ? "maximum-large-frame-size" : "maximum-frame-size", isLarge ? _transport.Settings.MaxLargeFrameBytes : _transport.Settings.MaxFrameBytes,
            isLarge ? "" : ", or name its recipient in large-message-destinations", UtpLogEvents.RemoteMessageTooLarge);
}
