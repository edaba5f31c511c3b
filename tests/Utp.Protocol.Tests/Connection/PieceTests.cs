using System.Buffers.Binary;
using CsCheck;
using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests;

public class PieceTests
{
    private const int Seq = Conversation.LocalSeq + 1;
    private const int Peer = Conversation.PeerSeq;
    private const int Base = 1_200;
    private const int Cut = 1_452;
    private const Capabilities WithoutPieces = Capabilities.OwnPeer | Capabilities.LargeWindow | Capabilities.SelectiveAckRanges;
    private const Capabilities Own = WithoutPieces | Capabilities.PacketPieces;

    private static readonly ConnectionOptions Searching = new()
    {
        Pacing = false,
        KeepAliveMicros = 0,
        TailLossProbe = false,
        MtuCeilingBytes = Cut + PacketHeader.Length,
    };

    [Fact]
    public void What_was_cut_too_large_goes_in_pieces_that_say_where_they_belong_and_all_with_dont_fragment()
    {
        var data = RandomBytes(Cut * 3);
        var c = BlackHole(Own, data);
        var first = c.Expect(PacketType.Data, seq: Seq + 1);
        var second = c.Expect(PacketType.Data, seq: Seq + 1);
        c.ExpectNothing();
        Assert.Equal((Base, true, true), (first.Datagram.Length, first.DontFragment, second.DontFragment));
        Assert.Equal(new PacketPiece(0, Cut), first.Packet.Piece);
        Assert.Equal(new PacketPiece((ushort)first.Payload.Length, Cut), second.Packet.Piece);
        Assert.Equal(data.Take(Cut), first.Payload.Concat(second.Payload));
    }

    [Fact]
    public void A_peer_that_did_not_negotiate_pieces_gets_none()
    {
        var c = BlackHole(WithoutPieces, RandomBytes(Cut * 3));
        var again = c.Expect(PacketType.Data, seq: Seq + 1, bytes: Cut);
        Assert.Equal((false, false), (again.Packet.HasPiece, again.DontFragment));
    }

    [Fact]
    public void A_foreign_peer_gets_no_pieces()
    {
        var c = BlackHole(Capabilities.None, RandomBytes(Cut * 3));
        var again = c.Expect(PacketType.Data, seq: Seq + 1, bytes: Cut);
        Assert.Equal((false, false), (again.Packet.HasPiece, again.DontFragment));
    }

    [Fact]
    public void All_pieces_of_one_packet_are_one_retransmission_and_one_ack_is_enough()
    {
        var c = BlackHole(Own, RandomBytes(Cut * 3));
        c.TakeSent();
        Assert.Equal(2, c.Connection.GetStatistics().Retransmissions);
        c.Advance(20_000);
        c.Send(PacketBuilder.State().Ack(Seq + 1));
        Assert.Equal(Cut, c.Connection.GetStatistics().BytesDelivered - (Base - PacketHeader.Length));
    }

    [Fact]
    public void Pieces_that_vanish_too_take_the_size_to_the_smallest()
    {
        var c = BlackHole(Own, RandomBytes(Cut * 3));
        c.TakeSent();
        c.AdvanceToDeadline();
        c.TakeSent();
        c.AdvanceToDeadline();
        Assert.All(c.TakeSent(), piece => Assert.InRange(piece.Datagram.Length, 1, 548));
        Assert.Equal(548, c.Connection.PathDatagramBytes);
    }

    [Fact]
    public void A_piece_that_the_socket_refused_is_where_the_packet_goes_on()
    {
        var c = BlackHole(Own, RandomBytes(Cut * 3));
        var pieces = c.TakeSent();
        Assert.Equal(2, pieces.Length);
        c.Do((connection, now) => connection.HandleUnsent(1, now)).ExpectNothing();
        c.Do((connection, now) => connection.HandleWritable(now));
        Assert.Equal(pieces[1].Packet.Piece, c.Expect(PacketType.Data, seq: Seq + 1).Packet.Piece);
        c.ExpectNothing();
        Assert.Equal(2, c.Connection.GetStatistics().Retransmissions);
    }

    [Fact]
    public void A_packet_whose_pieces_were_all_refused_begins_anew()
    {
        var c = BlackHole(Own, RandomBytes(Cut * 3));
        var pieces = c.TakeSent();
        c.Do((connection, now) => connection.HandleUnsent(2, now)).ExpectNothing();
        Assert.Equal(1, c.Connection.GetStatistics().Retransmissions);
        c.Do((connection, now) => connection.HandleWritable(now));
        Assert.Equal(pieces.Select(p => p.Packet.Piece), c.TakeSent().Select(p => p.Packet.Piece));
    }

    [Fact]
    public void A_packet_that_the_interface_refuses_goes_in_pieces_without_a_loss()
    {
        var c = Conversation.Established(Searching with { MaxDatagramBytes = 1_472 }, Own);
        c.Write(RandomBytes(Cut));
        c.Expect(PacketType.Data, seq: Seq, bytes: Cut);
        c.Do((connection, now) => connection.HandleTooLarge(1, now));
        while (c.TakeSent() is [{ Packet.HasPiece: false }])
            c.Do((connection, now) => connection.HandleTooLarge(1, now));
        Assert.Equal((0, 0), (c.Connection.GetStatistics().PacketsLost, c.Connection.GetStatistics().Retransmissions));
    }

    [Fact]
    public void Metadata_goes_with_the_first_piece()
    {
        const Capabilities Objects = Own | Capabilities.Metadata;
        var c = Conversation.Established(Searching with { Mode = DeliveryMode.Objects, MaxDatagramBytes = 1_472 }, Objects);
        c.Write(RandomBytes(1_400), [1, 2, 3]);
        c.TakeSent();
        c.AdvanceToDeadline();
        var pieces = c.TakeSent();
        Assert.Equal([1, 2, 3], pieces[0].Extension2);
        Assert.All(pieces[1..], piece => Assert.Null(piece.Extension2));
        Assert.Equal(1_400, pieces.Sum(piece => piece.Payload.Length));
    }

    [Fact]
    public void Pieces_are_acknowledged_when_their_packet_is_whole_and_not_before()
    {
        var c = Conversation.Established(Searching, Own);
        c.Send(Piece(Peer, "world", 5, 10)).ExpectNothing().ExpectNoEvent();
        c.Send(Piece(Peer, "hello", 0, 10));
        c.Expect(PacketType.State, ack: Peer);
        c.ExpectReceived("helloworld").ExpectNoEvent();
    }

    [Fact]
    public void The_original_that_arrives_late_takes_the_place_of_its_pieces_and_what_follows_is_a_duplicate()
    {
        var c = Conversation.Established(Searching, Own);
        c.Send(Piece(Peer, "hello", 0, 10));
        c.Send(PacketBuilder.Data("helloworld").Seq(Peer)).ExpectReceived("helloworld");
        c.Send(Piece(Peer, "world", 5, 10)).ExpectNoEvent();
        Assert.Equal((0L, 1L), (c.Connection.GetStatistics().ReorderBytes, c.Connection.GetStatistics().DuplicatesReceived));
    }

    [Fact]
    public void Pieces_of_a_packet_beyond_a_gap_are_reported_once_it_is_whole()
    {
        var c = Conversation.Established(Searching, Own);
        c.Send(Piece(Peer + 1, "wor", 0, 5)).ExpectNothing();
        c.Send(Piece(Peer + 1, "ld", 3, 5));
        var ack = c.Expect(PacketType.State, ack: Peer - 1);
        Assert.Equal([0, 2, 0, 1], ack.Packet.SelectiveAckRanges(ack.Datagram).ToArray());
        c.Send(PacketBuilder.Data("hello ").Seq(Peer)).ExpectReceived("hello world");
    }

    [Fact]
    public void Pieces_without_the_capability_are_whole_packets_as_before()
    {
        var c = Conversation.Established(Searching);
        c.Send(Piece(Peer, "hello", 0, 10)).ExpectReceived("hello");
    }

    [Theory]
    [InlineData(8, 10, 5)]
    [InlineData(0, 0, 5)]
    [InlineData(0, 10, 0)]
    [InlineData(65_535, 65_535, 1)]
    public void A_piece_that_makes_no_sense_is_dropped(int offset, int packetBytes, int bytes)
    {
        var c = Conversation.Established(Searching, Own);
        c.Send(Piece(Peer, new string('x', bytes), offset, packetBytes)).ExpectNothing().ExpectNoEvent();
        Assert.Equal((1L, 0L), (c.Connection.GetStatistics().PacketsDropped, c.Connection.GetStatistics().ReorderBytes));
    }

    [Fact]
    public void A_piece_whose_place_has_another_length_is_dropped()
    {
        var c = Conversation.Established(Searching, Own);
        c.Send(PacketBuilder.Data("hello").Seq(Peer).Extension(ExtensionType.PacketPiece, 0, 0, 5)).ExpectNothing().ExpectNoEvent();
        Assert.Equal(1, c.Connection.GetStatistics().PacketsDropped);
    }

    [Fact]
    public void Announced_packets_count_against_the_window_in_full()
    {
        var c = Conversation.Established(Searching with { InitialReceiveWindowBytes = 100_000, MaxReceiveWindowBytes = 100_000 }, Own);
        c.Send(Piece(Peer + 1, "x", 0, 60_000), Piece(Peer + 2, "x", 0, 60_000));
        Assert.Equal((60_000L, 1L), (c.Connection.GetStatistics().ReorderBytes, c.Connection.GetStatistics().PacketsDropped));
    }

    [Fact]
    public void The_end_of_the_connection_gives_the_memory_back()
    {
        var budget = new MemoryBudget(1 << 20);
        var c = Conversation.Established(Searching with { ReorderBudget = budget }, Own);
        c.Send(Piece(Peer + 1, "x", 0, 60_000));
        Assert.InRange(budget.UsedBytes, 60_000, 70_000);
        c.Do((connection, now) => connection.Abort(now));
        Assert.Equal(0, budget.UsedBytes);
    }

    [Fact]
    public void Packets_and_their_pieces_of_any_cuts_in_any_order_with_originals_between_are_the_stream()
    {
        // Each packet arrives as its original, in pieces of one size, in pieces of another, or all of these; some of it twice.
        var how = Gen.Select(Gen.Int[1, 300], Gen.Int[1, 90], Gen.Int[1, 90], Gen.Int[0, 3]);
        Gen.Select(how.Array[1, 20], Gen.Int[0, 40], Gen.Int[0, int.MaxValue]).Sample(static (packets, beforeWrap, seed) =>
        {
            var random = new Random(seed);
            var stream = new byte[packets.Sum(p => p.Item1)];
            random.NextBytes(stream);
            var arrivals = new List<PacketBuilder>();
            var first = 65_536 - beforeWrap;
            var at = 0;
            for (var i = 0; i < packets.Length; i++)
            {
                var (length, oneCut, otherCut, ways) = packets[i];
                var payload = stream.AsMemory(at, length);
                at += length;
                if (ways is 0 or 3)
                    arrivals.Add(PacketBuilder.Data(payload).Seq(first + i));
                if (ways is 1 or 3)
                    arrivals.AddRange(PiecesOf(first + i, payload, oneCut));
                if (ways is 2 or 3)
                    arrivals.AddRange(PiecesOf(first + i, payload, otherCut));
            }

            var order = arrivals.ToArray();
            random.Shuffle(order);
            var c = Conversation.Connect(Searching);
            c.TakeSent();
            c.Send(PacketBuilder.State().Seq(first).Ack(Conversation.LocalSeq).Capable(Own));
            c.TakeEvents();
            foreach (var arrival in order)
                c.Send(arrival);
            Assert.Equal(stream, c.TakeEvents().SelectMany(e => e.Data.ToArray()));
            Assert.Equal(0, c.Connection.GetStatistics().ReorderBytes);
            Assert.Equal((ushort)(first + packets.Length - 1), c.TakeSent()[^1].Ack);
        }, iter: 300);
    }

    private static IEnumerable<PacketBuilder> PiecesOf(int seq, ReadOnlyMemory<byte> payload, int cut)
    {
        for (var offset = 0; offset < payload.Length; offset += cut)
            yield return Piece(seq, payload.Slice(offset, Math.Min(cut, payload.Length - offset)), offset, payload.Length);
    }

    private static PacketBuilder Piece(int seq, string text, int offset, int packetBytes) =>
        Piece(seq, System.Text.Encoding.ASCII.GetBytes(text), offset, packetBytes);

    private static PacketBuilder Piece(int seq, ReadOnlyMemory<byte> payload, int offset, int packetBytes)
    {
        var place = new byte[PacketPiece.Length];
        BinaryPrimitives.WriteUInt16BigEndian(place, (ushort)offset);
        BinaryPrimitives.WriteUInt16BigEndian(place.AsSpan(2), (ushort)packetBytes);
        return PacketBuilder.Data(payload).Seq(seq).Extension(ExtensionType.PacketPiece, place);
    }

    // The ceiling was found, three packets of its size left, and nothing came back through two time-outs.
    private static Conversation BlackHole(Capabilities peer, ReadOnlyMemory<byte> data)
    {
        var c = Conversation.Established(Searching, peer);
        c.Write(new byte[peer == Capabilities.None ? Cut : Base - PacketHeader.Length]);
        c.TakeSent();
        c.Send(PacketBuilder.State().Ack(Seq));
        if (c.Connection.PathDatagramBytes != Cut + PacketHeader.Length)
            throw new InvalidOperationException("The ceiling was not found.");
        c.TakeSent();
        c.Write(data);
        c.TakeSent();
        c.AdvanceToDeadline();
        c.TakeSent();
        c.AdvanceToDeadline();
        return c;
    }

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
