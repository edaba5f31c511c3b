using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class TransferTests(ITestOutputHelper output) : UtpSpec(output)
{
    [Fact]
    public void Bytes_arrive_in_both_directions()
    {
        var pair = OpenPair();
        pair.A.Tell(new Write(Bytes(100_000, 1)));
        pair.B.Tell(new Write(Bytes(50_000, 2)));
        Assert.Equal(Bytes(100_000, 1), pair.B.ExpectBytes(100_000));
        Assert.Equal(Bytes(50_000, 2), pair.A.ExpectBytes(50_000));
    }

    [Fact]
    public void Sixteen_megabytes_arrive_unchanged()
    {
        const int Piece = 64 << 10;
        const int Pieces = 256;
        var pair = OpenPair();
        var data = Bytes(Piece * Pieces);
        var written = 0;
        var received = new List<byte>(data.Length);
        for (; written < 16; written++)
            pair.A.Tell(new Write(data.AsMemory(written * Piece, Piece)) { Ack = "delivered", AckWhen = AckWhen.Delivered });
        while (received.Count < data.Length)
        {
            received.AddRange(pair.B.Handler.ExpectMsg<Received>().Data.ToArray());

            // When all that was written has arrived, its acknowledgements are on their way, and nothing else is.
            while (written < Pieces && (pair.A.Handler.HasMessages || received.Count == written * Piece))
            {
                pair.A.Handler.ExpectMsg("delivered");
                pair.A.Tell(new Write(data.AsMemory(written++ * Piece, Piece)) { Ack = "delivered", AckWhen = AckWhen.Delivered });
            }
        }

        Assert.Equal(data, received);
    }
}
