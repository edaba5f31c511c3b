using CsCheck;
using Xunit;

namespace Utp.Protocol.Tests;

public class PieceAssemblerTests
{
    private static readonly SeqNr Seq = new(65_535);

    [Fact]
    public void Pieces_of_any_cuts_in_any_order_and_number_make_the_packet_once_every_byte_is_there()
    {
        var piece = Gen.Select(Gen.Int[0, 299], Gen.Int[1, 120]);
        Gen.Select(Gen.Int[1, 300], piece.Array[1, 60]).Sample(static (length, pieces) =>
        {
            var packet = Enumerable.Range(0, length).Select(i => (byte)(i * 7)).ToArray();
            var there = new bool[length];
            var assembler = new PieceAssembler(null);
            foreach (var (start, bytes) in pieces)
            {
                var offset = start % length;
                var count = Math.Min(bytes, length - offset);
                var result = assembler.Add(Seq, new PacketPiece((ushort)offset, (ushort)length), packet.AsSpan(offset, count), [], false, false);
                Array.Fill(there, true, offset, count);
                Assert.Equal(Array.TrueForAll(there, t => t) ? PieceResult.Completes : PieceResult.Kept, result);
                if (result == PieceResult.Kept)
                    continue;
                Assert.True(assembler.TryTake(Seq, out var whole));
                Assert.Equal(packet, whole.Payload.ToArray());
                assembler.Return(whole);
                Assert.Equal(0, assembler.Bytes);
                return;
            }

            Assert.Equal(length, assembler.Bytes);
        });
    }

    [Fact]
    public void A_piece_that_contradicts_the_first_one_is_refused()
    {
        var assembler = new PieceAssembler(null);
        Assert.Equal(PieceResult.Kept, assembler.Add(Seq, new PacketPiece(0, 10), new byte[5], [], false, false));
        Assert.Equal(PieceResult.Refused, assembler.Add(Seq, new PacketPiece(5, 11), new byte[5], [], false, false));
        Assert.Equal(10, assembler.Bytes);
    }

    [Fact]
    public void Single_bytes_far_apart_do_not_grow_without_bound()
    {
        var assembler = new PieceAssembler(null);
        var kept = 0;
        while (kept < 20_000 && assembler.Add(Seq, new PacketPiece((ushort)(2 * kept), 60_000), new byte[1], [], false, false) == PieceResult.Kept)
            kept++;
        Assert.Equal(256, kept);
    }

    [Fact]
    public void Memory_that_is_used_up_refuses_a_packet_unless_it_is_the_next_one_and_all_is_given_back()
    {
        var budget = new MemoryBudget(4_000);
        var assembler = new PieceAssembler(budget);
        Assert.Equal(PieceResult.Kept, assembler.Add(new SeqNr(1), new PacketPiece(0, 90), new byte[5], [], false, isNext: false));
        Assert.Equal(PieceResult.Refused, assembler.Add(new SeqNr(2), new PacketPiece(0, 90), new byte[5], [], false, isNext: false));
        Assert.Equal(PieceResult.Kept, assembler.Add(new SeqNr(0), new PacketPiece(0, 90), new byte[5], [], false, isNext: true));
        Assert.Equal(180, assembler.Bytes);
        Assert.InRange(budget.UsedBytes, 4_000, 8_000);
        assembler.Clear();
        Assert.Equal((0, 0), (budget.UsedBytes, assembler.Bytes));
    }

    [Fact]
    public void Metadata_of_the_first_piece_is_kept_whenever_it_comes()
    {
        var assembler = new PieceAssembler(null);
        assembler.Add(Seq, new PacketPiece(1, 2), new byte[1], [], false, false);
        Assert.Equal(PieceResult.Completes, assembler.Add(Seq, new PacketPiece(0, 2), new byte[1], [7], true, false));
        Assert.True(assembler.TryTake(Seq, out var whole));
        Assert.Equal([7], whole.Extension2);
    }
}
