using Xunit;

namespace Utp.Protocol.Tests.Sending;

public sealed class PeerWindowTests
{
    private const int MaxPayload = 1_000;
    private static readonly Instant Now = new(1_000_000);
    private readonly Timers _timers = new();
    private readonly PeerWindow _window;

    public PeerWindowTests()
    {
        _window = new PeerWindow(new RttEstimator(1_000_000, 200_000, 60_000_000), _timers);
        _window.Begin(5_000, new WireTimestamp(100));
    }

    private PeerWindowNews Hear(uint bytes, uint timestamp, int acked = 0) =>
        _window.OnPacket(Wire.Packets.Header(PacketType.State, timestamp: timestamp, wndSize: bytes), acked, MaxPayload);

    [Fact]
    public void An_older_packet_does_not_undo_what_a_newer_one_said()
    {
        Assert.Equal(PeerWindowNews.Moved, Hear(7_000, timestamp: 200));
        Assert.Equal(PeerWindowNews.None, Hear(3_000, timestamp: 150));
        Assert.Equal(PeerWindowNews.None, Hear(3_000, timestamp: 300, acked: -1));

        Assert.Equal(7_000, _window.Bytes);
    }

    /// <summary>Transmission offers 3.5 MiB in its answer to ST_SYN and takes most of it back with the next packet (findings/transmission-takes-back-its-window.sh).</summary>
    [Fact]
    public void What_the_newest_packet_says_counts_also_when_it_takes_back_what_was_offered()
    {
        Assert.Equal(PeerWindowNews.Moved, Hear(3_670_016, timestamp: 200));
        Assert.Equal(PeerWindowNews.Moved, Hear(262_144, timestamp: 300));

        Assert.Equal(262_144, _window.Bytes);
    }

    [Fact]
    public void News_that_acknowledges_data_counts_whatever_its_stamp()
    {
        Assert.Equal(PeerWindowNews.Moved, Hear(3_000, timestamp: 50, acked: 1));
        Assert.Equal(3_000, _window.Bytes);
    }

    [Fact]
    public void It_opens_when_a_whole_packet_fits_again()
    {
        Hear(0, timestamp: 200);
        Assert.Equal(PeerWindowNews.Moved, Hear(MaxPayload - 1, timestamp: 201));
        Assert.Equal(PeerWindowNews.Moved | PeerWindowNews.Opened, Hear(MaxPayload, timestamp: 202));
    }

    [Fact]
    public void A_closed_one_is_asked_ever_more_rarely_until_it_opens()
    {
        Hear(0, timestamp: 200);
        var waits = new List<long>();
        for (var i = 0; i < 4; i++)
        {
            _window.WaitForProbe(Now);
            waits.Add(_timers[TimerKind.Persist].Since(Now));
            _timers.Stop(TimerKind.Persist);
            _window.OnTimer(MaxPayload, nothingOutstanding: true);
            Assert.True(_window.IsProbeDue);
            _window.OnProbeSent();
        }

        Assert.Equal([1_000_000, 2_000_000, 4_000_000, 8_000_000], waits);
        _window.WaitForProbe(Now);
        Hear(1, timestamp: 300);
        Assert.False(_timers.IsArmed(TimerKind.Persist));
    }

    [Fact]
    public void Nobody_asks_while_something_is_on_its_way_that_brings_an_answer()
    {
        Hear(0, timestamp: 200);
        _window.OnTimer(MaxPayload, nothingOutstanding: false);

        Assert.False(_window.IsProbeDue);
    }
}
