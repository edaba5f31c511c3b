using Xunit;

namespace Utp.Protocol.Tests.Receiving;

public sealed class UnreadDataTests
{
    private const long Rtt = 20_000;
    private static readonly Instant Now = new(1_000_000);

    private readonly Timers _timers = new();

    private UnreadData Begun(ConnectionOptions options, Capabilities peer = Capabilities.None, MemoryBudget? frames = null)
    {
        var data = new UnreadData(options, _timers, memory: null);
        var shown = new PeerTraits(options);
        shown.OnShown(peer);
        data.Begin(shown, frames);
        data.Advertise();
        return data;
    }

    // The first packet of a frame of so many bytes: kind, length.
    private static byte[] FrameHeader(int bytes) => [FrameAssembler.Kind, 0, 0, (byte)(bytes >> 8), (byte)bytes];

    [Fact]
    public void A_full_window_admits_nothing_and_opens_when_the_user_reads()
    {
        var data = Begun(ConnectionOptions.Default with { InitialReceiveWindowBytes = 2_000 });
        Assert.True(data.Admits(PacketType.Data, 2_000, [], false, 0, 0));
        data.Take(new byte[2_000], [], false, Now);
        data.Advertise();

        Assert.False(data.Admits(PacketType.Data, 1, [], false, 0, 0));
        Assert.False(data.HasOpened(1_000));

        Assert.True(data.TryRead(Rtt, Now, out var payload));
        Assert.Equal(2_000, payload.Data.Length);
        Assert.True(data.HasOpened(1_000));
        Assert.True(data.Admits(PacketType.Data, 2_000, [], false, 0, 0));
    }

    [Fact]
    public void What_is_discarded_keeps_the_window_open_and_counts_as_received()
    {
        var data = Begun(ConnectionOptions.Default with { InitialReceiveWindowBytes = 2_000 });
        data.Take(new byte[500], [], false, Now);

        data.Discard(Rtt, Now);
        data.Take(new byte[700], [], false, Now);

        Assert.False(data.HasReady);
        Assert.Equal(0, data.UnreadBytes);
        Assert.Equal(1_200, data.BytesReceived);
    }

    [Fact]
    public void Asked_for_frames_without_a_peer_that_knows_them_it_is_a_stream()
    {
        var data = Begun(ConnectionOptions.Default with { Mode = DeliveryMode.Frames });

        data.Take([1, 2], [], false, Now);
        data.Take([3], [], false, Now);

        Assert.True(data.TryRead(Rtt, Now, out var payload));
        Assert.Equal([1, 2, 3], payload.Data.ToArray().Concat(data.TryRead(Rtt, Now, out var rest) ? rest.Data.ToArray() : []));
    }

    [Fact]
    public void A_frame_that_stops_growing_is_held_when_memory_is_short_and_only_then()
    {
        var options = ConnectionOptions.Default with { Mode = DeliveryMode.Frames, MaxFrameBytes = 60_000 };
        var ample = Begun(options with { ReorderBudget = new MemoryBudget(10_000_000) }, Capabilities.OwnPeer | Capabilities.Frames);
        ample.Take(new byte[10], FrameHeader(50_000), true, Now);
        Assert.Equal(Now.Plus(10_000_000), _timers[TimerKind.UnfinishedFrame]);
        _timers.StopAll();
        Assert.False(ample.IsFrameHeld(Now.Plus(10_000_000)));
        Assert.True(_timers.IsArmed(TimerKind.UnfinishedFrame));

        var scarce = Begun(options with { ReorderBudget = new MemoryBudget(1_000) }, Capabilities.OwnPeer | Capabilities.Frames);
        scarce.Take(new byte[10], FrameHeader(50_000), true, Now);
        Assert.True(scarce.IsFrameHeld(Now.Plus(10_000_000)));
    }

    [Fact]
    public void Suspended_it_keeps_what_it_has_for_later()
    {
        var data = Begun(ConnectionOptions.Default);
        data.Suspend();
        data.Take([1], [], false, Now);

        Assert.True(data.IsSuspended);
        Assert.True(data.HasReady);
        data.Resume();
        Assert.False(data.IsSuspended);
    }
}
