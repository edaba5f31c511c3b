using System.Text;
using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

public class MessageTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Peer = Conversation.PeerSeq;
    private const Capabilities Objects = Capabilities.OwnPeer | Capabilities.Metadata;
    private const Capabilities Frames = Capabilities.OwnPeer | Capabilities.Frames;
    private static readonly ConnectionOptions ObjectMode = new() { Mode = DeliveryMode.Objects, Pacing = false };
    private static readonly ConnectionOptions FrameMode = new() { Mode = DeliveryMode.Frames, Pacing = false, MaxFrameBytes = 10_000 };
    private static readonly byte[] Meta = [1, 2, 3];

    [Fact]
    public void In_object_mode_each_write_is_a_packet_with_its_metadata()
    {
        var c = Conversation.Established(ObjectMode, Objects);
        c.Do((connection, now) =>
        {
            connection.Write("a"u8.ToArray(), Meta, now);
            connection.Write("b"u8.ToArray(), Meta, now);
            connection.Write("c"u8.ToArray(), default, now);
        });
        Assert.Equal(Meta, c.Expect(PacketType.Data, text: "a").Extension2);
        Assert.Equal(Meta, c.Expect(PacketType.Data, text: "b").Extension2);
        Assert.Null(c.Expect(PacketType.Data, text: "c").Extension2);
        c.ExpectNothing();
    }

    [Fact]
    public void A_retransmission_keeps_payload_and_metadata_together()
    {
        var c = Conversation.Established(ObjectMode, Objects);
        c.Write("a", Meta);
        var first = c.Expect(PacketType.Data, text: "a");
        c.AdvanceToDeadline();
        Assert.Equal(first.Datagram[20..], c.Expect(PacketType.Data, seq: Seq, text: "a").Datagram[20..]);
    }

    [Fact]
    public void An_object_may_be_empty_but_for_its_metadata()
    {
        var c = Conversation.Established(ObjectMode, Objects);
        c.Write("", Meta);
        Assert.Equal(Meta, c.Expect(PacketType.Data, bytes: 0).Extension2);
        c.Send(PacketBuilder.Data("").Metadata(9));
        var received = c.ExpectEvent(ConnectionEventKind.Received);
        Assert.Equal((0, 9), (received.Data.Length, received.Metadata.Span[0]));
    }

    [Fact]
    public void Objects_arrive_cut_as_the_packets_were()
    {
        var c = Conversation.Established(ObjectMode, Objects);
        c.Send(PacketBuilder.Data("b").Seq(Peer + 1).Metadata(2), PacketBuilder.Data("a").Seq(Peer).Metadata(1), PacketBuilder.Data("").Seq(Peer + 2));
        Assert.Equal("a:1", Show(c.ExpectEvent(ConnectionEventKind.Received)));
        Assert.Equal("b:2", Show(c.ExpectEvent(ConnectionEventKind.Received)));
        c.ExpectNoEvent();

        static string Show(ConnectionEvent e) => $"{Encoding.UTF8.GetString(e.Data.Span)}:{e.Metadata.Span[0]}";
    }

    [Fact]
    public void Metadata_for_a_peer_that_did_not_negotiate_it_is_refused_and_nothing_else_is_lost()
    {
        var c = Conversation.Established(ObjectMode);
        Assert.Equal(WriteResult.MetadataNotNegotiated, c.Write("a", Meta));
        Assert.Equal(WriteResult.Accepted, c.Write("b"));
        c.Expect(PacketType.Data, text: "b");
    }

    [Fact]
    public void Metadata_is_dropped_instead_when_the_user_said_so()
    {
        var c = Conversation.Established(ObjectMode with { DropUnsupportedMetadata = true });
        Assert.Equal(WriteResult.Accepted, c.Write("a", Meta));
        Assert.Null(c.Expect(PacketType.Data, text: "a").Extension2);
    }

    [Fact]
    public void Metadata_of_255_bytes_fits_and_of_256_does_not()
    {
        var c = Conversation.Established(ObjectMode, Objects);
        Assert.Equal(WriteResult.MetadataTooLong, c.Write("a", new byte[256]));
        Assert.Equal(WriteResult.Accepted, c.Write(new byte[2_000], new byte[255]));
        c.Expect(PacketType.Data, bytes: 1_200 - 20 - 257);
        Assert.Equal(255, c.Expect(PacketType.Data).Extension2!.Length);
    }

    [Fact]
    public void A_frame_of_many_packets_arrives_as_one_message()
    {
        var sender = Conversation.Established(FrameMode, Frames);
        var receiver = Conversation.Established(FrameMode, Frames);
        var frame = Enumerable.Range(0, 5_000).Select(i => (byte)i).ToArray();
        sender.Write(frame, Meta);
        sender.Write("next");
        var sent = sender.TakeSent();
        Assert.Equal(6, sent.Length);
        Assert.Equal([1, 0, 0, 0x13, 0x88, 1, 2, 3], sent[0].Extension2!);
        Assert.Null(sent[1].Extension2);

        foreach (var packet in sent)
        {
            var again = PacketBuilder.Data(packet.Payload).Seq(Peer + packet.Seq - Seq);
            receiver.Send(packet.Extension2 is { } header ? again.Metadata(header) : again);
        }

        var first = receiver.ExpectEvent(ConnectionEventKind.Received);
        Assert.Equal(frame, first.Data.ToArray());
        Assert.Equal(Meta, first.Metadata.ToArray());
        Assert.Equal("next", Encoding.UTF8.GetString(receiver.ExpectEvent(ConnectionEventKind.Received).Data.Span));
        receiver.ExpectNoEvent();
    }

    [Fact]
    public void An_unfinished_frame_gives_its_window_back()
    {
        var c = Conversation.Established(FrameMode with { InitialReceiveWindowBytes = 3_000, MaxReceiveWindowBytes = 3_000 }, Frames);
        c.Send(PacketBuilder.Data(new byte[1_000]).Metadata(1, 0, 0, 0x13, 0x88));
        Assert.Equal(3_000u, c.Expect(PacketType.State).Window);
    }

    [Fact]
    public void A_frame_that_is_too_large_fails_at_the_write()
    {
        var c = Conversation.Established(FrameMode, Frames);
        Assert.Equal(WriteResult.FrameTooLarge, c.Write(new byte[10_001]));
        Assert.Equal(WriteResult.MetadataTooLong, c.Write("x", new byte[251]));
        Assert.Equal(WriteResult.Accepted, c.Write("x", new byte[250]));
    }

    [Fact]
    public void Frames_to_a_peer_that_did_not_negotiate_them_are_refused()
    {
        var c = Conversation.Established(FrameMode, Objects);
        Assert.Equal(WriteResult.FramesNotNegotiated, c.Write("x"));
        c.Send(PacketBuilder.Data("stream")).ExpectReceived("stream");
    }

    [Theory]
    [InlineData(new byte[] { 1, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 1, 0, 0, 0 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 5 })]
    public void A_frame_header_that_makes_no_sense_ends_the_connection(byte[] header)
    {
        var c = Conversation.Established(FrameMode, Frames);
        c.Send(PacketBuilder.Data("x").Metadata(header)).ExpectClosed(CloseCause.ProtocolError);
        c.Expect(PacketType.Reset);
    }

    [Fact]
    public void In_byte_mode_metadata_from_the_peer_is_skipped()
    {
        var c = Conversation.Established();
        c.Send(PacketBuilder.Data("a").Metadata(1), PacketBuilder.Data("b")).ExpectReceived("ab");
    }

    [Fact]
    public void An_empty_frame_is_a_message()
    {
        var c = Conversation.Established(FrameMode, Frames);
        c.Write("", Meta);
        Assert.Equal([1, 0, 0, 0, 0, 1, 2, 3], c.Expect(PacketType.Data, bytes: 0).Extension2!);
        c.Send(PacketBuilder.Data("").Metadata(1, 0, 0, 0, 0, 7));
        Assert.Equal(7, c.ExpectEvent(ConnectionEventKind.Received).Metadata.Span[0]);
    }
}
