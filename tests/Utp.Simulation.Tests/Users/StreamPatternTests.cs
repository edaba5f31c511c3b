using CsCheck;

namespace Utp.Simulation.Tests.Users;

public class StreamPatternTests
{
    private static readonly StreamPattern Pattern = new(99);

    [Fact]
    public void Any_piece_of_the_stream_matches_at_its_position() =>
        Gen.Select(Gen.Int[0, 200], Gen.Int[0, 200]).Sample(
            (position, length) =>
            {
                var whole = new byte[500];
                Pattern.Fill(whole, 0);
                var piece = new byte[length];
                Pattern.Fill(piece, position);
                Assert.Equal(whole.AsSpan(position, length).ToArray(), piece);
                Assert.Equal(-1, Pattern.FindMismatch(piece, position));
            },
            seed: "0000000000001",
            iter: 500,
            threads: 1);

    [Fact]
    public void A_single_wrong_byte_is_found_where_it_stands() =>
        Gen.Select(Gen.Int[0, 20], Gen.Int[0, 99]).Sample(
            (position, wrong) =>
            {
                var piece = new byte[100];
                Pattern.Fill(piece, position);
                piece[wrong] ^= 1;
                Assert.Equal(wrong, Pattern.FindMismatch(piece, position));
            },
            seed: "0000000000001",
            iter: 500,
            threads: 1);

    [Fact]
    public void Misplaced_bytes_are_located()
    {
        var piece = new byte[64];
        Pattern.Fill(piece, 1_000);

        Assert.Equal(1_000, Pattern.Locate(piece, 1_180, range: 500));
        Assert.Equal(-1, Pattern.Locate(piece, 5_000, range: 500));
    }

    [Fact]
    public void Streams_of_two_keys_differ_at_once()
    {
        var piece = new byte[64];
        Pattern.Fill(piece, 0);

        Assert.InRange(new StreamPattern(100).FindMismatch(piece, 0), 0, 8);
    }
}
