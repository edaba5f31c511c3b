using Utp.Protocol.Tests.Congestion;
using Xunit;

namespace Utp.Protocol.Tests.Sending;

public sealed class SocketRefusalsTests
{
    private static readonly Instant Now = new(1_000_000);
    private readonly Timers _timers = new();
    private readonly PathMtu _mtu;
    private readonly SocketRefusals _refusals;

    public SocketRefusalsTests()
    {
        var options = ConnectionOptions.Default with { MaxDatagramBytes = 1_200, MtuCeilingBytes = 1_472, MaxTimeouts = 2 };
        _mtu = new PathMtu(options, new RecordingLaw(), new PeerTraits(options));
        _refusals = new SocketRefusals(options, new RttEstimator(1_000_000, 200_000, 60_000_000), _mtu, _timers);
    }

    private static PolledDatagram Datagram(int bytes, int seqNr = 1) => new(PolledKind.Data, new SeqNr((ushort)seqNr), bytes, DontFragment: true, CarriesAck: false, 0);

    [Fact]
    public void What_was_handed_out_last_is_taken_back_first_and_what_is_forgotten_cannot_be()
    {
        _refusals.OnPolled(Datagram(100, 1));
        _refusals.ForgetPolled();
        _refusals.OnPolled(Datagram(100, 2));
        _refusals.OnPolled(Datagram(100, 3));

        Assert.True(_refusals.TryTakeBack(out var last));
        Assert.Equal(new SeqNr(3), last.SeqNr);
        Assert.True(_refusals.TryTakeBack(out _));
        Assert.False(_refusals.TryTakeBack(out _));
    }

    [Fact]
    public void A_socket_that_takes_nothing_has_as_long_as_a_silent_peer()
    {
        _refusals.OnUnsent(Datagram(1_000), Now);

        Assert.True(_refusals.IsBlocked);
        Assert.Equal(1_000_000 + 2_000_000 + 4_000_000, _timers[TimerKind.Blocked].Since(Now));
        Assert.Contains("1000 bytes for 7000 ms", _refusals.OnTimer(stillQueued: false, Now.Plus(7_000_000)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_datagram_as_large_that_leaves_ends_it()
    {
        _refusals.OnUnsent(Datagram(1_000), Now);
        Assert.True(_refusals.OnWritable());
        _refusals.OnPolled(Datagram(999));
        _refusals.ForgetPolled();
        Assert.True(_timers.IsArmed(TimerKind.Blocked));

        _refusals.OnPolled(Datagram(1_000));
        _refusals.ForgetPolled();
        Assert.False(_timers.IsArmed(TimerKind.Blocked));
    }

    [Fact]
    public void When_nothing_waits_for_it_any_more_the_connection_goes_on()
    {
        _refusals.OnUnsent(Datagram(1_000), Now);
        _refusals.OnWritable();

        Assert.Null(_refusals.OnTimer(stillQueued: false, Now.Plus(7_000_000)));
        Assert.False(_timers.IsArmed(TimerKind.Blocked));
    }

    [Fact]
    public void A_size_that_is_refused_for_a_whole_time_out_falls()
    {
        _refusals.OnUnsent(Datagram(1_200), Now);
        _refusals.OnWritable();
        _refusals.OnUnsent(Datagram(1_200), Now.Plus(999_999));
        Assert.Equal(1_200, _mtu.MaxDatagramBytes);

        _refusals.OnWritable();
        _refusals.OnUnsent(Datagram(1_200), Now.Plus(1_000_000));

        Assert.Equal(MtuSearch.Smallest, _mtu.MaxDatagramBytes);
    }
}
