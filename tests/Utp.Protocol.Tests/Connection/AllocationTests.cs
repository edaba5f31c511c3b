using Utp.Testing;
using Xunit;

namespace Utp.Protocol.Tests.Connection;

/// <summary>The steady state allocates nothing: every buffer that grows has grown when a test begins to count.</summary>
public sealed class AllocationTests
{
    private const int PayloadBytes = 1_180;
    private static readonly ConnectionOptions Options = new() { Pacing = false };

    [Fact]
    public void Moving_a_packet_and_its_acknowledgement_allocates_nothing() => AssertFree(
        new ConnectionPair(Options), new byte[PayloadBytes], static (pair, payload) => Write(pair, pair.Initiator, payload), payloadsPerRound: 1);

    [Fact]
    public void Moving_packets_in_both_directions_allocates_nothing() => AssertFree(
        new ConnectionPair(Options), new byte[PayloadBytes],
        static (pair, payload) =>
        {
            Write(pair, pair.Initiator, payload);
            Write(pair, pair.Acceptor, payload);
        },
        payloadsPerRound: 2);

    [Fact]
    public void Moving_a_write_of_many_packets_allocates_nothing() => AssertFree(
        new ConnectionPair(Options), new byte[64 * PayloadBytes], static (pair, payload) => Write(pair, pair.Initiator, payload), payloadsPerRound: 1);

    private static void AssertFree(ConnectionPair pair, byte[] payload, Action<ConnectionPair, byte[]> write, int payloadsPerRound)
    {
        const int Rounds = 500;
        Run(pair, payload, write);
        var (before, runs) = (pair.ReceivedBytes, 0);
        Assert.Equal(0, Allocations.Least(() =>
        {
            Run(pair, payload, write);
            runs++;
        }));
        Assert.Equal((long)runs * Rounds * payloadsPerRound * payload.Length, pair.ReceivedBytes - before);

        static void Run(ConnectionPair pair, byte[] payload, Action<ConnectionPair, byte[]> write)
        {
            for (var i = 0; i < Rounds; i++)
            {
                write(pair, payload);
                pair.Exchange();
            }
        }
    }

    // Assert.Equal allocates.
    private static void Write(ConnectionPair pair, UtpConnection connection, byte[] payload)
    {
        if (connection.Write(payload, default, pair.Now) != WriteResult.Accepted)
            Assert.Fail("The send buffer is full.");
    }
}
