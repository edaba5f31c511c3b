using Xunit;

namespace Utp.Protocol.Tests.Sending;

public sealed class WriteGateTests
{
    private static (WriteGate Gate, OwnEnd End, SendBuffer Buffer) Create(ConnectionOptions options, Capabilities peer = Capabilities.None, ConnectionState state = ConnectionState.Connected)
    {
        var traits = new PeerTraits(options);
        traits.OnShown(peer);
        var (end, buffer) = (new OwnEnd(), new SendBuffer());
        return (new WriteGate(options, new Lifecycle(state, null), traits, end, buffer), end, buffer);
    }

    [Fact]
    public void One_write_is_taken_whatever_its_size_up_to_the_buffers_and_then_only_what_fits()
    {
        var (gate, _, buffer) = Create(ConnectionOptions.Default with { SendBufferBytes = 100 });

        Assert.Equal(WriteResult.TooLarge, gate.TryAdd(new byte[101], default));
        Assert.Equal(WriteResult.Accepted, gate.TryAdd(new byte[100], default));
        Assert.Equal(WriteResult.BufferFull, gate.TryAdd(new byte[1], default));
        Assert.Equal(100, buffer.BufferedBytes);
    }

    [Fact]
    public void Nothing_is_taken_before_the_answer_and_after_the_close()
    {
        Assert.Equal(WriteResult.NotConnected, Create(ConnectionOptions.Default, state: ConnectionState.SynSent).Gate.TryAdd(new byte[1], default));

        var (gate, end, _) = Create(ConnectionOptions.Default);
        end.Request();
        Assert.Equal(WriteResult.Closing, gate.TryAdd(new byte[1], default));
    }

    [Fact]
    public void Metadata_needs_a_peer_that_takes_it_unless_it_may_be_dropped()
    {
        var objects = ConnectionOptions.Default with { Mode = DeliveryMode.Objects };
        Assert.Equal(WriteResult.Accepted, Create(objects, Capabilities.Metadata).Gate.TryAdd(new byte[1], new byte[255]));
        Assert.Equal(WriteResult.MetadataTooLong, Create(objects, Capabilities.Metadata).Gate.TryAdd(new byte[1], new byte[256]));
        Assert.Equal(WriteResult.MetadataNotNegotiated, Create(objects).Gate.TryAdd(new byte[1], new byte[1]));

        var (gate, _, buffer) = Create(objects with { DropUnsupportedMetadata = true });
        Assert.Equal(WriteResult.Accepted, gate.TryAdd(new byte[1], new byte[1]));
        Assert.True(buffer.PeekNext().Metadata.IsEmpty);
    }

    [Fact]
    public void Frames_need_both_ends_and_have_a_largest_size()
    {
        var frames = ConnectionOptions.Default with { Mode = DeliveryMode.Frames, MaxFrameBytes = 10 };
        Assert.Equal(WriteResult.FramesNotNegotiated, Create(frames).Gate.TryAdd(new byte[1], default));
        Assert.Equal(WriteResult.FrameTooLarge, Create(frames, Capabilities.Frames).Gate.TryAdd(new byte[11], default));
        Assert.Equal(WriteResult.Accepted, Create(frames, Capabilities.Frames).Gate.TryAdd(new byte[10], new byte[250]));
        Assert.Equal(WriteResult.MetadataTooLong, Create(frames, Capabilities.Frames).Gate.TryAdd(new byte[10], new byte[251]));
    }
}
