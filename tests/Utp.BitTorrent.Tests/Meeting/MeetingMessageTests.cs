using System.Net;
using CsCheck;

namespace Utp.BitTorrent.Tests.Meeting;

public sealed class MeetingMessageTests
{
    private static readonly IPEndPoint Four = new(IPAddress.Parse("192.0.2.7"), 6881);
    private static readonly IPEndPoint Six = new(IPAddress.Parse("2001:db8::7"), 51_413);

    [Fact]
    public void Peers_of_both_families_are_read_as_they_were_written()
    {
        var message = new PexMessage([new PexPeer(Four, PexFlags.Utp | PexFlags.Holepunch), new PexPeer(Six, PexFlags.UploadOnly)], [Six, Four]);
        Assert.True(PexMessage.TryRead(message.Write(), out var read));
        Assert.Equal(message.Added, read.Added);
        Assert.Equal([Four, Six], read.Dropped);
    }

    [Fact]
    public void A_peer_without_a_port_is_passed_over_and_the_flags_stay_with_their_peers()
    {
        var bytes = "d5:added12:\u0001\u0002\u0003\u0004\0\0\u0005\u0006\u0007\b\0\t7:added.f2:\u0002\be"u8.ToArray();
        Assert.True(PexMessage.TryRead(bytes, out var read));
        Assert.Equal([new PexPeer(new IPEndPoint(IPAddress.Parse("5.6.7.8"), 9), PexFlags.Holepunch)], read.Added);
    }

    [Fact]
    public void A_rendezvous_is_read_as_it_was_written()
    {
        foreach (var message in new[] { new HolepunchMessage(HolepunchMessage.Kind.Rendezvous, Four), new HolepunchMessage(HolepunchMessage.Kind.Error, Six, HolepunchMessage.Problem.NoSupport) })
        {
            Assert.True(HolepunchMessage.TryRead(message.Write(), out var read));
            Assert.Equal(message, read);
        }

        // The fields and their order are BEP 55's: type, family, address, port, error.
        Assert.Equal("0000C00002071AE100000000", Convert.ToHexString(new HolepunchMessage(HolepunchMessage.Kind.Rendezvous, Four).Write()));
    }

    [Fact]
    public void Whatever_comes_is_read_or_refused()
    {
        Gen.Byte.Array[0, 60].Sample(static bytes =>
        {
            HolepunchMessage.TryRead(bytes, out _);
            PexMessage.TryRead(bytes, out _);
        });
        for (var length = 0; length < 8; length++)
            Assert.False(HolepunchMessage.TryRead(new byte[length], out _));
    }

    [Theory]
    [InlineData("127.0.0.1", "192.0.2.1", false)]
    [InlineData("10.0.0.1", "192.0.2.1", false)]
    [InlineData("169.254.1.1", "10.0.0.1", false)]
    [InlineData("0.0.0.0", "127.0.0.1", false)]
    [InlineData("224.0.0.1", "127.0.0.1", false)]
    [InlineData("fe80::1", "2001:db8::1", false)]
    [InlineData("fd00::1", "2001:db8::1", false)]
    [InlineData("ff02::1", "::1", false)]
    [InlineData("192.0.2.1", "10.0.0.1", true)]
    [InlineData("10.0.0.2", "10.0.0.1", true)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("::ffff:10.0.0.2", "10.0.0.1", true)]
    public void An_address_is_told_to_and_believed_of_those_alone_for_whom_it_means_the_same(string address, string with, bool isShared) =>
        Assert.Equal(isShared, AddressScope.IsShared(IPAddress.Parse(address), IPAddress.Parse(with)));

    [Fact]
    public void What_most_say_is_our_address_and_each_says_one()
    {
        var outside = new OutsideAddress();
        outside.Vote(IPAddress.Parse("192.0.2.1"), Four.Address);
        outside.Vote(IPAddress.Parse("192.0.2.2"), Four.Address);
        for (var times = 0; times < 10; times++)
            outside.Vote(IPAddress.Parse("192.0.2.3"), IPAddress.Parse("192.0.2.66"));
        outside.Vote(IPAddress.Parse("192.0.2.4"), IPAddress.Loopback);
        Assert.Equal(Four.Address, outside.Most);
    }

    [Fact]
    public void Some_may_be_taken_at_once_and_then_one_for_each_time_that_passes()
    {
        var allowance = new Allowance();
        Assert.Equal([true, true, true, false], new[] { 0, 0, 0, 0 }.Select(now => allowance.TryTake(now, 3, 10)));
        Assert.Equal([false, true, false, true, true, true, false], new[] { 9, 10, 11, 100, 100, 100, 100 }.Select(now => allowance.TryTake(now, 3, 10)));
    }
}
