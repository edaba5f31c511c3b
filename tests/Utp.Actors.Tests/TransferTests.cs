using Utp.Messages;
using Xunit;
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
            while (pair.A.Handler.HasMessages)
            {
                pair.A.Handler.ExpectMsg("delivered");
                if (written < Pieces)
                    pair.A.Tell(new Write(data.AsMemory(written++ * Piece, Piece)) { Ack = "delivered", AckWhen = AckWhen.Delivered });
            }
        }

        Assert.Equal(data, received);
    }
}
